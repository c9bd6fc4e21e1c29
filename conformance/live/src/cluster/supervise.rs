//! Server processes that end with this one, even when this one is killed.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::error::LiveError;

/// A shell holds the server and our pipe: when the pipe closes, for whatever reason, it stops the server. Ctrl-C must
/// not reach the server first, so that the order of the shutdown is ours.
const SCRIPT: &str = r#"trap '' INT
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
{ cat <&3 >/dev/null; kill "$child" 2>/dev/null; } &
wait "$child"
status=$?
exit "$status""#;

/// A running server process.
#[derive(Debug)]
pub(super) struct Supervised {
    shell: Child,
    log: PathBuf,
    name: String,
}

impl Supervised {
    /// Starts `program`; its output goes to `log`.
    pub(super) fn start(
        program: &Path,
        arguments: &[String],
        log: PathBuf,
    ) -> Result<Self, LiveError> {
        let output = File::create(&log).map_err(LiveError::file("create", &log))?;
        let errors = output.try_clone().map_err(LiveError::file("write", &log))?;
        let name = program
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "supervise"])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(|error| {
                LiveError::unavailable(
                    format!("cannot start {name}: {error}"),
                    "a POSIX shell is needed at /bin/sh",
                )
            })?;
        Ok(Self { shell, log, name })
    }

    /// An error with the end of the log, if the process has ended.
    pub(super) fn check(&mut self) -> Result<(), LiveError> {
        match self.shell.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(LiveError::unavailable(
                format!("{} ended with {status}:\n{}", self.name, self.end_of_log()),
                "is another program using the same ports?",
            )),
            Err(source) => Err(LiveError::file("wait for", &self.name)(source)),
        }
    }

    /// The last lines of its output.
    pub(super) fn end_of_log(&self) -> String {
        const LINES: usize = 15;
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // The shell ends when its server has; there is nothing left to do about a failure.
        let _ended = self.shell.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::Supervised;
    use std::path::Path;

    #[test]
    fn a_server_ends_with_its_supervisor() {
        let folder = tempfile::tempdir().expect("a folder");
        let pid_file = folder.path().join("pid");
        let script = format!("echo $$ > {}; exec sleep 600", pid_file.display());
        let log = folder.path().join("log");
        let server = Supervised::start(Path::new("/bin/sh"), &["-c".into(), script], log)
            .expect("it starts");
        let pid = loop {
            let text = std::fs::read_to_string(&pid_file).unwrap_or_default();
            if let Ok(pid) = text.trim().parse::<i32>() {
                break rustix::process::Pid::from_raw(pid).expect("a process id");
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        };
        assert!(rustix::process::test_kill_process(pid).is_ok());
        drop(server);
        assert!(
            rustix::process::test_kill_process(pid).is_err(),
            "the process still runs"
        );
    }

    #[test]
    fn a_server_that_ends_by_itself_is_told_with_its_log() {
        let folder = tempfile::tempdir().expect("a folder");
        let arguments = ["-c".to_owned(), "echo no port >&2; exit 3".to_owned()];
        let log = folder.path().join("log");
        let mut server =
            Supervised::start(Path::new("/bin/sh"), &arguments, log).expect("it starts");
        let error = loop {
            if let Err(error) = server.check() {
                break error.to_string();
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        };
        assert!(error.contains("no port"), "{error}");
    }
}
