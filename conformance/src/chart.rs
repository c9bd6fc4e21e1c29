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
    /// Reads a chart's directory, symbolic links followed as Helm does. A packed chart has only a digest.
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

    /// The file and line of the helper template that makes a key of the configuration which a template
    /// renders. Our charts keep it beside the template, in `_configuration.tpl`.
    pub fn line_of_configuration_key(&self, template: &str, key: &str) -> Option<(String, usize)> {
        let (folder, _) = template.rsplit_once('/')?;
        let file = format!("{folder}/_configuration.tpl");
        let line = line_of_key(self.files.get(&file)?, key)?;
        Some((file, line))
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

/// The line, from 1, of a dotted key in YAML text that may hold template actions. Numbers of list items
/// are not told apart: the first entry with the key's names is meant.
fn line_of_key(text: &str, key: &str) -> Option<usize> {
    let wanted: Vec<&str> = key
        .split('.')
        .map(|part| part.split('[').next().unwrap_or(part))
        .collect();
    // Indentation and name of the keys that enclose the current line.
    let mut path: Vec<(usize, &str)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let content = line.trim_start();
        let dashes = content.len() - content.trim_start_matches("- ").len();
        let content = content.trim_start_matches("- ");
        if content.starts_with("{{") || content.starts_with('#') {
            continue;
        }
        let Some((name, _)) = content.split_once(':') else {
            continue;
        };
        let indentation = line.len() - line.trim_start().len() + dashes;
        path.retain(|(outer, _)| *outer < indentation);
        path.push((indentation, name.trim_matches('"')));
        if path
            .iter()
            .map(|(_, name)| *name)
            .eq(wanted.iter().copied())
        {
            return Some(number + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{ChartSource, line_of_key};

    #[test]
    fn a_key_is_found_between_template_actions() {
        let text = "{{- define \"x\" }}\na:\n  {{- if y }}\n  b: 1\n  {{- end }}\n  list:\n    - c: {{ 1 }}\n      d: 2\ne:\n  b: 3\n";
        assert_eq!(line_of_key(text, "a.b"), Some(4));
        assert_eq!(line_of_key(text, "a.list[0].c"), Some(7));
        assert_eq!(line_of_key(text, "a.list[1].d"), Some(8));
        assert_eq!(line_of_key(text, "e.b"), Some(10));
        assert_eq!(line_of_key(text, "e.c"), None);
    }

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
