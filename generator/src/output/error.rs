//! Why a directory cannot be compared or written.

use std::io;
use std::path::{Path, PathBuf};

/// Why a directory cannot be compared or written. Nothing was lost in any case.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// A file or folder cannot be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried, such as `write`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Something else is where a directory should be.
    #[error("{} is {found}, not a directory; move it away or choose another --out", path.display())]
    NotADirectory {
        /// Where.
        path: PathBuf,
        /// `a file` or `a symbolic link`.
        found: &'static str,
    },
    /// Files that somebody else made would have to be overwritten or removed.
    #[error(
        "{} holds files that `cargo xtask {command}` did not make: {}; move them away or choose another --out (nothing was changed)",
        path.display(), list(files)
    )]
    Foreign {
        /// The command that was to write there.
        command: &'static str,
        /// The chart directory, or the output directory.
        path: PathBuf,
        /// The files, relative to it.
        files: Vec<String>,
    },
    /// Two runs at once.
    #[error("another `cargo xtask {command}` is writing to {}; wait for it to end", path.display())]
    Locked {
        /// The command.
        command: &'static str,
        /// The output directory.
        path: PathBuf,
    },
}

impl OutputError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

fn list(files: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut text = files
        .iter()
        .take(SHOWN)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    if files.len() > SHOWN {
        text = format!("{text} and {} more", files.len() - SHOWN);
    }
    text
}
