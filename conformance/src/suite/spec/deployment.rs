//! `DeploymentUnderTest`: several sites, each a pattern or a part of one, that find components of each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use am_deployment_toml::product::ProductVersion;
use am_product::Pattern;
use serde::Deserialize;

use super::pattern::{
    IntegratorUnderTest, KIND as PATTERN, PatternUnderTest, ReleaseUnderTest, default_namespace,
};
use crate::{
    component::Component,
    facts::IdentityServer,
    graph::{Beyond, Crossings, Elsewhere},
    manifest::is_range,
    report::API_VERSION,
};

/// The kind of such a specification.
pub(super) const KIND: &str = "DeploymentUnderTest";

/// A specification of several sites.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DeploymentUnderTest {
    api_version: String,
    kind: String,
    sites: Vec<SiteUnderTest>,
}

/// A site. Fields that a `PatternUnderTest` has mean the same.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SiteUnderTest {
    name: String,
    pattern: Pattern,
    product_version: ProductVersion,
    #[serde(default = "default_namespace")]
    namespace: String,
    #[serde(default)]
    kubernetes_version: Option<String>,
    #[serde(default)]
    releases: Vec<ReleaseUnderTest>,
    #[serde(default)]
    tree: Option<PathBuf>,
    #[serde(default)]
    external: Vec<String>,
    #[serde(default)]
    workloads: BTreeMap<String, Component>,
    /// Where other sites reach components of this one, as names and firewalls say: each place with every port that is open to them.
    #[serde(default)]
    exposed: BTreeMap<Component, Elsewhere>,
    /// Ranges from which its servers call those of other sites.
    #[serde(default)]
    cidrs: Vec<String>,
    /// The sites that run what this one does not.
    #[serde(default)]
    elsewhere: BTreeMap<Component, String>,
    #[serde(default)]
    identity_server: Option<IdentityServer>,
    #[serde(default)]
    integrators: Vec<IntegratorUnderTest>,
}

impl DeploymentUnderTest {
    /// Each site by its name, as a pattern and with its ways to the others.
    pub(super) fn sites(&self) -> Result<Vec<(String, PatternUnderTest, Crossings)>, String> {
        if self.sites.len() < 2 {
            return Err(format!(
                "a deployment has at least two sites; one is a `{PATTERN}`"
            ));
        }
        let mut names = BTreeSet::new();
        for site in &self.sites {
            if !names.insert(site.name.as_str()) {
                return Err(format!("two sites are called `{}`", site.name));
            }
            site.check()?;
        }
        let differs =
            |other: &&SiteUnderTest| other.product_version != self.sites[0].product_version;
        if let Some(other) = self.sites.iter().find(differs) {
            let one = &self.sites[0];
            return Err(format!(
                "sites {} ({}) and {} ({}) have different product versions: what one tells the other, and what they share, is of one version",
                one.name, one.product_version, other.name, other.product_version
            ));
        }
        self.sites.iter().map(|site| self.site(site)).collect()
    }

    fn site(&self, site: &SiteUnderTest) -> Result<(String, PatternUnderTest, Crossings), String> {
        let mut elsewhere = BTreeMap::new();
        for (component, name) in &site.elsewhere {
            let home = self.sites.iter().find(|other| other.name == *name);
            let home = home
                .filter(|other| other.name != site.name)
                .ok_or_else(|| {
                    let others = self.sites.iter().map(|other| other.name.as_str());
                    let others: Vec<&str> = others.filter(|other| *other != site.name).collect();
                    let hint = am_suggest::hint(name, others.iter().copied());
                    let hint = hint.map_or(String::new(), |it| format!("; {it}"));
                    format!(
                        "site {}: elsewhere.{component} is `{name}`, which is no other site{hint}",
                        site.name
                    )
                })?;
            let exposed = home.exposed.get(component).ok_or_else(|| {
                format!(
                    "site {}: elsewhere.{component} is `{name}`, which exposes no {}: write exposed.{component} there",
                    site.name,
                    component.title()
                )
            })?;
            elsewhere.insert(*component, exposed.clone());
        }
        let others = self.sites.iter().filter(|other| other.name != site.name);
        let places = others.flat_map(|other| {
            let exposed = other.exposed.iter();
            exposed.flat_map(move |(component, exposed)| {
                let is_declared = site.elsewhere.get(component) == Some(&other.name);
                exposed.places().map(move |(place, _)| Beyond {
                    site: other.name.clone(),
                    component: *component,
                    place: place.clone(),
                    is_declared,
                })
            })
        });
        let callers = self.sites.iter().filter(|other| other.name != site.name);
        let callers = callers.filter(|other| !other.cidrs.is_empty());
        let crossings = Crossings {
            exposed: site.exposed.clone(),
            others: places.collect(),
            callers: callers
                .map(|other| (other.name.clone(), other.cidrs.clone()))
                .collect(),
        };
        let pattern = PatternUnderTest {
            api_version: API_VERSION.to_owned(),
            kind: PATTERN.to_owned(),
            pattern: site.pattern,
            product_version: site.product_version,
            namespace: site.namespace.clone(),
            kubernetes_version: site.kubernetes_version.clone(),
            releases: site.releases.clone(),
            tree: site.tree.clone(),
            external: site.external.clone(),
            workloads: site.workloads.clone(),
            elsewhere,
            identity_server: site.identity_server.clone(),
            integrators: site.integrators.clone(),
        };
        Ok((site.name.clone(), pattern, crossings))
    }
}

impl SiteUnderTest {
    fn check(&self) -> Result<(), String> {
        if let Some(wrong) = self.cidrs.iter().find(|range| !is_range(range)) {
            return Err(format!(
                "site {}: cidrs: `{wrong}` is no range of addresses: write one such as 10.20.0.0/16",
                self.name
            ));
        }
        for (component, exposed) in &self.exposed {
            if let Some(mistake) = exposed.mistake(*component) {
                let mistake = mistake.replacen("elsewhere.", "exposed.", 1);
                return Err(format!("site {}: {mistake}", self.name));
            }
            if let Some((place, _)) = exposed.places().find(|(place, _)| place.ports.is_empty()) {
                return Err(format!(
                    "site {}: exposed.{component}: `{}` has no ports, so nobody could reach anything there: list those that are open to other sites",
                    self.name, place.host
                ));
            }
        }
        Ok(())
    }
}
