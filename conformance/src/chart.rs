//! The sources of a chart: what its authors wrote, for checks that judge more than its documents.

use std::{collections::BTreeMap, fs, path::Path};

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::error::SuiteError;

/// The files of a chart's directory.
#[derive(Debug, Clone, Default)]
pub struct ChartSource {
    /// Chart name, as in its directory.
    pub name: String,
    /// Text files by path relative to the chart, with `/`. Files that are no UTF-8 are left out.
    pub files: BTreeMap<String, String>,
    /// `sha256:` and hex, over the sorted list of paths and contents.
    pub digest: String,
}

impl ChartSource {
    /// Reads a chart's directory. A packed chart has only a digest.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(path: &Path) -> Result<Self, SuiteError> {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let mut files = BTreeMap::new();
        let mut hash = Sha256::new();
        for entry in WalkDir::new(path).sort_by_file_name() {
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
        let hex = hash
            .finalize()
            .iter()
            .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        Ok(Self {
            name,
            files,
            digest: format!("sha256:{hex}"),
        })
    }

    /// Texts of the templates (helpers and notes included), by path.
    pub fn templates(&self) -> impl Iterator<Item = (&String, &String)> {
        self.files
            .iter()
            .filter(|(path, _)| path.starts_with("templates/"))
    }

    /// The line of a template that starts a document of this kind, if there is exactly one such line.
    pub fn line_of_kind(&self, template: &str, kind: &str) -> Option<usize> {
        let wanted = format!("kind: {kind}");
        let mut lines = self
            .files
            .get(template)?
            .lines()
            .enumerate()
            .filter(|(_, line)| line.trim_end() == wanted)
            .map(|(index, _)| index + 1);
        let first = lines.next()?;
        lines.next().is_none().then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::ChartSource;

    #[test]
    fn the_digest_changes_with_content_and_with_names() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("written")
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
