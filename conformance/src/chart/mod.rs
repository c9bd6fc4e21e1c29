//! The sources of a chart: what its authors wrote, for checks that judge more than its documents.

mod archive;
mod locate;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::{Arc, OnceLock},
};

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::error::SuiteError;

/// The files of a chart's directory.
#[derive(Debug, Clone, Default)]
pub struct ChartSource {
    /// Name of its directory or archive.
    pub name: String,
    /// Where reports say that it is: a path from the workspace, where it is below it.
    pub place: String,
    /// Text files by path relative to the chart, with `/`. Files that are no UTF-8 are left out.
    pub files: BTreeMap<String, String>,
    /// `sha256:` and hex, over the sorted list of paths and contents.
    pub digest: String,
    /// What each line of its templates reads, found out when it is first asked for.
    pub(crate) values_by_line: Arc<OnceLock<ValuesByLine>>,
}

/// Dotted paths of values by template file and line.
pub(crate) type ValuesByLine = BTreeMap<(String, usize), BTreeSet<String>>;

impl ChartSource {
    /// Reads a chart: a directory, symbolic links followed as Helm does, or an archive as `helm package` makes it.
    ///
    /// # Errors
    /// When a file cannot be read, or an archive is none, is too large, or has files outside of itself.
    pub fn read(path: &Path) -> Result<Self, SuiteError> {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        if !path.is_dir() {
            return Self::of_archive(path, name);
        }
        let mut files = BTreeMap::new();
        let mut hash = Sha256::new();
        for entry in WalkDir::new(path).follow_links(true).sort_by_file_name() {
            let entry = entry.map_err(|error| SuiteError::Read {
                file: error.path().unwrap_or(path).to_owned(),
                source: error.into(),
            })?;
            if !entry.file_type().is_file() {
                continue;
            }
            let bytes = fs::read(entry.path()).map_err(|source| SuiteError::Read {
                file: entry.path().to_owned(),
                source,
            })?;
            let relative = entry.path().strip_prefix(path).unwrap_or(entry.path());
            let relative = relative
                .components()
                .map(|part| part.as_os_str().to_string_lossy())
                .collect::<Vec<_>>()
                .join("/");
            hash.update((relative.len() as u64).to_le_bytes());
            hash.update(relative.as_bytes());
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(&bytes);
            if let Ok(text) = String::from_utf8(bytes) {
                files.insert(relative, text);
            }
        }
        Ok(Self {
            place: name.clone(),
            name,
            files,
            digest: hex_digest(hash),
            values_by_line: Arc::default(),
        })
    }

    fn of_archive(path: &Path, name: String) -> Result<Self, SuiteError> {
        let bytes = fs::read(path).map_err(|source| SuiteError::Read {
            file: path.to_owned(),
            source,
        })?;
        let files = archive::files(&bytes).map_err(|error| SuiteError::Archive {
            file: path.to_owned(),
            message: error.to_string(),
        })?;
        let mut hash = Sha256::new();
        hash.update(&bytes);
        Ok(Self {
            place: name.clone(),
            name,
            files,
            digest: hex_digest(hash),
            values_by_line: Arc::default(),
        })
    }

    /// The path of one of its files in reports.
    pub fn path_of(&self, file: &str) -> String {
        format!("{}/{file}", self.place.trim_end_matches('/'))
    }

    /// Texts of the templates (helpers and notes included), by path.
    pub fn templates(&self) -> impl Iterator<Item = (&String, &String)> {
        self.files
            .iter()
            .filter(|(path, _)| path.starts_with("templates/"))
    }

    /// The values, as dotted paths, that a line of a template reads, itself or through the named templates it calls.
    pub fn values_at(&self, file: &str, line: usize) -> Vec<String> {
        self.values_by_line
            .get_or_init(|| crate::checks::helm::values_by_line(&self.files))
            .get(&(file.to_owned(), line))
            .map(|values| values.iter().cloned().collect())
            .unwrap_or_default()
    }
}

fn hex_digest(hash: Sha256) -> String {
    let hex = hash
        .finalize()
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests {
    use super::ChartSource;

    #[test]
    fn the_digest_changes_with_content_and_with_names() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("written");
        };
        let digest = || ChartSource::read(folder.path()).expect("read").digest;
        write("a", "1");
        let first = digest();
        write("a", "2");
        let second = digest();
        std::fs::rename(folder.path().join("a"), folder.path().join("b")).expect("renamed");
        let third = digest();
        assert!(first != second && second != third && first.starts_with("sha256:"));
    }
}
