//! The files of a host tree.

use std::{collections::BTreeMap, path::Path};

use walkdir::WalkDir;

use crate::error::SuiteError;

/// Files of a host tree by their paths below it, with `/` between the parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// How findings name the folder.
    pub place: String,
    /// Texts by path. What is no text is left out: it holds no address.
    pub files: BTreeMap<String, String>,
}

impl Tree {
    /// Reads a folder. `place` is how findings name it.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(folder: &Path, place: &str) -> Result<Self, SuiteError> {
        let mut files = BTreeMap::new();
        for entry in WalkDir::new(folder).sort_by_file_name() {
            let unreadable = |source: std::io::Error, file: &Path| SuiteError::Read {
                file: file.to_owned(),
                source,
            };
            let entry = entry.map_err(|error| {
                let file = error.path().unwrap_or(folder).to_owned();
                unreadable(error.into(), &file)
            })?;
            if !entry.file_type().is_file() {
                continue;
            }
            let bytes =
                std::fs::read(entry.path()).map_err(|source| unreadable(source, entry.path()))?;
            let Ok(text) = String::from_utf8(bytes) else {
                continue;
            };
            let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
            files.insert(parts.join("/"), text);
        }
        Ok(Self {
            place: place.to_owned(),
            files,
        })
    }

    /// Files of a host below a folder of it, by their paths there; `folder` begins and ends with `/`.
    pub(super) fn below<'t>(
        &'t self,
        host: &str,
        folder: &str,
    ) -> impl Iterator<Item = (&'t str, &'t str)> {
        let start = format!("hosts/{host}{folder}");
        let files = self.files.range(start.clone()..);
        files
            .take_while({
                let start = start.clone();
                move |(path, _)| path.starts_with(&start)
            })
            .map(move |(path, text)| (&path[start.len()..], text.as_str()))
    }

    /// The path and text of a file of a host; of one that is filled in when it is laid, the text with its gaps.
    pub(super) fn of_host(&self, host: &str, path: &str) -> Option<(&str, &str)> {
        let plain = format!("hosts/{host}{path}");
        let template = format!("{plain}.j2");
        let found = self.files.get_key_value(&plain);
        let (path, text) = found.or_else(|| self.files.get_key_value(&template))?;
        Some((path, text))
    }
}
