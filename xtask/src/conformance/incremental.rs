//! Options of runs that judge less than everything.

use std::collections::BTreeSet;
use std::path::Path;

use super::arguments::Arguments;
use super::own_charts::{CHARTS, regenerated};
use am_conformance::SuiteError;
use am_conformance::facts::Facts;
use am_conformance::suite::{Affected, Changes, Options, spec_subjects};

/// Where judged subjects are kept for later runs.
const CACHE: &str = "target/conformance/cache";

/// Adds what the arguments say to the options of a run.
pub(super) fn apply(
    arguments: &Arguments,
    options: &mut Options,
    folder: &Path,
) -> Result<(), SuiteError> {
    let incremental = &arguments.incremental;
    if !incremental.no_cache {
        options.cache = Some(options.workspace.join(CACHE));
    }
    if let Some(since) = &incremental.changed_since {
        options.affected = Some(affected(arguments, options, since, folder)?);
    }
    Ok(())
}

/// What the changes since a commit affect of the charts that the arguments name.
fn affected(
    arguments: &Arguments,
    options: &Options,
    since: &str,
    folder: &Path,
) -> Result<Affected, SuiteError> {
    let root = options.workspace.as_path();
    let facts = Facts::load()?;
    let patterns = facts.patterns.keys().copied();
    if let Some(file) = &arguments.spec {
        let subjects = spec_subjects(options, file, &facts)?;
        let changes = Changes::of_specification(file, since, &subjects)?;
        return Ok(Affected::specification(&changes, root, file, &subjects));
    }
    if let Some(charts) = &arguments.charts {
        let changes = Changes::since(charts, since, std::slice::from_ref(charts))?;
        let none = BTreeSet::new();
        return Ok(Affected::charts(&changes, root, charts, &none, patterns));
    }
    let charts = root.join(CHARTS);
    let changes = Changes::since(root, since, std::slice::from_ref(&charts))?;
    Ok(match regenerated(root, &changes, folder) {
        Ok(regenerated) => Affected::charts(&changes, root, &charts, &regenerated, patterns),
        Err(reason) => Affected::everything(&changes, reason),
    })
}
