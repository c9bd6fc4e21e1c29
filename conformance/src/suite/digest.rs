//! Reads the charts of a run once.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::Subject;
use crate::{chart::ChartSource, error::SuiteError, report::ChartDigest};

/// Sources of a subject's charts, by chart name.
pub(crate) type ChartSet = BTreeMap<String, ChartSource>;

/// Sources of all charts of a run, by path.
#[derive(Debug, Default)]
pub(crate) struct Charts(BTreeMap<PathBuf, ChartSource>);

impl Charts {
    /// Reads every chart once.
    pub(crate) fn read<'p>(paths: impl Iterator<Item = &'p PathBuf>) -> Result<Self, SuiteError> {
        let mut charts = BTreeMap::new();
        for path in paths {
            if !charts.contains_key(path) {
                charts.insert(path.clone(), read_chart(path)?);
            }
        }
        Ok(Self(charts))
    }

    /// Sources of a subject's charts.
    pub(crate) fn of(&self, subject: &Subject) -> ChartSet {
        subject
            .charts()
            .filter_map(|path| self.0.get(path))
            .map(|chart| (chart.name.clone(), chart.clone()))
            .collect()
    }

    /// The digest of a chart of this run.
    pub(super) fn digest_of(&self, path: &Path) -> Option<&str> {
        self.0.get(path).map(|chart| chart.digest.as_str())
    }

    /// Digests for the report.
    pub(crate) fn digests(&self) -> Vec<ChartDigest> {
        self.0
            .values()
            .map(|chart| ChartDigest {
                name: chart.name.clone(),
                digest: chart.digest.clone(),
            })
            .collect()
    }
}

fn read_chart(path: &Path) -> Result<ChartSource, SuiteError> {
    if path.is_dir() {
        return ChartSource::read(path);
    }
    let bytes = std::fs::read(path).map_err(|source| SuiteError::Read {
        file: path.to_owned(),
        source,
    })?;
    let hex = Sha256::digest(&bytes)
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    Ok(ChartSource {
        name,
        files: BTreeMap::new(),
        digest: format!("sha256:{hex}"),
    })
}
