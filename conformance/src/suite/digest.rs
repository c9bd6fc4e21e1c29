//! Reads the charts of a run once.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{Subject, given::given_to};
use crate::{
    chart::{ChartSource, Givens},
    error::SuiteError,
    report::ChartDigest,
};

/// Sources of a subject's charts, and what a user gives to their releases.
#[derive(Debug, Default)]
pub(crate) struct ChartSet {
    /// By chart name.
    pub(crate) charts: BTreeMap<String, ChartSource>,
    /// By release.
    pub(crate) given: Givens,
}

/// Sources of all charts of a run, by path.
#[derive(Debug, Default)]
pub(crate) struct Charts {
    sources: BTreeMap<PathBuf, ChartSource>,
    workspace: PathBuf,
}

impl Charts {
    /// Reads every chart once.
    pub(crate) fn read<'p>(
        paths: impl Iterator<Item = &'p PathBuf>,
        workspace: &Path,
    ) -> Result<Self, SuiteError> {
        let mut charts = Self::default();
        charts.add(paths, workspace)?;
        Ok(charts)
    }

    /// Reads those charts that are not there yet.
    pub(crate) fn add<'p>(
        &mut self,
        paths: impl Iterator<Item = &'p PathBuf>,
        workspace: &Path,
    ) -> Result<(), SuiteError> {
        workspace.clone_into(&mut self.workspace);
        for path in paths {
            if !self.sources.contains_key(path) {
                let mut chart = ChartSource::read(path)?;
                chart.place = place_of(path, workspace);
                self.sources.insert(path.clone(), chart);
            }
        }
        Ok(())
    }

    /// Sources of a subject's charts.
    pub(crate) fn of(&self, subject: &Subject) -> ChartSet {
        let charts = subject
            .charts()
            .filter_map(|path| self.sources.get(path))
            .map(|chart| (chart.name.clone(), chart.clone()));
        ChartSet {
            charts: charts.collect(),
            given: given_to(subject, &|path| place_of(path, &self.workspace)),
        }
    }

    /// A chart of this run.
    pub(super) fn get(&self, path: &Path) -> Option<&ChartSource> {
        self.sources.get(path)
    }

    /// The digest of a chart of this run.
    pub(super) fn digest_of(&self, path: &Path) -> Option<&str> {
        self.sources.get(path).map(|chart| chart.digest.as_str())
    }

    /// Where reports say that a chart of this run is.
    pub(super) fn place_of(&self, path: &Path) -> Option<&str> {
        self.sources.get(path).map(|chart| chart.place.as_str())
    }

    /// Digests for the report.
    pub(crate) fn digests(&self) -> Vec<ChartDigest> {
        self.sources
            .values()
            .map(|chart| ChartDigest {
                name: chart.place.clone(),
                digest: chart.digest.clone(),
            })
            .collect()
    }
}

/// How reports name the place of a chart: below the workspace by its path from there, so that a link leads to the
/// file; a chart in a temporary folder by version and name; any other as it was given.
pub(super) fn place_of(path: &Path, workspace: &Path) -> String {
    let shown = |path: &Path| path.display().to_string().replace('\\', "/");
    let (Ok(whole), Ok(root)) = (path.canonicalize(), workspace.canonicalize()) else {
        return shown(path);
    };
    if let Ok(relative) = whole.strip_prefix(&root) {
        return shown(relative);
    }
    let temporary = std::env::temp_dir().canonicalize();
    if temporary.is_ok_and(|temporary| whole.starts_with(temporary)) {
        let mut parts: Vec<_> = whole.iter().rev().take(2).collect();
        parts.reverse();
        return shown(&parts.into_iter().collect::<PathBuf>());
    }
    shown(path)
}
