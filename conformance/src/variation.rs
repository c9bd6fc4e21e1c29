//! Renders of the same charts under other circumstances, for checks that compare.
//!
//! A check says what it wants to be different and gets documents to compare with; who renders, and
//! whether a render is made once for several checks, is the suite's business.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::manifest::Manifest;

/// What is different in a further render of a release. The default is no difference.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Variation {
    /// Another release name.
    pub release: Option<String>,
    /// Another namespace.
    pub namespace: Option<String>,
    /// Values merged over those of the subject, as a last values file would be; `null` for none.
    pub values: Value,
    /// The same chart made for another product version, such as `4.5.0`.
    pub product_version: Option<String>,
    /// By Helm 3 instead of the newest Helm.
    pub helm3: bool,
    /// As an upgrade (`--is-upgrade`).
    pub is_upgrade: bool,
    /// What `lookup` finds, such as what an earlier render made; then with chance, so that whatever is not read back differs.
    pub finds: Vec<Value>,
}

/// Why there is no further render.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The chart's schema refuses the values.
    #[error("{0}")]
    Schema(String),
    /// A template refuses them on purpose, by `fail` or `required`.
    #[error("{0}")]
    Template(String),
    /// Nobody meant it: a template fails, or what it writes is no YAML.
    #[error("{0}")]
    Broken(String),
    /// The suite cannot make it, for want of a tool or a chart.
    #[error("{0}")]
    Unavailable(String),
}

/// Makes further renders of a subject's releases.
///
/// Whatever the self-test changed in the subject (a mutant) an implementation changes in every further
/// render too, so that a mutated document differs from the conformant one and not from its own repetition.
pub trait Variations: Send + Sync {
    /// Documents of a release with a difference.
    ///
    /// # Errors
    /// [`Refusal`] when there are none.
    fn render(&self, release: &str, variation: &Variation) -> Result<Manifest, Refusal>;

    /// What `helm lint --strict` says about the chart of a release with the subject's values; empty when
    /// it is clean.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] when it cannot be run.
    fn lint(&self, release: &str) -> Result<Vec<String>, Refusal>;

    /// The text of `NOTES.txt` with the subject's values; `None` when the chart has none.
    ///
    /// # Errors
    /// [`Refusal`] when it does not render.
    fn notes(&self, release: &str) -> Result<Option<String>, Refusal>;

    /// Product versions, oldest first, for which the charts of the release are at hand, its own included.
    fn product_versions(&self, release: &str) -> Vec<String>;
}

/// Releases of a subject with the chart of each, in the order of their documents.
pub(crate) fn releases(manifest: &Manifest) -> BTreeMap<&str, &str> {
    manifest
        .objects
        .iter()
        .map(|object| (object.release.as_str(), object.chart.as_str()))
        .collect()
}
