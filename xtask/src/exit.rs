//! Exit codes of all commands, as ARCHITECTURE.md documents them.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// Done, or up to date.
    Success,
    /// `--check` found a difference, or something is not conformant.
    Failure,
    /// Wrong usage or bad input.
    Usage,
    /// Something could not be checked or written.
    Unable,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Success => 0,
            ExitStatus::Failure => 1,
            ExitStatus::Usage => 2,
            ExitStatus::Unable => 3,
        })
    }
}
