//! Files of data that a program holds in itself, and reads from another workspace where it is told to.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Data that cannot be used, with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {message}")]
pub struct DataError {
    /// The file, as seen from the workspace, with the line where it is known.
    pub file: String,
    /// What is wrong, and what to do.
    pub message: String,
}

/// A file of data.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// Path from the workspace.
    pub path: &'static str,
    held: &'static str,
}

/// Settled when it is named, or when the first file is read from what the program holds.
static ROOT: OnceLock<Option<PathBuf>> = OnceLock::new();

/// From now on data is read from this workspace instead of from the program. To be called once, before anything is read.
///
/// # Errors
/// When there is no such folder, or another workspace was named before.
pub fn read_from(workspace: &Path) -> Result<(), DataError> {
    let wrong = |message: &str| DataError {
        file: workspace.display().to_string(),
        message: message.to_owned(),
    };
    let root = workspace
        .canonicalize()
        .ok()
        .filter(|path| path.is_dir())
        .ok_or_else(|| wrong("no such folder; name a copy of the workspace"))?;
    ROOT.set(Some(root)).map_err(|_| match self::root() {
        Some(_) => wrong("data is read from another workspace already"),
        None => {
            wrong("data was read already from what the program holds; name the workspace first")
        }
    })
}

/// The workspace that data is read from; `None` while it is what the program holds.
pub fn root() -> Option<&'static Path> {
    ROOT.get()?.as_deref()
}

impl File {
    /// The file at `path` below the workspace, of which the program holds `held`.
    pub const fn new(path: &'static str, held: &'static str) -> Self {
        Self { path, held }
    }

    /// Its text.
    ///
    /// # Errors
    /// When it must be read and cannot be.
    pub fn text(&self) -> Result<Cow<'static, str>, DataError> {
        let Some(root) = ROOT.get_or_init(|| None) else {
            return Ok(Cow::Borrowed(self.held));
        };
        fs::read_to_string(root.join(self.path))
            .map(Cow::Owned)
            .map_err(|error| self.error(format!("cannot be read: {error}")))
    }

    /// What is wrong with it.
    pub fn error(&self, message: impl Into<String>) -> DataError {
        DataError {
            file: self.path.to_owned(),
            message: message.into(),
        }
    }
}
