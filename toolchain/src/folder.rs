//! Folders with all that is in them.

use std::{fs, io, path::Path};

use walkdir::WalkDir;

/// Copies the content of a folder into another, which is made.
///
/// # Errors
/// When something cannot be read or written; the error names the path.
pub fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    for entry in WalkDir::new(from) {
        let entry = entry?;
        let target = to.join(entry.path().strip_prefix(from).unwrap_or(entry.path()));
        let copied = if entry.file_type().is_dir() {
            fs::create_dir_all(&target)
        } else {
            fs::copy(entry.path(), &target).map(|_| ())
        };
        copied.map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", target.display()))
        })?;
    }
    Ok(())
}
