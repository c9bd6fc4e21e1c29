//! Broken charts with their expected findings: small edits of generated charts, so that they do not rot.
//!
//! `fixtures/broken-charts/<case>/patch.yaml` holds one [`BrokenChart`].

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use am_deployment_toml::product::ProductVersion;
use am_product::Pattern;
use serde::Deserialize;

use crate::error::SuiteError;

/// A generated chart with edits that break it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BrokenChart {
    /// What is broken, in one sentence.
    pub about: String,
    /// Pattern whose chart is edited.
    pub pattern: Pattern,
    /// Product version of that chart; the newest unless given.
    #[serde(default)]
    pub product_version: Option<ProductVersion>,
    /// The variant of the matrix that shows what is broken, where the chart's own values do not.
    #[serde(default)]
    pub variant: Option<String>,
    /// Edits, in order.
    pub edits: Vec<Edit>,
    /// What the suite must say; exactly these requirements may fail.
    pub expected: Vec<Expectation>,
    /// Causes that the report must count: a mistake is one, whatever it breaks.
    #[serde(default = "one")]
    pub causes: usize,
    /// What a live run must say, when the case is installed on a cluster as well.
    #[serde(default)]
    pub live: Option<LiveExpectations>,
}

fn one() -> usize {
    1
}

/// What a live run must say about a broken chart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LiveExpectations {
    /// Requirements that must fail, and where.
    pub expected: Vec<LiveExpectation>,
    /// Requirements that may fail as well, with the reason: one mistake has many effects in a cluster.
    #[serde(default)]
    pub consequences: BTreeMap<String, String>,
    /// Variables that every stand-in of the case gets besides the suite's own, so that it shows itself on a busy machine, too.
    #[serde(default)]
    pub standin: BTreeMap<String, String>,
}

/// A requirement that must fail on a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LiveExpectation {
    /// Id.
    pub requirement: String,
    /// Words of the message.
    pub message: String,
    /// How kind and name of the object at fault begin, such as `Pod/am-gateway-`.
    pub at: String,
}

/// An edit of one file of the chart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Edit {
    /// File relative to the chart.
    pub file: String,
    /// Text that must occur in the file.
    #[serde(default)]
    pub replace: Option<String>,
    /// What stands in its place.
    #[serde(default)]
    pub with: Option<String>,
    /// Text that is added at the end; the file may be new.
    #[serde(default)]
    pub append: Option<String>,
    /// Whether the file is removed.
    #[serde(default)]
    pub delete: bool,
}

/// A requirement that must fail, and words that one of its findings must hold.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expectation {
    /// Id.
    pub requirement: String,
    /// Words of the message.
    pub message: String,
}

impl BrokenChart {
    /// Reads a case's `patch.yaml`.
    ///
    /// # Errors
    /// When it cannot be read or breaks its format.
    pub fn read(file: &Path) -> Result<Self, SuiteError> {
        let text = fs::read_to_string(file).map_err(|source| SuiteError::Read {
            file: file.to_owned(),
            source,
        })?;
        crate::yaml::read(&text).map_err(|message| SuiteError::Spec {
            file: file.to_owned(),
            message,
        })
    }

    /// Copies the chart out of `charts` (a directory of `am-pattern-N`) into `target` and edits the copy there.
    /// Returns the copy's path.
    ///
    /// # Errors
    /// When the chart is not there, a file cannot be written, or an edit changes nothing.
    pub fn make(&self, charts: &Path, target: &Path) -> Result<PathBuf, SuiteError> {
        let name = self.pattern.chart();
        let copy = target.join(&name);
        copy_directory(&charts.join(&name), &copy)?;
        for edit in &self.edits {
            edit.apply(&copy)?;
        }
        Ok(copy)
    }
}

impl Edit {
    /// Applies the edit to a chart.
    ///
    /// # Errors
    /// When it changes nothing or the file cannot be read or written.
    pub fn apply(&self, chart: &Path) -> Result<(), SuiteError> {
        let path = chart.join(&self.file);
        let io = |source| SuiteError::Read {
            file: path.clone(),
            source,
        };
        if self.delete {
            return fs::remove_file(&path).map_err(io);
        }
        let void = |message: String| SuiteError::Spec {
            file: path.clone(),
            message,
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if self.append.is_some() && error.kind() == std::io::ErrorKind::NotFound => {
                String::new()
            }
            Err(error) => return Err(io(error)),
        };
        let text = match (&self.replace, &self.with, &self.append) {
            (Some(old), Some(new), None) if text.contains(old) => text.replace(old, new),
            (Some(old), Some(_), None) => {
                return Err(void(format!(
                    "does not contain `{old}`, so the edit changes nothing"
                )));
            }
            (None, None, Some(addition)) => format!("{text}{addition}"),
            _ => {
                return Err(void(
                    "an edit is `replace` with `with`, or `append`, or `delete`".into(),
                ));
            }
        };
        fs::write(&path, text).map_err(io)
    }
}

/// Copies a directory with all that is in it.
///
/// # Errors
/// When something cannot be read or written.
pub fn copy_directory(from: &Path, to: &Path) -> Result<(), SuiteError> {
    am_toolchain::copy_folder(from, to).map_err(|source| SuiteError::Read {
        file: from.to_owned(),
        source,
    })
}
