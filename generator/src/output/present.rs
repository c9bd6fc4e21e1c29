//! What an output directory holds already, and whether the generator may touch it.

use std::collections::BTreeMap;
use std::path::Path;

use walkdir::WalkDir;

use super::error::OutputError;
use crate::tree::{ChartTree, NOTICE};

/// How the directories of charts begin; others are nobody's business here.
pub const CHART_PREFIX: &str = "am-pattern-";

/// Whether the tree is all that should be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Charts that are not in the tree are left over from earlier runs.
    Everything,
    /// Charts that are not in the tree stay as they are.
    ChartsInTree,
}

/// The generated files of a directory.
pub(super) struct Present {
    /// Path below the directory → content.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// Directories of charts that hold at least one generated file.
    pub(super) charts: Vec<String>,
}

impl Present {
    /// Reads the charts of a directory; files that the generator did not make are refused.
    pub(super) fn read(
        tree: &ChartTree,
        directory: &Path,
        extent: Extent,
    ) -> Result<Self, OutputError> {
        refuse_what_is_no_directory(directory)?;
        let mut present = Self {
            files: BTreeMap::new(),
            charts: Vec::new(),
        };
        if !directory.exists() {
            return Ok(present);
        }
        for chart in chart_directories(tree, directory, extent)? {
            let files = read_chart(directory, &chart)?;
            if !files.is_empty() {
                present.charts.push(chart);
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

/// Names of the chart directories that this run is about, sorted.
fn chart_directories(
    tree: &ChartTree,
    directory: &Path,
    extent: Extent,
) -> Result<Vec<String>, OutputError> {
    let charts = tree.charts();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(OutputError::io("read", directory))? {
        let entry = entry.map_err(OutputError::io("read", directory))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let left_over = extent == Extent::Everything && name.starts_with(CHART_PREFIX);
        if charts.contains(&name.as_str()) || left_over {
            refuse_what_is_no_directory(&entry.path())?;
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn read_chart(directory: &Path, chart: &str) -> Result<BTreeMap<String, Vec<u8>>, OutputError> {
    let root = directory.join(chart);
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
        if says_who_made_it(&content) {
            files.insert(format!("{chart}/{path}"), content);
        } else {
            foreign.push(path);
        }
    }
    if foreign.is_empty() {
        Ok(files)
    } else {
        Err(OutputError::Foreign {
            path: root,
            files: foreign,
        })
    }
}

fn says_who_made_it(content: &[u8]) -> bool {
    let first_line = content
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    first_line
        .windows(NOTICE.len())
        .any(|window| window == NOTICE.as_bytes())
}
