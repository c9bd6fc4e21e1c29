//! The programs that are compared, and why they cannot be.

use std::path::PathBuf;

use am_toolchain::ToolError;

use super::process::ProcessError;

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Tool(#[from] ToolError),
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error(transparent)]
    Suite(#[from] am_conformance::SuiteError),
    #[error(transparent)]
    Schemas(#[from] am_toolchain::schemas::SchemaError),
    #[error("cannot write to a temporary directory: {0}")]
    Temporary(std::io::Error),
}

/// What the comparisons run.
pub(super) struct Programs {
    pub(super) workspace: PathBuf,
    /// This command, built with optimisation.
    pub(super) xtask: PathBuf,
    pub(super) helm: PathBuf,
}
