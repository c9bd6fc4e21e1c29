//! The host trees in the matrix: sites of examples that run on machines.

use std::collections::BTreeMap;

use am_deployment_toml::product::ProductVersion;
use am_product::Pattern;
use serde::Deserialize;

use crate::suite::{Options, Variants};
use crate::{
    component::Component,
    error::SuiteError,
    graph::{Crossings, Elsewhere, Hints},
    machines::{Tree, clusters},
    subject::{Subject, SubjectDescription},
};

/// The platform of subjects that are machines.
pub const MACHINES: &str = "machines";

/// A host tree that is judged.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TreeUnderTest {
    /// What reports call it.
    pub(super) name: String,
    pattern: Pattern,
    /// Patterns of the clusters of servers beside API Manager that it has.
    #[serde(default)]
    integrators: Vec<Pattern>,
    /// Who calls these clusters past the gateways, by their names: addresses and ranges.
    #[serde(default)]
    clients: BTreeMap<String, Vec<String>>,
    product_version: ProductVersion,
    /// Its folder, below the workspace.
    tree: String,
    /// Hosts that live outside, as patterns with `*`.
    #[serde(default)]
    external: Vec<String>,
    /// Where components are that other sites run.
    #[serde(default)]
    elsewhere: BTreeMap<Component, Elsewhere>,
    /// Where other sites reach components of this one.
    #[serde(default)]
    exposed: BTreeMap<Component, Elsewhere>,
}

impl TreeUnderTest {
    /// Whether it has servers of a pattern.
    pub(super) fn has(&self, pattern: Pattern) -> bool {
        self.pattern == pattern || self.integrators.contains(&pattern)
    }

    /// Whether the options choose it, or something in it.
    pub(super) fn is_chosen(&self, options: &Options) -> bool {
        let of = |chosen: bool, is_any: bool| chosen || is_any;
        of(
            options.patterns.iter().any(|pattern| self.has(*pattern)),
            options.patterns.is_empty(),
        ) && of(
            options
                .platforms
                .iter()
                .any(|platform| platform == MACHINES),
            options.platforms.is_empty(),
        ) && of(
            options.product_versions.contains(&self.product_version),
            options.product_versions.is_empty(),
        ) && options.kubernetes_versions.is_empty()
            && !matches!(options.variants, Variants::Only(_))
    }

    /// The subjects: API Manager, and each cluster of servers beside it.
    ///
    /// # Errors
    /// When the folder cannot be read, or has no inventory that can.
    pub(super) fn subjects(&self, options: &Options) -> Result<Vec<Subject>, SuiteError> {
        let own = self.subject(options)?;
        let tree = own.tree.as_ref();
        let clusters = tree.map_or_else(|| Ok(BTreeMap::new()), clusters);
        let clusters = clusters.map_err(SuiteError::cannot_check)?;
        if let Some((name, cluster)) = clusters.iter().find(|(_, it)| !self.has(it.pattern)) {
            return Err(SuiteError::usage(format!(
                "{} has units of {name}: list {} in `integrators` of its row in conformance/requirements/matrix.yaml",
                self.tree, cluster.pattern
            )));
        }
        let beside = clusters.iter().map(|(name, cluster)| {
            let mut subject = own.of_cluster(name, cluster.pattern);
            subject.hints.clients.clone_from(&self.clients);
            let description = &mut subject.description;
            description.id = self.id(cluster.pattern);
            for text in [&mut description.id, &mut description.variant] {
                text.push('/');
                text.push_str(name);
            }
            subject
        });
        let beside: Vec<Subject> = beside.collect();
        Ok([own].into_iter().chain(beside).collect())
    }

    fn id(&self, pattern: Pattern) -> String {
        format!(
            "p{pattern}/{}/{MACHINES}/{}",
            self.product_version, self.name
        )
    }

    fn subject(&self, options: &Options) -> Result<Subject, SuiteError> {
        let tree = Tree::read(&options.workspace.join(&self.tree), &self.tree)?;
        let site = self.tree.rsplit('/').next().unwrap_or(&self.tree);
        Ok(Subject {
            description: SubjectDescription {
                id: self.id(self.pattern),
                pattern: self.pattern,
                site: None,
                product_version: self.product_version.to_string(),
                platform: MACHINES.to_owned(),
                variant: self.name.clone(),
                releases: vec![site.to_owned()],
                namespace: site.to_owned(),
                kubernetes_version: String::new(),
            },
            version: self.product_version,
            renders: Vec::new(),
            beside: Vec::new(),
            sites: Vec::new(),
            tree: Some(tree),
            specification: None,
            hints: Hints {
                external: self
                    .external
                    .iter()
                    .chain(&options.external)
                    .cloned()
                    .collect(),
                elsewhere: self.elsewhere.clone(),
                crossings: Crossings {
                    exposed: self.exposed.clone(),
                    ..Crossings::default()
                },
                ..Hints::default()
            },
            is_generated: true,
            is_representative: true,
        })
    }
}
