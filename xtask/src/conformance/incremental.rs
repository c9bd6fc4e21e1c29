//! Options of runs that judge less than everything.

use std::collections::BTreeSet;
use std::path::Path;

use am_conformance::SuiteError;
use am_conformance::facts::Facts;
use am_conformance::suite::{Affected, Changes, Options, spec_subject};
use clap::Args;

use super::own_charts::{CHARTS, regenerated};

/// Where judged subjects are kept for later runs.
const CACHE: &str = "target/conformance/cache";

// Named apart from the static arguments that it is flattened into.
#[derive(Debug, Args)]
#[group(id = "incremental")]
pub(crate) struct Arguments {
    /// Check every subject again. By default the outcomes of a subject are taken from target/conformance/cache when its
    /// charts, values, tools and suite have not changed; the report says how many were.
    #[arg(long)]
    pub(super) no_cache: bool,
    /// Check only what changed since this branch left REF, including uncommitted and untracked files. A pattern is
    /// affected when its files or the generator's output for it changed, a platform when its file in fixtures/values
    /// changed, and everything when the suite changed. When nothing is affected, nothing is checked and the exit code is 0.
    #[arg(long, value_name = "REF", conflicts_with = "watch")]
    pub(super) changed_since: Option<String>,
    /// Keep running: when a file is saved, check again what it affects and print what is new. For our own charts, the
    /// model's output is checked and charts-out is not written. Ctrl-C ends it with 0 or 1, depending on the last result.
    #[arg(long, conflicts_with = "cluster")]
    pub(super) watch: bool,
}

impl Arguments {
    /// The option by which only a part is judged, if one is given.
    pub(super) fn named(&self) -> Option<&'static str> {
        [
            (self.watch, "--watch"),
            (self.changed_since.is_some(), "--changed-since"),
        ]
        .into_iter()
        .find_map(|(given, name)| given.then_some(name))
    }
}

/// Adds what the arguments say to the options of a run.
pub(super) fn apply(
    arguments: &super::Arguments,
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
    arguments: &super::Arguments,
    options: &Options,
    since: &str,
    folder: &Path,
) -> Result<Affected, SuiteError> {
    let root = options.workspace.as_path();
    let facts = Facts::load()?;
    let patterns = facts.patterns.keys().copied();
    if let Some(file) = &arguments.spec {
        let subject = spec_subject(options, file, &facts)?;
        let changes = Changes::of_specification(file, since, &subject)?;
        return Ok(Affected::specification(&changes, root, file, &subject));
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
