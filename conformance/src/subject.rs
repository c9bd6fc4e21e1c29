//! What is judged: the releases of a pattern in one combination.

use std::{collections::BTreeMap, path::PathBuf};

use am_deployment_toml::product::ProductVersion;
use am_product::Pattern;
use am_toolchain::RenderRequest;
use serde::{Deserialize, Serialize};

use crate::{graph::Hints, machines::Tree};

/// What was judged: a pattern in one combination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubjectDescription {
    /// Short id, unique in a report, such as `p3/aws/4.7.0/long-name`.
    pub id: String,
    /// Pattern number.
    pub pattern: Pattern,
    /// Its site in a deployment of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Product version.
    pub product_version: String,
    /// Platform overlay; `none` for the bare chart.
    pub platform: String,
    /// Variant, such as `default` or `long-name`.
    pub variant: String,
    /// Helm releases, in the order in which they were rendered.
    pub releases: Vec<String>,
    /// Namespace.
    pub namespace: String,
    /// Kubernetes version that templates were told; empty for Helm's own default.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kubernetes_version: String,
}

/// The releases of a pattern in one combination of platform, version and variant.
#[derive(Debug, Clone)]
pub struct Subject {
    /// How reports name it.
    pub description: SubjectDescription,
    /// Product version.
    pub version: ProductVersion,
    /// What is rendered, release by release.
    pub renders: Vec<RenderRequest>,
    /// Releases that are there too: what they are is told to checks, and they are judged by themselves.
    pub beside: Vec<RenderRequest>,
    /// Other sites of the deployment: what they are is told to checks, and they are judged by themselves.
    pub sites: Vec<OtherSite>,
    /// The files on machines, where it is a site of those. Nothing is rendered then.
    pub tree: Option<Tree>,
    /// The specification that names the releases, if one does.
    pub specification: Option<PathBuf>,
    /// What documents do not say.
    pub hints: Hints,
    /// Whether the charts are ours.
    pub is_generated: bool,
    /// Whether it stands for all subjects of its pattern and product version, where one is enough.
    pub is_representative: bool,
}

/// Another site of a deployment. What documents of it do not say is in the subject's hints.
#[derive(Debug, Clone)]
pub struct OtherSite {
    /// Its name.
    pub name: String,
    /// What is rendered of it, release by release.
    pub renders: Vec<RenderRequest>,
    /// The files on machines, where it runs on those.
    pub tree: Option<Tree>,
}

impl Subject {
    /// The site that a tree is of: documents of API Manager are those of a release with this name.
    pub fn site(&self) -> &str {
        match self.cluster() {
            Some(_) => &self.description.namespace,
            None => self.release(),
        }
    }

    /// The cluster of servers beside API Manager that it is on machines, by the name of its units.
    pub fn cluster(&self) -> Option<&str> {
        let is_companion = self.description.pattern.distribution().is_some();
        (self.tree.is_some() && is_companion).then(|| self.release())
    }

    fn release(&self) -> &str {
        let releases = &self.description.releases;
        releases.first().map_or("", String::as_str)
    }

    /// The subject of servers beside API Manager in the tree of this one.
    #[must_use]
    pub fn of_cluster(&self, name: &str, pattern: Pattern) -> Self {
        let mut own = self.clone();
        self.site().clone_into(&mut own.description.namespace);
        own.description.pattern = pattern;
        own.description.releases = vec![name.to_owned()];
        // What is declared is declared of API Manager.
        own.hints = Hints {
            external: self.hints.external.clone(),
            ..Hints::default()
        };
        own
    }

    /// Charts that it renders.
    pub fn charts(&self) -> impl Iterator<Item = &PathBuf> {
        self.renders.iter().map(|render| &render.chart)
    }

    /// The same subject with values set in all its releases (dotted path to value).
    #[must_use]
    pub fn with_values(mut self, values: &BTreeMap<String, serde_json::Value>) -> Self {
        for render in &mut self.renders {
            for (path, value) in values {
                set_path(&mut render.values, path, value.clone());
            }
        }
        self
    }
}

/// Sets a dotted path in a tree of maps, making maps on the way.
pub(crate) fn set_path(tree: &mut serde_json::Value, path: &str, value: serde_json::Value) {
    let (first, rest) = path
        .split_once('.')
        .map_or((path, None), |(first, rest)| (first, Some(rest)));
    if !tree.is_object() {
        *tree = serde_json::Value::Object(serde_json::Map::new());
    }
    let Some(map) = tree.as_object_mut() else {
        return;
    };
    match rest {
        Some(rest) => set_path(
            map.entry(first).or_insert(serde_json::Value::Null),
            rest,
            value,
        ),
        None => {
            map.insert(first.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::set_path;

    #[test]
    fn a_path_is_set_without_losing_its_neighbours() {
        let mut tree = Value::Null;
        set_path(&mut tree, "a.b", json!(1));
        set_path(&mut tree, "a.c", json!([2]));
        assert_eq!(tree, json!({"a": {"b": 1, "c": [2]}}));
    }
}
