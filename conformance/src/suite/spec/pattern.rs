//! `PatternUnderTest`: one pattern, made of several releases.

use std::{collections::BTreeMap, path::PathBuf};

use am_deployment_toml::product::ProductVersion;
use am_product::Pattern;
use serde::Deserialize;

use crate::{component::Component, facts::IdentityServer, graph::Elsewhere};

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
    /// Clusters of servers beside API Manager in the same Kubernetes cluster, each of which is judged as a pattern of its own.
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
    pub release: ReleaseUnderTest,
}

impl PatternUnderTest {
    /// Each integrator as a pattern of its own, with the releases that are beside it.
    pub(super) fn companions(&self) -> Vec<(Self, Vec<ReleaseUnderTest>)> {
        let one = |(at, integrator): (usize, &IntegratorUnderTest)| {
            let others = self.integrators.iter().enumerate();
            let others = others.filter(|(other, _)| *other != at);
            let others = others.map(|(_, other)| other.release.clone());
            let own = Self {
                pattern: integrator.pattern,
                releases: vec![integrator.release.clone()],
                workloads: BTreeMap::new(),
                elsewhere: BTreeMap::new(),
                identity_server: None,
                ..self.clone()
            };
            (own, self.releases.iter().cloned().chain(others).collect())
        };
        self.integrators.iter().enumerate().map(one).collect()
    }

    /// Tenants by the names of their releases.
    pub(super) fn tenants(&self) -> BTreeMap<String, String> {
        let all = self.integrators.iter();
        all.filter_map(|it| Some((it.release.name.clone(), it.tenant.clone()?)))
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
