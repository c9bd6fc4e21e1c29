//! Tables of the source documents: scenarios, the matrix, and what became of topologies of profiles.

use am_generator::model::table::Table;
use am_generator::yaml::Text;
use am_product::data::File;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::logic::Scalar;

pub(crate) const FILE: File = File::new(
    "choosing/data/cases.yaml",
    include_str!("../data/cases.yaml"),
);

/// The tables.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cases {
    /// Scenarios of the guide for choosing.
    pub scenarios: Vec<Row>,
    /// Its matrix.
    pub matrix: Vec<Row>,
    /// Product versions with profiles.
    pub previous_versions: Vec<String>,
    /// Topologies of profiles.
    pub topologies: Vec<Topology>,
    pub(crate) profile_names: Table<String>,
}

/// Answers, and what must come of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// What it is called.
    pub name: String,
    pub(crate) answers: Table<Spanned<Scalar>>,
    /// The pattern.
    pub pattern: u8,
    /// Platforms, the first one preferred.
    pub platforms: Vec<String>,
}

/// What became of a topology.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Topology {
    /// Its name among answers.
    pub previous: Text,
    /// The profiles that it had.
    pub profiles: Vec<String>,
    /// The components that it has now.
    pub components: Vec<String>,
    /// The pattern.
    pub pattern: u8,
    /// The pattern where it is not for production.
    pub without_production: u8,
}
