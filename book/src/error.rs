//! Why pages cannot be made.

use am_conformance::SuiteError;
use am_generator::diagnostic::Diagnostics;

/// Why the documentation cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// Data or a page says what cannot be.
    #[error("{0}")]
    Wrong(String),
    /// A file or folder could not be used.
    #[error("could not {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder, from the repository.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl From<Diagnostics> for BookError {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Wrong(diagnostics.to_string())
    }
}

impl From<SuiteError> for BookError {
    fn from(error: SuiteError) -> Self {
        Self::Wrong(error.to_string())
    }
}

impl From<am_product::data::DataError> for BookError {
    fn from(error: am_product::data::DataError) -> Self {
        Self::Wrong(error.to_string())
    }
}
