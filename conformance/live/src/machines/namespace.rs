//! Processes in namespaces of their own, which end with whoever holds them, however that ends.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::error::LiveError;
use crate::process::Program;

const HINT: &str = "it needs root, and a kernel that lets it make namespaces";

/// A set of namespaces, held by its first process.
#[derive(Debug)]
pub(super) struct Namespace {
    id: u32,
    // Its first process ends when the pipe to it does; the kernel ends the others, and what only they used is gone.
    _first: Child,
}

impl Namespace {
    /// Makes the namespaces and runs a shell script as their first process, which says `ready`.
    pub(super) async fn start<S: AsRef<OsStr>>(
        kinds: &[&str],
        script: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<Self, LiveError> {
        let unusable = |reason: String| {
            LiveError::unavailable(format!("no namespaces can be made: {reason}"), HINT)
        };
        let mut first = Command::new("unshare")
            .args(kinds)
            .args(["--", "/bin/sh", "-c", script, "am-live"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| unusable(error.to_string()))?;
        let id = first.id().unwrap_or_default();
        let mut line = String::new();
        if let Some(out) = first.stdout.take() {
            let read = BufReader::new(out).read_line(&mut line).await;
            read.map_err(|error| unusable(error.to_string()))?;
        }
        if line.trim() == "ready" {
            return Ok(Self { id, _first: first });
        }
        let ended = first.wait_with_output().await;
        let ended = ended.map_err(|error| unusable(error.to_string()))?;
        Err(unusable(
            String::from_utf8_lossy(&ended.stderr).trim().to_owned(),
        ))
    }

    /// The process that others enter by.
    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// The words that run a program inside.
    pub(super) fn entering(&self) -> Vec<String> {
        let id = self.id;
        let words = [
            "nsenter".to_owned(),
            format!("--target={id}"),
            "--net".to_owned(),
            "--mount".to_owned(),
            "--uts".to_owned(),
            format!("--pid=/proc/{id}/ns/pid_for_children"),
            "--".to_owned(),
        ];
        words.into()
    }

    /// A program inside.
    pub(super) fn program(&self, program: &str) -> Program {
        let words = self.entering();
        let (nsenter, rest) = words
            .split_first()
            .map_or(("nsenter", &[][..]), |(first, rest)| (first.as_str(), rest));
        Program::new(Path::new(nsenter), "is the machine still there?")
            .args(rest)
            .arg(program)
    }

    /// A shell script inside.
    pub(super) fn script(&self, script: &str) -> Program {
        self.program("/bin/sh").args(["-c", script])
    }

    /// The file that is the network namespace.
    pub(super) fn network(&self) -> PathBuf {
        format!("/proc/{}/ns/net", self.id).into()
    }
}
