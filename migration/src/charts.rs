//! The vendor's charts: which of them a values file is for.

use std::collections::BTreeMap;
use std::path::Path as FilePath;

use am_product::Component;
use am_product::data::{DataError, File};
use serde::Deserialize;
use serde_json::Value;

use crate::path::{Path, Pattern};
use crate::source::{Kind, Node};

const CHARTS: File = File::new(
    "migration/data/charts.yaml",
    include_str!("../data/charts.yaml"),
);

/// What is known of the vendor's charts.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Charts {
    /// The vendor's versions, oldest first.
    pub versions: Vec<String>,
    version_at: String,
    top: Vec<String>,
    #[serde(rename = "charts")]
    all: Vec<Chart>,
    on_by_default: Vec<OnByDefault>,
    /// The switch of the secure vault.
    pub vault_at: String,
    /// The switch of the keystore of TLS.
    pub tls_at: String,
    /// Ways in, in the order in which their host names count.
    pub ways: Vec<Way>,
    /// Endpoints by the vendor's names.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Controllers by the classes that they usually have.
    pub controllers: BTreeMap<String, String>,
    /// Name of the Secret for what was clear text.
    pub secret: String,
    /// What a node needs besides its heap, in MiB.
    pub besides_heap: u64,
    /// Variables that are left out, and why.
    pub variables: BTreeMap<String, String>,
    /// What must be given.
    pub required: Vec<Required>,
}

/// Something that a version does not start without.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Required {
    /// The vendor's versions.
    pub versions: Vec<String>,
    /// Paths of which one must be given.
    pub any: Vec<String>,
    /// Where it goes.
    pub to: String,
    /// What to do when none is.
    pub say: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chart {
    component: String,
    #[serde(rename = "chart")]
    name: String,
    words: Vec<String>,
    marks: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OnByDefault {
    path: Pattern,
    versions: Vec<String>,
}

/// A way in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// Where its endpoints are.
    pub at: String,
    /// Its switch, if it has one for all endpoints.
    #[serde(default)]
    pub switch: Option<String>,
    /// Our switch of it.
    pub to: String,
}

/// An endpoint as the vendor calls it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Our name of it below `exposure.endpoints`.
    pub endpoint: String,
    /// Our name of it below `hostnames`.
    pub hostname: String,
    /// The listener of a Gateway that the vendor's route names.
    pub listener: String,
    /// The component whose word counts where the pattern has it.
    #[serde(default)]
    pub of: Option<String>,
}

/// Why it is not known what a file is for.
#[derive(Debug)]
pub enum Unclear {
    /// It is no values file of the vendor's charts.
    Foreign,
    /// It could be for any of these.
    Several(Vec<Component>),
}

impl Charts {
    /// Reads the data.
    ///
    /// # Errors
    /// When it breaks the format.
    pub fn load() -> Result<Self, DataError> {
        serde_saphyr::from_str(&CHARTS.text()?).map_err(|error| CHARTS.error(error.to_string()))
    }

    /// Components in the order in which their words count.
    pub fn components(&self) -> Vec<Component> {
        self.all
            .iter()
            .filter_map(|chart| Component::from_name(&chart.component))
            .collect()
    }

    /// The component that a file is for: by values that only its chart has, then by the `Chart.yaml` beside the file, then by the
    /// file's name, then because the pattern has no other.
    ///
    /// # Errors
    /// When none of these tells.
    pub fn component(
        &self,
        name: &str,
        tree: &Node,
        beside: Option<&str>,
        of_pattern: &[Component],
    ) -> Result<Component, Unclear> {
        let Kind::Mapping(entries) = &tree.kind else {
            return Err(Unclear::Foreign);
        };
        if !entries.iter().any(|(key, _)| self.top.contains(key)) {
            return Err(Unclear::Foreign);
        }
        let is_marked = |chart: &&Chart| {
            chart
                .marks
                .iter()
                .any(|mark| tree.get(&Path::of_keys(mark)).is_some())
        };
        let marked: Vec<&Chart> = self.all.iter().filter(is_marked).collect();
        let is_beside = |chart: &&Chart| beside == Some(chart.name.as_str());
        let stem = FilePath::new(name)
            .file_stem()
            .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let words: Vec<&str> = stem.split(['_', '-', '.']).collect();
        let is_called = |chart: &&Chart| {
            stem.contains(&chart.component)
                || chart
                    .words
                    .iter()
                    .any(|word| words.contains(&word.as_str()))
        };
        let only = |found: Vec<&Chart>| match found[..] {
            [chart] => Component::from_name(&chart.component),
            _ => None,
        };
        only(marked.clone())
            .or_else(|| only(self.all.iter().filter(is_beside).collect()))
            .or_else(|| only(self.all.iter().filter(is_called).collect()))
            .or(match of_pattern {
                [one] => Some(*one),
                _ => None,
            })
            .ok_or_else(|| {
                let found = if marked.len() > 1 {
                    marked
                } else {
                    self.all.iter().collect()
                };
                Unclear::Several(
                    found
                        .iter()
                        .filter_map(|chart| Component::from_name(&chart.component))
                        .collect(),
                )
            })
    }

    /// The product version that a file says it is for.
    pub fn version_in(&self, tree: &Node) -> Option<String> {
        let value = tree.get(&Path::of_keys(&self.version_at))?.value();
        value.as_str().map(ToOwned::to_owned)
    }

    /// Whether something is on: as the file says, or as the vendor's chart has it where the file is silent.
    pub fn is_on(&self, tree: &Node, path: &Path, version: &str) -> bool {
        match tree.get(path).map(Node::value) {
            Some(value) => is_given(&value),
            None => self.on_by_default.iter().any(|row| {
                row.path.captures(path).is_some() && row.versions.iter().any(|it| it == version)
            }),
        }
    }
}

/// Whether a template of the vendor's takes the value for true.
pub fn is_given(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(on) => *on,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
    }
}
