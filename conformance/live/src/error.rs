//! Why a live run could not be made. What is wrong with the charts is a finding, never an error.

use std::path::PathBuf;

/// A live run could not be started or finished.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// An argument makes no sense.
    #[error("{message}")]
    Usage {
        /// What is wrong and what to write instead.
        message: String,
    },
    /// Something that the run needs is missing or went away.
    #[error("{reason}; {hint}")]
    Unavailable {
        /// What happened.
        reason: String,
        /// What to do about it.
        hint: String,
    },
    /// A program failed that the run needs.
    #[error("`{command}` ended with {status}: {output}; {hint}")]
    Program {
        /// The command line, without values.
        command: String,
        /// How it ended.
        status: String,
        /// The end of what it wrote.
        output: String,
        /// What to do about it.
        hint: String,
    },
    /// The API server refused or could not be reached.
    #[error("cannot {action}: {source}; is the cluster still there?")]
    ApiServer {
        /// What was tried.
        action: String,
        /// What came back.
        source: Box<kube::Error>,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The user asked to stop.
    #[error("interrupted; what the run had made was removed")]
    Interrupted,
}

impl LiveError {
    /// The exit code of a command that ends with this error: 2 for wrong usage, 3 when it could not check.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } => 2,
            _ => 3,
        }
    }

    /// Wrong usage, and what to write instead.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
        }
    }

    /// Something is missing, and what to do about it.
    pub fn unavailable(reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Unavailable {
            reason: reason.into(),
            hint: hint.into(),
        }
    }

    /// A failed file operation.
    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}
