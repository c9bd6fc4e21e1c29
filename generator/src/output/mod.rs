//! From a [`ChartTree`] to an output directory: compare the two, or make them equal.
//!
//! The directory may hold anything besides charts; only chart directories are ever touched, and these only when every
//! file in them says that the generator made it.

mod diff;
mod error;
mod present;
mod transaction;

use std::collections::BTreeMap;
use std::path::Path;

pub use diff::{Difference, DifferenceKind};
pub use error::OutputError;
pub use present::{CHART_PREFIX, Extent};

use crate::tree::ChartTree;
use present::Present;
use transaction::Transaction;

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
