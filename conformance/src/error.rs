//! What stops the suite itself, as opposed to what it finds.

use std::path::PathBuf;

use thiserror::Error;

/// A run could not be started or finished.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SuiteError {
    /// A requirement file is wrong.
    #[error("{file}: {message}")]
    Requirements {
        /// File name under `conformance/requirements`.
        file: String,
        /// What is wrong, with line and column where known.
        message: String,
    },
    /// Data that every command reads is wrong or not there.
    #[error(transparent)]
    Data(#[from] am_product::data::DataError),
    /// An argument or specification makes no sense.
    #[error("{message}")]
    Usage {
        /// What is wrong and what to write instead.
        message: String,
    },
    /// A specification of charts under test is wrong.
    #[error("{}: {message}", file.display())]
    Spec {
        /// The specification file.
        file: PathBuf,
        /// What is wrong, with line and column where known.
        message: String,
    },
    /// A chart's archive is none, or must not be unpacked.
    #[error("cannot read the chart {}: {message}", file.display())]
    Archive {
        /// The archive.
        file: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A file could not be read.
    #[error("cannot read {}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A tool or directory that the run needs is missing.
    #[error("{message}")]
    CannotCheck {
        /// What is missing and how to get it.
        message: String,
    },
}

impl SuiteError {
    /// The exit code of a command that ends with this error: 2 for bad input, 3 when it could not
    /// check.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Requirements { .. }
            | Self::Data(_)
            | Self::Usage { .. }
            | Self::Spec { .. }
            | Self::Archive { .. } => 2,
            Self::Read { .. } | Self::CannotCheck { .. } => 3,
        }
    }

    /// Wrong input, and what to write instead.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
        }
    }

    /// A run that cannot check anything, and why.
    pub fn cannot_check(message: impl Into<String>) -> Self {
        Self::CannotCheck {
            message: message.into(),
        }
    }
}
