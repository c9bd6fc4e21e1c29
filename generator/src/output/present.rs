//! What an output directory holds already, and whether the generator may touch it.

use std::collections::BTreeMap;
use std::path::Path;

use walkdir::WalkDir;

use super::error::OutputError;
use super::wanted::Wanted;
use crate::maker::Maker;

/// Whether the tree is all that should be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What is not in the tree and was made by the same command is left over from earlier runs.
    Everything,
    /// Charts that are not in the tree stay as they are.
    ChartsInTree,
}

/// The generated files of a directory.
pub(super) struct Present {
    /// Path below the directory → content.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// Entries of the directory that are generated files, or hold at least one.
    pub(super) entries: Vec<String>,
}

impl Present {
    /// Reads what a directory has of a tree; files that the command did not make are refused.
    pub(super) fn read(
        wanted: &Wanted<'_>,
        directory: &Path,
        extent: Extent,
    ) -> Result<Self, OutputError> {
        refuse_what_is_no_directory(directory)?;
        let mut present = Self {
            files: BTreeMap::new(),
            entries: Vec::new(),
        };
        if !directory.exists() {
            return Ok(present);
        }
        for entry in entries(wanted, directory, extent)? {
            let files = read_entry(directory, &entry, wanted.maker)?;
            if !files.is_empty() {
                present.entries.push(entry);
            }
            present.files.extend(files);
        }
        Ok(present)
    }
}

/// A link is refused too: what would be replaced is somewhere else than the user said.
pub(super) fn refuse_what_is_no_directory(path: &Path) -> Result<(), OutputError> {
    let found = match path.symlink_metadata() {
        Err(_) => return Ok(()),
        Ok(metadata) if metadata.is_dir() => return Ok(()),
        Ok(metadata) if metadata.is_symlink() => "a symbolic link",
        Ok(_) => "a file",
    };
    Err(OutputError::NotADirectory {
        path: path.to_owned(),
        found,
    })
}

/// Names of the entries that this run is about, sorted. Where a file is wanted one may be.
fn entries(
    wanted: &Wanted<'_>,
    directory: &Path,
    extent: Extent,
) -> Result<Vec<String>, OutputError> {
    let known = wanted.entries();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(OutputError::io("read", directory))? {
        let entry = entry.map_err(OutputError::io("read", directory))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let mut leaves = wanted.maker.leaves.iter();
        let is_left = extent == Extent::Everything && leaves.any(|prefix| name.starts_with(prefix));
        if known.contains(&name.as_str()) || is_left {
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if !(is_file && wanted.files.contains_key(&name)) {
                refuse_what_is_no_directory(&entry.path())?;
            }
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn read_entry(
    directory: &Path,
    name: &str,
    maker: Maker,
) -> Result<BTreeMap<String, Vec<u8>>, OutputError> {
    let root = directory.join(name);
    let mut files = BTreeMap::new();
    let mut foreign = Vec::new();
    for entry in WalkDir::new(&root).sort_by_file_name() {
        let entry = entry.map_err(|error| OutputError::io("read", &root)(error.into()))?;
        if entry.file_type().is_dir() {
            continue;
        }
        let relative = entry.path().strip_prefix(&root).unwrap_or(entry.path());
        let path = relative
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect::<Vec<_>>()
            .join("/");
        if !entry.file_type().is_file() {
            foreign.push(path);
            continue;
        }
        let content = std::fs::read(entry.path()).map_err(OutputError::io("read", entry.path()))?;
        if !maker.made(&content) {
            foreign.push(path);
        } else if path.is_empty() {
            files.insert(name.to_owned(), content);
        } else {
            files.insert(format!("{name}/{path}"), content);
        }
    }
    if foreign.is_empty() {
        Ok(files)
    } else {
        // The entry is itself the file.
        let is_itself = foreign.iter().any(String::is_empty);
        Err(OutputError::Foreign {
            command: maker.command,
            path: if is_itself { directory.into() } else { root },
            files: if is_itself {
                vec![name.into()]
            } else {
                foreign
            },
        })
    }
}
