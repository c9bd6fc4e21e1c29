//! Where the files of a family are looked for: its own folder first, then what it shares with others.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::yaml::Text;

/// A folder with files.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    /// Where it is.
    pub(crate) directory: PathBuf,
    /// What stands for it in errors and in the source map.
    pub(crate) label: String,
    /// The files and folders that are taken from it; everything, when missing.
    pub(crate) only: Option<Vec<Text>>,
}

impl Layer {
    /// A folder of which everything counts.
    pub(crate) fn whole(directory: &Path, label: &str) -> Self {
        Self {
            directory: directory.to_owned(),
            label: label.to_owned(),
            only: None,
        }
    }

    /// Whether a file is taken from here, provided that it exists.
    pub(crate) fn offers(&self, path: &str) -> bool {
        self.only.as_ref().is_none_or(|only| {
            only.iter().any(|shared| {
                let rest = path.strip_prefix(shared.value.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        })
    }

    /// Reports what is to be taken from here and does not exist. `file` is where that is said.
    pub(crate) fn check(&self, file: &str, diagnostics: &mut Diagnostics) {
        for shared in self.only.iter().flatten() {
            if self.directory.join(&shared.value).exists() {
                continue;
            }
            let place = crate::yaml::place(file, shared.referenced);
            let message = format!("there is no `{}` in {}", shared.value, self.label);
            let siblings = self.siblings(&shared.value);
            let hint = am_suggest::hint(&shared.value, siblings.iter().map(String::as_str));
            diagnostics.push(Diagnostic::new(place, message).maybe_hint(hint));
        }
    }

    /// What lies where a missing file would.
    fn siblings(&self, path: &str) -> Vec<String> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let entries = std::fs::read_dir(self.directory.join(folder));
        let names = entries.into_iter().flatten().flatten();
        names
            .map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                if folder.is_empty() {
                    name
                } else {
                    format!("{folder}/{name}")
                }
            })
            .collect()
    }
}

/// The first of the layers that has a file, with the file's path and its label.
pub(crate) fn find(layers: &[Layer], path: &str) -> Option<(PathBuf, String)> {
    layers.iter().find_map(|layer| {
        let file = layer.directory.join(path);
        (layer.offers(path) && file.is_file()).then(|| (file, format!("{}/{path}", layer.label)))
    })
}

/// Where a file would be if it were there.
pub(crate) fn missing(layers: &[Layer], path: &str) -> Diagnostic {
    let label = layers.first().map_or("", |layer| layer.label.as_str());
    let place = Place::file(format!("{label}/{path}"));
    let directory = layers.first().map(|layer| layer.directory.join(path));
    let error = directory.and_then(|file| std::fs::read(file).err());
    let error = error.map_or_else(|| "it is no file".to_owned(), |error| error.to_string());
    Diagnostic::new(place, format!("cannot be read: {error}"))
}
