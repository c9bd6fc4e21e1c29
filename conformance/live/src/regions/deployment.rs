//! A deployment on both clusters, and what its phases need.

use std::sync::Arc;

use am_conformance::facts::Facts;
use am_conformance::suite::ChartDirectory;
use am_generator::Families;
use serde_json::json;

use super::clusters::Clusters;
use super::site::{Site, replicate};
use crate::document::{Deployed, Edge};
use crate::error::LiveError;
use crate::options::Options;
use crate::progress::Timing;
use crate::scenario::{Phase as OfPattern, planned};

/// Where the documents are, below the workspace.
const FOLDER: &str = "fixtures/regions";

/// What happens to a deployment, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Site by site.
    Install,
    /// Every address is reached, those in the other site too.
    Wiring,
    /// What happens in one site is heard in the other.
    Events,
    /// The link is cut.
    Cut,
    /// It is mended.
    Healed,
    /// What was missed is read anew.
    Restart,
}

impl Phase {
    pub(super) const ALL: [Self; 6] = [
        Self::Install,
        Self::Wiring,
        Self::Events,
        Self::Cut,
        Self::Healed,
        Self::Restart,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Wiring => "wiring",
            Self::Events => "events",
            Self::Cut => "link cut",
            Self::Healed => "link healed",
            Self::Restart => "restart",
        }
    }
}

/// Each node of an event hub publishes to every one of the other regions.
pub(super) const EVERYBODY_TOLD: &str = "AM-REG-001";
/// One node is behind each address of a broker.
pub(super) const ONE_NODE: &str = "AM-REG-009";
/// What is judged of every site besides the rows of the wiring table.
const OF_A_SITE: [&str; 6] = [
    "AM-TOPO-001",
    "AM-TOPO-002",
    "AM-OPS-003",
    "AM-OPS-004",
    "AM-SEC-013",
    "AM-WIRE-014",
];

/// A deployment on both clusters.
pub(super) struct Deployment {
    pub(super) deployed: Deployed,
    pub(super) sites: Vec<Site>,
    pub(super) facts: Arc<Facts>,
    pub(super) timings: Vec<Timing>,
    /// It is in trouble, and nothing more can be learned of it.
    pub(super) over: bool,
}

impl Deployment {
    /// Makes it from a document; nothing is on the clusters yet.
    pub(super) fn of(
        options: &Options,
        clusters: &Clusters,
        families: &Families,
        charts: &[ChartDirectory],
        name: &str,
    ) -> Result<Self, LiveError> {
        let version = charts.first().map(|it| it.version.as_str());
        let placeholders = [("version", version.unwrap_or_default())];
        let deployed = Deployed::of(
            &options.workspace,
            families,
            &format!("{FOLDER}/{name}.yaml"),
            clusters.addresses().chain(placeholders),
        )?;
        let mut sites = Vec::new();
        let mut facts = None;
        for placed in &deployed.resolved.sites {
            let lab = clusters.lab(placed.release.context.as_deref().unwrap_or_default())?;
            facts = Some(Arc::clone(&lab.facts));
            sites.push(Site::new(&deployed, placed, lab, charts)?);
        }
        let mut this = Self {
            deployed,
            sites,
            facts: facts.ok_or_else(|| LiveError::usage(format!("{name} has no site")))?,
            timings: Vec::new(),
            over: false,
        };
        this.plan_all();
        Ok(this)
    }

    fn plan_all(&mut self) {
        for at in 0..self.sites.len() {
            let facts = Arc::clone(&self.sites[at].stage.lab.facts);
            let mut ids = planned(&facts, &[OfPattern::Wiring], self.sites[at].stage.pattern);
            ids.extend(OF_A_SITE);
            if self.edges_from(at).any(|edge| edge.every_node) {
                ids.push(ONE_NODE);
            }
            if !self.has_main() {
                ids.push(EVERYBODY_TOLD);
            }
            self.sites[at].plan(ids);
        }
    }

    /// Whether one site is the centre of the others.
    pub(super) fn has_main(&self) -> bool {
        self.sites.iter().any(|site| site.is_main)
    }

    /// The topology.
    pub(super) fn name(&self) -> &str {
        &self.deployed.resolved.topology
    }

    /// A site by its name.
    pub(super) fn site(&self, name: &str) -> Option<&Site> {
        self.sites.iter().find(|site| site.name == name)
    }

    /// What leads from a site to others.
    pub(super) fn edges_from(&self, at: usize) -> impl Iterator<Item = &Edge> {
        let name = self.sites[at].name.as_str();
        let edges = self.deployed.resolved.edges.iter();
        edges.filter(move |edge| edge.from.site == name)
    }

    /// Plays what database servers do that replicate each other: each takes over what the others hold.
    pub(super) async fn replicate(&self) -> Result<(), LiveError> {
        let mut all = json!({});
        for _ in 0..2 {
            for site in &self.sites {
                all = replicate(site, &all).await?;
            }
        }
        Ok(())
    }
}
