//! A document of a deployment, and what `cargo xtask deploy` makes of it: that is installed, and nothing else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use am_deployments::{MAKER, Rendering, Vocabulary, deploy, read};
use am_generator::Families;
use am_generator::output::{Extent, write_files};
use am_product::Pattern;
use serde::Deserialize;
use serde_json::Value;

use crate::error::LiveError;
use crate::rendering::render;
use crate::values::merge;

/// What `deploy` tells machines.
const RESOLVED: &str = "deployment.resolved.yaml";

/// What follows from a document, and the folder with it.
pub(crate) struct Deployed {
    /// Sites in the order of their installation.
    pub(crate) resolved: Resolved,
    folder: tempfile::TempDir,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Resolved {
    pub(crate) topology: String,
    pub(crate) sites: Vec<Site>,
    pub(crate) edges: Vec<Edge>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Site {
    pub(crate) name: String,
    pub(crate) main: bool,
    pub(crate) pattern: Pattern,
    pub(crate) release: Release,
    pub(crate) components: Vec<Component>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) database: Option<Database>,
    /// Clusters of servers beside API Manager.
    #[serde(default)]
    pub(crate) integrators: Vec<Integrator>,
}

/// A cluster of servers beside API Manager.
#[derive(Debug, Deserialize)]
pub(crate) struct Integrator {
    /// Domain of its tenant; everybody's without one.
    pub(crate) tenant: Option<String>,
    pub(crate) nodes: usize,
    pub(crate) release: Release,
    pub(crate) secrets: Vec<Secret>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Release {
    pub(crate) name: String,
    /// The chart's name.
    pub(crate) chart: String,
    /// None where whoever installs it says where.
    pub(crate) context: Option<String>,
    pub(crate) namespace: String,
    /// Values files, a later one over an earlier one.
    pub(crate) values: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Component {
    pub(crate) name: String,
    pub(crate) nodes: usize,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Secret {
    pub(crate) name: String,
    pub(crate) keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Database {
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// A key of a site that leads to another one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Edge {
    pub(crate) from: End,
    pub(crate) to: End,
    pub(crate) every_node: bool,
    /// Each as host:port.
    pub(crate) addresses: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct End {
    pub(crate) site: String,
    pub(crate) component: String,
}

/// The Secrets that a deployment asks for, with texts for their keys, the same wherever they are.
pub(crate) fn texts_of(secrets: &[Secret]) -> BTreeMap<String, BTreeMap<String, String>> {
    // Random enough for a cluster of minutes, and never shown. What has another form is of hexadecimal digits.
    let value = |key: &String| match key.strip_suffix("-key") {
        Some(_) => (key.clone(), format!("{:064x}", std::process::id())),
        None => (key.clone(), format!("{key}-{}", std::process::id())),
    };
    let secrets = secrets.iter();
    secrets
        .map(|it| (it.name.clone(), it.keys.iter().map(value).collect()))
        .collect()
}

/// What values files say together.
pub(crate) fn merged(files: &[PathBuf]) -> Result<Value, LiveError> {
    let mut values = Value::Null;
    for file in files {
        let text = std::fs::read_to_string(file).map_err(LiveError::file("read", file))?;
        let read = serde_saphyr::from_str(&text).map_err(|error| {
            let what = format!("{}: {error}", file.display());
            LiveError::unavailable(what, "report this as a bug")
        })?;
        merge(&mut values, &read);
    }
    Ok(values)
}

impl Deployed {
    /// Fills the placeholders of a document in, which `label` names below the workspace, and makes its files. A placeholder is a name after a dollar sign.
    pub(crate) fn of<'p>(
        workspace: &Path,
        families: &Families,
        label: &str,
        placeholders: impl Iterator<Item = (&'p str, &'p str)>,
    ) -> Result<Self, LiveError> {
        let path = workspace.join(label);
        let text = std::fs::read_to_string(&path).map_err(LiveError::file("read", &path))?;
        let text = placeholders.fold(text, |text, (name, value)| {
            text.replace(&format!("${name}"), value)
        });
        let refused = |error: &dyn std::fmt::Display| LiveError::usage(error.to_string());
        let document = read(label, &text).map_err(|error| refused(&error))?;
        let vocabulary = Vocabulary::load().map_err(|error| refused(&error))?;
        let charts = document.charts(families, &vocabulary);
        let charts = charts.map_err(|error| refused(&error))?;
        let render = |rendering: &Rendering| render(workspace, rendering);
        let files = deploy(&document, families, &vocabulary, &charts, &render)
            .map_err(|error| refused(&error))?;
        let folder = tempfile::Builder::new()
            .prefix("am-live-deployment-")
            .tempdir()
            .map_err(LiveError::file("create a folder in", std::env::temp_dir()))?;
        write_files(&files, MAKER, folder.path(), Extent::Everything)
            .map_err(|error| LiveError::unavailable(error.to_string(), "is the disk full?"))?;
        let resolved = files.get(RESOLVED).map(Vec::as_slice).unwrap_or_default();
        let resolved = serde_saphyr::from_str(&String::from_utf8_lossy(resolved));
        Ok(Self {
            resolved: resolved.map_err(|error| {
                LiveError::unavailable(format!("{RESOLVED}: {error}"), "report this as a bug")
            })?,
            folder,
        })
    }

    /// The values files of a site, in their order.
    pub(crate) fn values(&self, site: &Site) -> Vec<PathBuf> {
        self.values_of(site, &site.release)
    }

    /// Those of a release of a site.
    pub(crate) fn values_of(&self, site: &Site, release: &Release) -> Vec<PathBuf> {
        let folder = self.folder.path().join("sites").join(&site.name);
        let files = release.values.iter();
        files.map(|file| folder.join(file)).collect()
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use std::path::{Path, PathBuf};

    use am_deployment_toml::product::ProductVersion;

    use super::Deployed;
    use crate::published::families;

    pub(crate) fn workspace() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    /// A document with made-up addresses.
    pub(crate) fn deployed(name: &str) -> Deployed {
        let families = families(&workspace()).expect("the models");
        let newest = ProductVersion::all().last().expect("a version");
        let placeholders = [
            ("eu", "10.0.0.1"),
            ("us", "10.0.0.2"),
            ("version", newest.as_str()),
        ];
        let label = format!("fixtures/regions/{name}.yaml");
        Deployed::of(&workspace(), &families, &label, placeholders.into_iter())
            .expect("it is accepted")
    }
}

#[cfg(test)]
mod tests {
    use super::testing::deployed;

    #[test]
    fn the_documents_are_deployments_whose_sites_reach_each_other() {
        for (name, edges) in [("geo-regional", 2), ("centralised", 7)] {
            let deployed = deployed(name);
            assert_eq!(deployed.resolved.topology, name);
            assert_eq!(deployed.resolved.edges.len(), edges, "{name}");
            for site in &deployed.resolved.sites {
                assert!(deployed.values(site).iter().all(|file| file.is_file()));
            }
        }
    }
}
