//! `PatternUnderTest`: one pattern, made of several releases.

use std::{collections::BTreeMap, path::PathBuf};

use am_deployment_toml::product::ProductVersion;
use am_product::Pattern;
use serde::Deserialize;

use crate::{
    component::Component, facts::IdentityServer, graph::Elsewhere, machines::name_of_unit,
};

/// The kind of a specification of one pattern.
pub(super) const KIND: &str = "PatternUnderTest";

/// A specification of charts under test.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatternUnderTest {
    /// Always `conformance.am-charts/v1`.
    pub api_version: String,
    /// Always `PatternUnderTest`.
    pub kind: String,
    /// Number of the pattern that the releases claim to be.
    pub pattern: Pattern,
    /// Product version, such as `4.7.0`.
    pub product_version: ProductVersion,
    /// Namespace of releases that name none.
    #[serde(default = "default_namespace")]
    pub namespace: String,
    /// Kubernetes version that templates are told.
    #[serde(default)]
    pub kubernetes_version: Option<String>,
    /// The releases.
    #[serde(default)]
    pub releases: Vec<ReleaseUnderTest>,
    /// Instead of releases: the folder of a host tree, relative to the specification.
    #[serde(default)]
    pub tree: Option<PathBuf>,
    /// Hosts that live outside, as patterns with `*`.
    #[serde(default)]
    pub external: Vec<String>,
    /// Components of single workloads of any release, by name; `*` stands for any characters.
    #[serde(default)]
    pub workloads: BTreeMap<String, Component>,
    /// Where components are that none of the releases runs.
    #[serde(default)]
    pub elsewhere: BTreeMap<Component, Elsewhere>,
    /// The identity server that issues tokens, if there is one.
    #[serde(default)]
    pub identity_server: Option<IdentityServer>,
    /// Clusters of servers beside API Manager in the same Kubernetes cluster or tree, each of which is judged as a pattern of its own.
    #[serde(default)]
    pub integrators: Vec<IntegratorUnderTest>,
}

/// A cluster of servers beside API Manager.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IntegratorUnderTest {
    /// Which servers: `mi` or `si`.
    pub pattern: Pattern,
    /// Domain of the tenant whose cluster it is; everybody's unless given.
    #[serde(default)]
    pub tenant: Option<String>,
    /// Its release.
    #[serde(default)]
    pub release: Option<ReleaseUnderTest>,
    /// In a tree: what its units are called, such as `am-mi-acme`.
    #[serde(default)]
    pub unit: Option<String>,
    /// In a tree: addresses and ranges of those who call it past the gateways.
    #[serde(default)]
    pub clients: Vec<String>,
}

impl IntegratorUnderTest {
    /// What it is called: by its release, or by its units.
    pub(super) fn name(&self) -> &str {
        let release = self.release.as_ref().map(|release| release.name.as_str());
        let unit = self.unit.as_deref().map(name_of_unit);
        release.or(unit).unwrap_or_default()
    }

    /// The first rule that it breaks, as a sentence.
    pub(super) fn mistake(&self, is_tree: bool) -> Option<String> {
        let pattern = self.pattern;
        match (&self.release, &self.unit, is_tree) {
            (None, None, _) => Some(format!(
                "integrators: one of pattern {pattern} names nothing: give its `release`, or in a tree its `unit`"
            )),
            (Some(release), _, true) => Some(format!(
                "integrators: {} is a release, and the site is a tree: write `unit`, the name of its units",
                release.name
            )),
            (_, Some(unit), false) => Some(format!(
                "integrators: {unit} is a unit, and the site is no tree: write `release`"
            )),
            (Some(release), None, _) if !self.clients.is_empty() => Some(format!(
                "integrators: {} is a release, whose policies name its clients: remove `clients`",
                release.name
            )),
            _ if pattern.distribution().is_none() => Some(format!(
                "integrators: {} {} is of pattern {pattern}, which is API Manager's{}",
                if is_tree { "unit" } else { "release" },
                self.name(),
                if is_tree {
                    ""
                } else {
                    ": list it in `releases`"
                }
            )),
            _ => None,
        }
    }
}

impl PatternUnderTest {
    /// Each integrator with a release as a pattern of its own, with the releases that are beside it.
    pub(super) fn companions(&self) -> Vec<(Self, Vec<ReleaseUnderTest>)> {
        let one = |(at, integrator): (usize, &IntegratorUnderTest)| {
            let release = integrator.release.clone()?;
            let others = self.integrators.iter().enumerate();
            let others = others.filter(|(other, _)| *other != at);
            let others = others.filter_map(|(_, other)| other.release.clone());
            let own = Self {
                pattern: integrator.pattern,
                releases: vec![release],
                workloads: BTreeMap::new(),
                elsewhere: BTreeMap::new(),
                identity_server: None,
                ..self.clone()
            };
            Some((own, self.releases.iter().cloned().chain(others).collect()))
        };
        let all = self.integrators.iter().enumerate();
        all.filter_map(one).collect()
    }

    /// Addresses and ranges of clients by the names of the units.
    pub(super) fn clients(&self) -> BTreeMap<String, Vec<String>> {
        let all = self.integrators.iter();
        all.map(|it| (it.name().to_owned(), it.clients.clone()))
            .collect()
    }

    /// Tenants by the names of their releases or units.
    pub(super) fn tenants(&self) -> BTreeMap<String, String> {
        let all = self.integrators.iter();
        all.filter_map(|it| Some((it.name().to_owned(), it.tenant.clone()?)))
            .collect()
    }
}

/// A release of a specification.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReleaseUnderTest {
    /// Release name.
    pub name: String,
    /// Directory or `.tgz`, relative to the specification.
    pub chart: PathBuf,
    /// Namespace, if it differs from the specification's.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Values files, relative to the specification; a later one wins.
    #[serde(default)]
    pub values: Vec<PathBuf>,
    /// Single values, with dotted keys.
    #[serde(default)]
    pub set: BTreeMap<String, serde_json::Value>,
    /// Component of its servers; may be left out where label, image or ports tell.
    #[serde(default)]
    pub component: Option<Component>,
    /// Components of single workloads, by name; `*` stands for any characters.
    #[serde(default)]
    pub workloads: BTreeMap<String, Component>,
}

pub(super) fn default_namespace() -> String {
    "default".into()
}
