//! What is installed: a release of API Manager, and those of its integration layer.

use std::path::Path;

use am_product::Pattern;
use serde::Deserialize;
use serde_json::Value;

use crate::error::LiveError;

/// Where the deployments are, below the workspace.
pub(super) const FOLDER: &str = "fixtures/integration";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) pattern: Pattern,
    pub(super) release: String,
    #[serde(default)]
    pub(super) values: Value,
    pub(super) clusters: Vec<Planned>,
}

/// A cluster of the integration layer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Planned {
    pub(super) release: String,
    pub(super) chart: Pattern,
    /// The domain; without one it is everybody's.
    pub(super) tenant: Option<String>,
    pub(super) values: Value,
}

impl Document {
    pub(super) fn read(workspace: &Path, name: &str) -> Result<Self, LiveError> {
        let path = workspace.join(FOLDER).join(format!("{name}.yaml"));
        let text = std::fs::read_to_string(&path).map_err(LiveError::file("read", &path))?;
        serde_saphyr::from_str(&text).map_err(|error| {
            LiveError::unavailable(format!("{FOLDER}/{name}.yaml: {error}"), "correct it")
        })
    }
}
