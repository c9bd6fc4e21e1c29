//! A deployment on both clusters, and what its phases need.

use std::sync::Arc;
use std::time::Instant;

use am_conformance::facts::Facts;
use am_conformance::suite::ChartDirectory;
use am_standin::edge::Purpose;
use serde_json::json;

use super::clusters::Clusters;
use super::crossing::{EVERYBODY_TOLD, ONE_NODE, judge_wiring};
use super::document::{Deployed, Edge};
use super::site::{Site, replicate};
use super::{centralised, geo_regional};
use crate::error::LiveError;
use crate::options::Options;
use crate::progress::Timing;
use crate::published::Generator;
use crate::scenario::{Phase as OfPattern, collect, planned};

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

    fn name(self) -> &'static str {
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
        generator: &Generator,
        charts: &[ChartDirectory],
        name: &str,
    ) -> Result<Self, LiveError> {
        let version = charts.first().map(|it| it.version.as_str());
        let placeholders = [("version", version.unwrap_or_default())];
        let deployed = Deployed::of(
            &options.workspace,
            generator,
            name,
            clusters.addresses().chain(placeholders),
        )?;
        let mut sites = Vec::new();
        let mut facts = None;
        for placed in &deployed.resolved.sites {
            let lab = clusters.lab(&placed.release.context)?;
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

    /// Goes through a phase, unless the deployment is in trouble.
    pub(super) async fn play(&mut self, phase: Phase) -> Result<(), LiveError> {
        if self.over {
            return Ok(());
        }
        let start = Instant::now();
        let goes_on = match phase {
            Phase::Install => self.install().await?,
            Phase::Wiring => {
                let right = judge_wiring(self).await?;
                self.without_database().await?;
                right
            }
            _ if self.has_main() => centralised::play(self, phase).await?,
            _ => geo_regional::play(self, phase).await?,
        };
        let took = start.elapsed();
        let verdict = if goes_on { "done" } else { "in trouble" };
        let about = self.name().to_owned();
        let progress = self.sites.first().map(|site| &site.stage.lab.progress);
        if let Some(progress) = progress {
            let seconds = took.as_secs_f64();
            let text = format!("{}: {verdict} after {seconds:.1} s", phase.name());
            progress.say(&about, &text);
        }
        self.timings.push(Timing {
            about,
            phase: phase.name().to_owned(),
            took,
        });
        self.over = !goes_on;
        Ok(())
    }

    /// In the order that the deployment's README gives, each when the one before is done.
    async fn install(&mut self) -> Result<bool, LiveError> {
        for site in &mut self.sites {
            if !site.install().await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn without_database(&mut self) -> Result<(), LiveError> {
        for site in &mut self.sites {
            let stage = &mut site.stage;
            let nodes = collect(stage, &stage.main).await?;
            let mut edges = nodes.iter().flat_map(|node| &node.observations.edges);
            if !edges.any(|edge| edge.edge.purpose == Purpose::Database) {
                let reason = "no component of the site has a database";
                stage.record.not_applicable("AM-CONF-012", reason);
            }
        }
        Ok(())
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
