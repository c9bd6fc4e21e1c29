//! Blocks are played by a real shell with played programs, so that quoting, variables and loops are the shell's own.

use std::fmt;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::data::Data;

/// What a block types.
pub(crate) struct Script {
    /// Its page and line.
    pub(crate) place: String,
    /// The commands.
    pub(crate) text: String,
}

/// A program, as it was called.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// Its name.
    pub(crate) program: String,
    /// Its arguments.
    pub(crate) arguments: Vec<String>,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.program, self.arguments.join(" "))
    }
}

/// The commands of a `console` block: what follows `$ `.
pub(crate) fn typed(block: &str) -> String {
    let lines = block.lines().filter_map(|line| line.strip_prefix("$ "));
    lines.collect::<Vec<_>>().join("\n")
}

/// A folder in which a page's commands are played. It has what the repository and `charts-out` have, and nothing is written through.
pub(crate) struct Stage {
    folder: TempDir,
}

impl Stage {
    pub(crate) fn new(root: &Path, data: &Data) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let stage = Self { folder };
        for from in [root.to_owned(), root.join("charts-out")] {
            for entry in fs::read_dir(from).expect("a folder").flatten() {
                let name = entry.file_name();
                if !["target", ".git", "tools"].iter().any(|it| name == *it) {
                    let _ = symlink(entry.path(), stage.work().join(&name));
                }
            }
        }
        for file in &data.files {
            let path = stage.work().join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, "").expect("written");
        }
        for made in &data.folders {
            fs::create_dir_all(stage.work().join(made)).expect("made");
        }
        broken_charts(&stage.work());
        let stub = root.join("xtask/tests/commands/stub.sh");
        for program in data.judged.iter().chain(data.trusted.keys()) {
            let path = if program.contains('/') {
                stage.work().join(program)
            } else {
                stage.bin().join(program)
            };
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            symlink(&stub, path).expect("a link");
        }
        stage
    }

    /// Where commands run.
    pub(crate) fn work(&self) -> PathBuf {
        let work = self.folder.path().join("work");
        fs::create_dir_all(&work).expect("made");
        work
    }

    fn bin(&self) -> PathBuf {
        self.folder.path().join("bin")
    }

    /// Plays a script, and returns the calls that it makes.
    pub(crate) fn play(&self, script: &Script) -> Result<Vec<Call>, String> {
        let calls = self.folder.path().join("calls");
        let _ = fs::remove_file(&calls);
        let output = Command::new("/bin/bash")
            .args(["-euo", "pipefail", "-c", &script.text])
            .current_dir(self.work())
            .stdin(Stdio::null())
            .env_clear()
            .env("PATH", self.bin())
            .env("CALLS", &calls)
            .output()
            .expect("bash runs");
        let told = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        if told.contains("command not found") || told.contains("No such file or directory") {
            return Err(format!(
                "{told}; name programs, and files that nothing makes, in xtask/tests/commands/programs.yaml"
            ));
        }
        if !output.status.success() {
            return Err(told);
        }
        let text = fs::read_to_string(&calls).unwrap_or_default();
        Ok(text.split("\0\u{1}").filter_map(call).collect())
    }
}

/// The charts of docs/findings.md: the gateway listens for throttle decisions at port 5673.
fn broken_charts(work: &Path) {
    let chart = work.join("my-charts/am-pattern-3");
    copy(&work.join("charts-out/am-pattern-3"), &chart);
    let file = chart.join("templates/gateway/_configuration.tpl");
    let text = fs::read_to_string(&file).expect("the gateway's configuration");
    let right = "\"traffic-manager\" \"jms\" .)";
    assert!(text.contains(right), "docs/findings.md breaks a chart here");
    let wrong = format!("{right} | replace \"5672\" \"5673\"");
    fs::write(file, text.replace(right, &wrong)).expect("written");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("copied");
        }
    }
}

fn call(text: &str) -> Option<Call> {
    let mut words = text.split('\0').map(str::to_owned);
    let program = words.next().filter(|it| !it.is_empty())?;
    Some(Call {
        program,
        arguments: words.collect(),
    })
}
