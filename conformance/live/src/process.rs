//! Runs programs: output captured, ended when the run ends.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;

use crate::error::LiveError;

/// Lines of a program's output that an error repeats.
const KEPT_LINES: usize = 25;

/// A command line that can be told to a person.
#[derive(Debug)]
pub(crate) struct Program {
    command: Command,
    words: String,
    hint: String,
    limit: Option<Duration>,
}

impl Program {
    /// A call of `program`; `hint` says what to do when it fails.
    pub(crate) fn new(program: &Path, hint: &str) -> Self {
        let mut command = Command::new(program);
        command.stdin(Stdio::null()).kill_on_drop(true);
        let name = program.file_name().unwrap_or(program.as_os_str());
        Self {
            command,
            words: name.to_string_lossy().into_owned(),
            hint: hint.to_owned(),
            limit: None,
        }
    }

    /// Ends it after this time.
    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Adds an argument.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        let argument = argument.as_ref();
        self.words.push(' ');
        self.words.push_str(&argument.to_string_lossy());
        self.command.arg(argument);
        self
    }

    /// Adds arguments.
    pub(crate) fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        for argument in arguments {
            self = self.arg(argument);
        }
        self
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it to its end, whatever that is.
    pub(crate) async fn output(&mut self) -> Result<Output, LiveError> {
        let run = self.command.output();
        let ended = match self.limit {
            None => run.await,
            Some(limit) => tokio::time::timeout(limit, run).await.map_err(|_| {
                LiveError::unavailable(
                    format!("`{}` did not end within {} s", self.words, limit.as_secs()),
                    self.hint.clone(),
                )
            })?,
        };
        ended.map_err(|source| {
            LiveError::unavailable(
                format!("cannot run `{}`: {source}", self.words),
                self.hint.clone(),
            )
        })
    }

    /// Runs it; success gives its standard output.
    pub(crate) async fn run(mut self) -> Result<String, LiveError> {
        let output = self.output().await?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(LiveError::Program {
            command: self.words,
            status: output.status.to_string(),
            output: tail(&output),
            hint: self.hint,
        })
    }
}

/// The end of what a program wrote, standard error last.
pub(crate) fn tail(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(KEPT_LINES)..].join("\n")
}

/// The executable called `name` on `PATH`.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::Program;
    use std::path::Path;
    use std::time::Duration;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
    }

    #[test]
    fn a_failed_program_is_told_with_its_words_and_the_hint() {
        let program = Program::new(Path::new("/bin/sh"), "try again")
            .args(["-c", "echo out; echo wrong >&2; exit 7"]);
        let error = runtime().block_on(program.run()).expect_err("it fails");
        let text = error.to_string();
        assert!(
            text.contains("wrong") && text.contains('7') && text.contains("try again"),
            "{text}"
        );
        assert_eq!(error.exit_code(), 3);
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let program = Program::new(Path::new("/bin/sh"), "is the cluster there?")
            .args(["-c", "exec sleep 600"])
            .limit(Duration::from_millis(50));
        let error = runtime().block_on(program.run()).expect_err("it hangs");
        assert!(error.to_string().contains("did not end"), "{error}");
    }

    #[test]
    fn a_missing_program_is_no_panic() {
        let program = Program::new(Path::new("/nowhere/kind"), "install kind");
        let error = runtime()
            .block_on(program.run())
            .expect_err("it is not there");
        assert!(error.to_string().contains("install kind"), "{error}");
    }
}
