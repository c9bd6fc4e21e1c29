//! From generated files, such as a [`ChartTree`], to an output directory: compare the two, or make them equal.
//!
//! The directory may hold anything besides; only entries of the tree (and charts of earlier runs) are ever touched, and these only when
//! every file in them says that the same command made it.

mod diff;
mod error;
mod present;
mod transaction;
mod wanted;

use std::path::Path;

pub use diff::{Difference, DifferenceKind};
pub use error::OutputError;
pub use present::Extent;
pub use wanted::Files;

use crate::maker::{CHARTS, Maker};
use crate::tree::ChartTree;
use present::Present;
use transaction::Transaction;
use wanted::{Wanted, of_entry};

/// What [`write`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Entries of the directory (charts, for example) that were made or changed.
    pub written: Vec<String>,
    /// Entries that were equal already.
    pub unchanged: Vec<String>,
    /// Entries of earlier runs that were removed.
    pub removed: Vec<String>,
    /// An earlier run had been interrupted, and this one finished or undid its work first.
    pub recovered: bool,
}

/// Compares a tree with a directory; nothing is changed. Differences are sorted by path.
pub fn check(
    tree: &ChartTree,
    directory: &Path,
    extent: Extent,
) -> Result<Vec<Difference>, OutputError> {
    check_files(&files(tree), CHARTS, directory, extent)
}

/// As [`check`], for the files that any command makes.
pub fn check_files(
    files: &Files,
    maker: Maker,
    directory: &Path,
    extent: Extent,
) -> Result<Vec<Difference>, OutputError> {
    let present = Present::read(&Wanted { files, maker }, directory, extent)?;
    Ok(diff::differences(files, &present.files))
}

/// Makes a directory hold exactly the charts of a tree.
///
/// Charts that differ are built beside the old ones and exchanged by renaming. A run that is interrupted leaves the old or the
/// new charts; where it had begun to exchange them, the next run finishes that first.
pub fn write(tree: &ChartTree, directory: &Path, extent: Extent) -> Result<Summary, OutputError> {
    write_files(&files(tree), CHARTS, directory, extent)
}

/// As [`write`], for the files that any command makes.
pub fn write_files(
    files: &Files,
    maker: Maker,
    directory: &Path,
    extent: Extent,
) -> Result<Summary, OutputError> {
    let wanted = Wanted { files, maker };
    present::refuse_what_is_no_directory(directory)?;
    // Foreign files are refused before an interrupted run is finished, and again for what that brought back.
    Present::read(&wanted, directory, extent)?;
    std::fs::create_dir_all(directory).map_err(OutputError::io("create", directory))?;
    let mut transaction = Transaction::open(directory, maker)?;
    let recovered = transaction.recover()?;
    let present = Present::read(&wanted, directory, extent)?;

    let mut summary = Summary {
        recovered,
        ..Summary::default()
    };
    for entry in wanted.entries() {
        if of_entry(files, entry).eq(of_entry(&present.files, entry)) {
            summary.unchanged.push(entry.to_owned());
        } else {
            transaction.stage(entry, of_entry(files, entry))?;
            summary.written.push(entry.to_owned());
        }
    }
    for entry in present
        .entries
        .iter()
        .filter(|entry| !wanted.entries().contains(&entry.as_str()))
    {
        transaction.stage_removal(entry);
        summary.removed.push(entry.clone());
    }
    transaction.commit()?;
    Ok(summary)
}

fn files(tree: &ChartTree) -> Files {
    tree.files()
        .map(|(path, content)| (path.to_owned(), content.to_owned()))
        .collect()
}
