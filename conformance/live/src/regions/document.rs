//! A deployment of two sites for this rig, and what `cargo xtask deploy` makes of it: that is installed, and nothing else.

use std::path::{Path, PathBuf};

use am_deployments::{MAKER, Rendering, Vocabulary, deploy, read};
use am_generator::Families;
use am_generator::output::{Extent, write_files};
use am_product::Pattern;
use serde::Deserialize;

use crate::error::LiveError;

/// Where the documents are, below the workspace.
const FOLDER: &str = "fixtures/regions";
/// What `deploy` tells machines.
const RESOLVED: &str = "deployment.resolved.yaml";

/// What follows from a document, and the folder with it.
pub(super) struct Deployed {
    /// Sites in the order of their installation.
    pub(super) resolved: Resolved,
    folder: tempfile::TempDir,
}

#[derive(Debug, Deserialize)]
pub(super) struct Resolved {
    pub(super) topology: String,
    pub(super) sites: Vec<Site>,
    pub(super) edges: Vec<Edge>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Site {
    pub(super) name: String,
    pub(super) main: bool,
    pub(super) pattern: Pattern,
    pub(super) release: Release,
    pub(super) components: Vec<Component>,
    pub(super) secrets: Vec<Secret>,
    pub(super) database: Option<Database>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Release {
    pub(super) name: String,
    pub(super) context: String,
    pub(super) namespace: String,
    /// Values files, a later one over an earlier one.
    pub(super) values: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Component {
    pub(super) name: String,
    pub(super) nodes: usize,
}

#[derive(Debug, Deserialize)]
pub(super) struct Secret {
    pub(super) name: String,
    pub(super) keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Database {
    pub(super) host: String,
    pub(super) port: u16,
}

/// A key of a site that leads to another one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Edge {
    pub(super) from: End,
    pub(super) to: End,
    pub(super) every_node: bool,
    /// Each as host:port.
    pub(super) addresses: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct End {
    pub(super) site: String,
    pub(super) component: String,
}

impl Deployed {
    /// Fills the placeholders of a document in and makes its files. A placeholder is a name after a dollar sign.
    pub(super) fn of<'p>(
        workspace: &Path,
        families: &Families,
        name: &str,
        placeholders: impl Iterator<Item = (&'p str, &'p str)>,
    ) -> Result<Self, LiveError> {
        let label = format!("{FOLDER}/{name}.yaml");
        let path = workspace.join(&label);
        let text = std::fs::read_to_string(&path).map_err(LiveError::file("read", &path))?;
        let text = placeholders.fold(text, |text, (name, value)| {
            text.replace(&format!("${name}"), value)
        });
        let refused = |error: &dyn std::fmt::Display| LiveError::usage(error.to_string());
        let document = read(&label, &text).map_err(|error| refused(&error))?;
        let vocabulary = Vocabulary::load().map_err(|error| refused(&error))?;
        let charts = document.charts(families, &vocabulary);
        let charts = charts.map_err(|error| refused(&error))?;
        let no_machines = |_: &Rendering| Err("its sites are clusters".to_owned());
        let files = deploy(&document, families, &vocabulary, &charts, &no_machines)
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
    pub(super) fn values(&self, site: &Site) -> Vec<PathBuf> {
        let folder = self.folder.path().join("sites").join(&site.name);
        let files = site.release.values.iter();
        files.map(|file| folder.join(file)).collect()
    }
}

#[cfg(test)]
pub(super) mod testing {
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
        Deployed::of(&workspace(), &families, name, placeholders.into_iter())
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
