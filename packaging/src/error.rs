//! What can go wrong, and the exit code that it means.

use std::path::{Path, PathBuf};

use am_generator::GenerateError;
use am_pinned_tools::ToolError;

/// Why packages cannot be made or published.
#[derive(Debug, thiserror::Error)]
pub enum PackagingError {
    /// Something was asked for that does not exist or does not fit.
    #[error("{0}")]
    Usage(String),
    /// The charts cannot be generated.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// A pinned tool cannot be had.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// A file or folder could not be used.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program failed.
    #[error("`{command}` failed ({status}); {hint}. It said:\n{output}")]
    Program {
        /// The command line.
        command: String,
        /// How it ended.
        status: String,
        /// What to do.
        hint: &'static str,
        /// What it said.
        output: String,
    },
    /// Something is not as it must be after the work.
    #[error("{0}")]
    Unsound(String),
}

impl PackagingError {
    /// The exit code of a command that ends with it, as ARCHITECTURE.md documents them.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Generate(_) => 2,
            Self::Tool(_) | Self::Io { .. } | Self::Program { .. } | Self::Unsound(_) => 3,
        }
    }
}

/// For `map_err`: an error about a file or folder.
pub(crate) fn io(
    action: &'static str,
    path: impl AsRef<Path>,
) -> impl FnOnce(std::io::Error) -> PackagingError {
    let path = path.as_ref().to_owned();
    move |source| PackagingError::Io {
        action,
        path,
        source,
    }
}
