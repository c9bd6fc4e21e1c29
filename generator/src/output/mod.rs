//! From a [`ChartTree`] to an output directory: compare the two, or make them equal.
//!
//! The directory may hold anything besides charts; only chart directories are ever touched, and these only when every
//! file in them says that the generator made it.

mod diff;
mod present;
mod transaction;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

pub use diff::{Difference, DifferenceKind};

use crate::tree::ChartTree;
use present::Present;
use transaction::Transaction;

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

/// What [`write`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Charts that were made or changed.
    pub written: Vec<String>,
    /// Charts that were equal already.
    pub unchanged: Vec<String>,
    /// Charts of earlier runs that were removed.
    pub removed: Vec<String>,
    /// An earlier run had been interrupted, and this one finished or undid its work first.
    pub recovered: bool,
}

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
        "{} holds files that `cargo xtask gen-charts` did not make: {}; move them away or choose another --out (nothing was changed)",
        path.display(), list(files)
    )]
    Foreign {
        /// The chart directory, or the output directory.
        path: PathBuf,
        /// The files, relative to it.
        files: Vec<String>,
    },
    /// Two runs at once.
    #[error("another `cargo xtask gen-charts` is writing to {}; wait for it to end", path.display())]
    Locked {
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

/// Compares a tree with a directory; nothing is changed. Differences are sorted by path.
pub fn check(
    tree: &ChartTree,
    directory: &Path,
    extent: Extent,
) -> Result<Vec<Difference>, OutputError> {
    let present = Present::read(tree, directory, extent)?;
    let wanted = wanted(tree);
    Ok(diff::differences(&wanted, &present.files))
}

/// Makes a directory hold exactly the charts of a tree.
///
/// Charts that differ are built beside the old ones and exchanged by renaming. A run that is interrupted leaves the old or the
/// new charts; where it had begun to exchange them, the next run finishes that first.
pub fn write(tree: &ChartTree, directory: &Path, extent: Extent) -> Result<Summary, OutputError> {
    present::refuse_what_is_no_directory(directory)?;
    std::fs::create_dir_all(directory).map_err(OutputError::io("create", directory))?;
    // Foreign files are refused before an interrupted run is finished, and again for what that brought back.
    Present::read(tree, directory, extent)?;
    let mut transaction = Transaction::open(directory)?;
    let recovered = transaction.recover()?;
    let present = Present::read(tree, directory, extent)?;
    let wanted = wanted(tree);

    let mut summary = Summary {
        recovered,
        ..Summary::default()
    };
    let changed = |chart: &str| changed_in(&wanted, &present.files, chart);
    for chart in tree.charts() {
        if changed(chart) {
            let files = wanted
                .iter()
                .filter_map(|(path, content)| Some((chart_file(path, chart)?, content.as_slice())));
            transaction.stage_directory(chart, files)?;
            summary.written.push(chart.to_owned());
        } else {
            summary.unchanged.push(chart.to_owned());
        }
    }
    for chart in present
        .charts
        .iter()
        .filter(|chart| !tree.charts().contains(&chart.as_str()))
    {
        transaction.stage_removal(chart);
        summary.removed.push(chart.clone());
    }
    transaction.commit()?;
    Ok(summary)
}

fn wanted(tree: &ChartTree) -> BTreeMap<String, Vec<u8>> {
    tree.files()
        .map(|(path, content)| (path.to_owned(), content.to_owned()))
        .collect()
}

fn changed_in(
    wanted: &BTreeMap<String, Vec<u8>>,
    present: &BTreeMap<String, Vec<u8>>,
    chart: &str,
) -> bool {
    let of_chart = |files: &BTreeMap<String, Vec<u8>>| -> BTreeMap<String, Vec<u8>> {
        let files = files
            .iter()
            .filter(|(path, _)| chart_file(path, chart).is_some());
        files
            .map(|(path, content)| (path.clone(), content.clone()))
            .collect()
    };
    of_chart(wanted) != of_chart(present)
}

/// The part of a path below a chart's directory.
fn chart_file<'p>(path: &'p str, chart: &str) -> Option<&'p str> {
    path.strip_prefix(chart)?.strip_prefix('/')
}
