//! The sources of a chart: what its authors wrote, for checks that judge more than its documents.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::{Arc, OnceLock},
};

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::{
    archive,
    templates::{Segment, Usage, usage},
};
use crate::{error::SuiteError, upstream::Upstream};

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
    /// What its templates read, found out when it is first asked for; copies share it.
    pub(crate) usage: Arc<OnceLock<Result<Usage, String>>>,
}

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
        Ok(Self::new(name, files, hash))
    }

    fn new(name: String, files: BTreeMap<String, String>, hash: Sha256) -> Self {
        Self {
            place: name.clone(),
            name,
            files,
            digest: hex_digest(hash),
            usage: Arc::default(),
        }
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
        Ok(Self::new(name, files, hash))
    }

    /// Texts of the templates (helpers and notes included), by path.
    pub fn templates(&self) -> impl Iterator<Item = (&String, &String)> {
        self.files
            .iter()
            .filter(|(path, _)| path.starts_with("templates/"))
    }

    /// What its templates read.
    ///
    /// # Errors
    /// When there is nobody to parse them.
    pub(crate) fn usage(&self, upstream: &dyn Upstream) -> Result<&Usage, &str> {
        let usage = self
            .usage
            .get_or_init(|| usage(&self.files, upstream).map_err(|error| error.to_string()));
        usage.as_ref().map_err(String::as_str)
    }

    /// Whether its templates should have been read and nobody was there to do it.
    pub(crate) fn is_unread_by_machine(&self) -> bool {
        matches!(self.usage.get(), Some(Err(_)))
    }

    /// The values, as dotted paths, that a line of a template reads, itself or through the named templates it calls.
    pub(crate) fn values_at(
        &self,
        file: &str,
        line: usize,
        upstream: &dyn Upstream,
    ) -> Vec<String> {
        let usage = self.usage(upstream).ok();
        usage.map_or_else(Vec::new, |usage| values_at(usage, file, line))
    }
}

/// The values, as dotted paths, that a line reads.
pub(super) fn values_at(usage: &Usage, file: &str, line: usize) -> Vec<String> {
    let paths: BTreeSet<String> = usage
        .lines
        .get(&(Arc::from(file), line))
        .into_iter()
        .flatten()
        .map(|path| dotted(path))
        .filter(|path| !path.is_empty())
        .collect();
    // A map is read on the way to its entry.
    let is_on_the_way = |path: &String| {
        let prefix = format!("{path}.");
        paths.iter().any(|other| other.starts_with(&prefix))
    };
    paths
        .iter()
        .filter(|path| !is_on_the_way(path))
        .cloned()
        .collect()
}

/// The path as users write it, up to a list: the list itself is what a user sets.
fn dotted(path: &[Segment]) -> String {
    let keys = path.iter().map_while(|segment| match segment {
        Segment::Key(key) => Some(key.as_str()),
        Segment::Any => None,
    });
    keys.collect::<Vec<_>>().join(".")
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
