//! Values of the vendor's charts, carried over to ours, to be installed out of a registry.

use std::collections::BTreeMap;
use std::path::Path;

use am_deployment_toml::product::ProductVersion;
use am_generator::{Families, Selection};
use am_migration::source::File;
use am_migration::target::Target;
use am_migration::{Input, migrate};
use serde::Deserialize;
use serde_json::Value;

use crate::error::LiveError;
use crate::values::merge;

/// Where the vendor's values are, below the workspace.
const FIXTURES: &str = "fixtures/vendor-values";
const HINT: &str = "correct fixtures/vendor-values/cases.yaml or the files that it names";

/// A folder of values files of the vendor's shape.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Case {
    pub(super) folder: String,
    files: Vec<String>,
    pub(super) pattern: u8,
    version: String,
    #[serde(default)]
    by_hand: Value,
    /// What the namespace holds before; without it, the case is not for a cluster.
    #[serde(default)]
    pub(super) secrets: BTreeMap<String, BTreeMap<String, String>>,
}

/// The cases that are for a cluster.
pub(super) fn cases(workspace: &Path) -> Result<Vec<Case>, LiveError> {
    let file = workspace.join(FIXTURES).join("cases.yaml");
    let text = std::fs::read_to_string(&file).map_err(LiveError::file("read", &file))?;
    let mut cases: Vec<Case> =
        serde_saphyr::from_str(&text).map_err(|error| unusable(&error.to_string()))?;
    cases.retain(|case| !case.secrets.is_empty());
    if cases.is_empty() {
        return Err(unusable("no case is for a cluster"));
    }
    Ok(cases)
}

impl Case {
    /// Values that the case becomes for our chart, which is packed for a product version.
    pub(super) fn values(
        &self,
        workspace: &Path,
        families: &Families,
        packed: &str,
    ) -> Result<Value, LiveError> {
        let version = ProductVersion::from_name(&self.version).filter(|_| self.version == packed);
        let Some(version) = version else {
            let why = format!(
                "{} is for product version {}, but the registry holds charts for {packed}",
                self.folder, self.version
            );
            return Err(unusable(&why));
        };
        let inputs = self
            .files
            .iter()
            .map(|name| self.input(workspace, name))
            .collect::<Result<Vec<_>, _>>()?;
        let mut selection = Selection::all(families.main());
        self.version.clone_into(&mut selection.version);
        let tree = families
            .generate(&selection)
            .map_err(|error| unusable(&error.to_string()))?;
        let target = Target::new(&tree, self.pattern, version).map_err(|why| unusable(&why))?;
        let migration = migrate(&inputs, &target).map_err(|error| unusable(&error.to_string()))?;
        let mut values = migration.values;
        merge(&mut values, &self.by_hand);
        Ok(values)
    }

    fn input(&self, workspace: &Path, name: &str) -> Result<Input, LiveError> {
        let (component, file) = match name.split_once('=') {
            Some((component, file)) => {
                let known = am_product::Component::from_name(component);
                let why = format!("there is no component {component}");
                (Some(known.ok_or_else(|| unusable(&why))?), file)
            }
            None => (None, name),
        };
        let path = workspace.join(FIXTURES).join(&self.folder).join(file);
        Ok(Input {
            file: File {
                name: file.to_owned(),
                text: std::fs::read_to_string(&path).map_err(LiveError::file("read", &path))?,
            },
            component,
            chart_beside: None,
        })
    }
}

fn unusable(why: &str) -> LiveError {
    LiveError::unavailable(
        format!("values of the vendor's shape cannot be carried over: {why}"),
        HINT,
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::cases;

    #[test]
    fn there_is_a_case_of_several_files_for_a_cluster() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let cases = cases(&workspace).expect("the committed cases");
        assert!(cases.iter().any(|case| case.files.len() >= 3));
    }
}
