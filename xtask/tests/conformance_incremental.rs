//! `cargo xtask conformance` on what changed, as users call it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use am_conformance::fixture::copy_directory;
use assert_cmd::Command;
use predicates::str::contains;

/// For a machine that is busy with a build; a passing test waits only as long as the command takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// A copy of pattern 0 that may be changed.
struct Copy(tempfile::TempDir);

impl Copy {
    fn new() -> Self {
        let copy = Self(tempfile::tempdir().expect("a temporary folder"));
        let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("../charts-out/am-pattern-0");
        copy_directory(&chart, &copy.path("charts/am-pattern-0")).expect("copied");
        // No other test's chart is the same, so nothing of this one is known before.
        let values = fs::read_to_string(copy.values()).expect("copied");
        let own = format!("{values}\n# {}\n", copy.0.path().display());
        fs::write(copy.values(), own).expect("written");
        copy
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn values(&self) -> PathBuf {
        self.path("charts/am-pattern-0/values.yaml")
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = std::process::Command::new("git");
        for role in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{role}_NAME"), "test")
                .env(format!("GIT_{role}_EMAIL"), "test@example.com");
        }
        git.env("GIT_CONFIG_GLOBAL", "/dev/null")
            .arg("-C")
            .arg(self.0.path());
        assert!(
            git.args(arguments)
                .status()
                .expect("git is there")
                .success()
        );
    }

    /// The cheapest run that can fail.
    fn arguments(&self) -> Vec<String> {
        let charts = self.path("charts").display().to_string();
        let report = format!("json={}", self.path("report.json").display());
        [
            "conformance",
            "--charts",
            &charts,
            "--pattern",
            "0",
            "--platform",
            "none",
        ]
        .into_iter()
        .chain(["--no-variants", "--only", "AM-DIST", "--report", &report])
        .map(ToOwned::to_owned)
        .collect()
    }

    fn command(&self) -> Command {
        let mut command = Command::cargo_bin("xtask").expect("built");
        command.args(self.arguments());
        command
    }
}

fn broken(values: &str) -> String {
    values.replace("repository: wso2/wso2am\n", "repository: wso2/wso2am-acp\n")
}

#[test]
fn changed_since_judges_what_changed_and_says_when_nothing_did() {
    let copy = Copy::new();
    copy.git(&["init", "--quiet", "--initial-branch=main"]);
    copy.git(&["add", "--all"]);
    copy.git(&["commit", "--quiet", "--message", "charts"]);
    let since = |reference: &str| {
        let mut command = copy.command();
        command.args(["--changed-since", reference]);
        command.assert()
    };
    since("main")
        .success()
        .stdout("no chart is affected by the changes since main: nothing to check\n");
    let report = fs::read_to_string(copy.path("report.json")).expect("written");
    assert!(report.contains("\"nothingAffected\": true") && report.contains("\"profiles\": []"));

    let sound = fs::read_to_string(copy.values()).expect("read");
    fs::write(copy.values(), broken(&sound)).expect("written");
    since("main")
        .code(1)
        .stdout(contains("AM-DIST-001"))
        .stdout(contains(
            "only what changed since main was checked: am-pattern-0",
        ));
    since("no-such-branch")
        .code(2)
        .stderr(contains("git knows no such commit"));
    fs::remove_dir_all(copy.path(".git")).expect("removed");
    since("main")
        .code(2)
        .stderr(contains("needs a git checkout"));
}

/// A watching process; ended when the test ends, whatever happens.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(copy: &Copy) -> Self {
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("xtask"))
            .args(copy.arguments())
            .arg("--watch")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        let stdout = child.stdout.take().expect("piped");
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// What it prints up to the line after which it waits.
    fn round(&self) -> String {
        let mut text = String::new();
        loop {
            let line = self
                .lines
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|error| panic!("{error} after:\n{text}"));
            if line.starts_with("watching") {
                return text;
            }
            text.push_str(&line);
            text.push('\n');
        }
    }

    fn interrupt(&mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-INT", &id])
            .status();
        assert!(sent.expect("kill is there").success());
        self.child.wait().expect("ended").code()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn watch_tells_what_a_saved_file_breaks_and_mends() {
    let copy = Copy::new();
    let sound = fs::read_to_string(copy.values()).expect("read");
    let mut watching = Watching::start(&copy);
    let text = watching.round();
    assert!(
        text.contains("start: ") && text.contains("all clear"),
        "{text}"
    );

    fs::write(copy.values(), broken(&sound)).expect("written");
    let text = watching.round();
    assert!(
        text.contains("AM-DIST-001") && text.contains("values.yaml"),
        "{text}"
    );
    assert!(
        text.contains("1 of 1 subjects checked") && text.contains("1 new, 0 fixed, 1 in total"),
        "{text}"
    );

    fs::write(copy.values(), "allInOne: {image: [\n").expect("written");
    let text = watching.round();
    assert!(text.contains("charts did not render"), "{text}");

    fs::write(copy.values(), &sound).expect("written");
    let text = watching.round();
    assert!(
        text.contains("0 of 1 subjects checked"),
        "known from the start: {text}"
    );
    assert!(text.contains("all clear"), "{text}");
    assert_eq!(watching.interrupt(), Some(0));
}

#[test]
fn watch_ends_with_1_when_the_last_result_was_not_conformant() {
    let copy = Copy::new();
    let sound = fs::read_to_string(copy.values()).expect("read");
    fs::write(copy.values(), broken(&sound)).expect("written");
    let mut watching = Watching::start(&copy);
    assert!(watching.round().contains("AM-DIST-001"));
    assert_eq!(watching.interrupt(), Some(1));
}
