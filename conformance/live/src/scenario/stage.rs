//! A pattern in its namespace: goes through its phases and keeps what they learn.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use am_conformance::Component;
use am_conformance::facts::{Facts, Reach};
use am_conformance::report::Topology;
use serde_json::json;

use super::{
    Lab, Phase, Release, change, disruption, endpoints, install, make_namespace, neighbours,
    network, observe, outage, planned, policies, product_story, removal, restart, scale, story,
    testing, upgrade,
};
use crate::error::LiveError;
use crate::mask::Mask;
use crate::options::Images;
use crate::progress::Timing;
use crate::record::{Fault, Place, Record};
use crate::values;

/// The row of the wiring table by which components listen to event hubs.
const EVENT_LISTENING: &str = "AM-WIRE-011";

/// A pattern in its namespace.
pub(crate) struct Stage {
    pub(crate) lab: Lab,
    pub(crate) pattern: u8,
    pub(crate) namespace: String,
    pub(super) name: String,
    /// Chart directories of this pattern, the oldest product version first.
    pub(crate) charts: Vec<(String, PathBuf)>,
    pub(crate) main: Release,
    pub(crate) record: Record,
    pub(crate) timings: Vec<Timing>,
    /// Edges expected and reached by the pattern as it is installed by default.
    pub(crate) edges: (usize, usize),
    /// The pattern as its nodes see it.
    pub(crate) topology: Topology,
    pub(super) mask: Mask,
}

impl Stage {
    /// A stage for a pattern; nothing is on the cluster yet.
    pub(crate) fn new(lab: Lab, pattern: u8, name: &str, charts: Vec<(String, PathBuf)>) -> Self {
        let nodes = lab
            .facts
            .patterns
            .get(&pattern)
            .cloned()
            .unwrap_or_default();
        let namespace = format!("{}-{name}", lab.prefix);
        let newest = charts.last().map(|(_, chart)| chart.clone());
        let main = Release {
            name: "am".to_owned(),
            chart: newest.unwrap_or_default(),
            overlay: Some("dev"),
            values: values::harness(
                lab.images,
                nodes.keys().copied(),
                &hubs(&lab.facts, pattern),
                &listeners(&lab.facts, pattern),
            ),
            nodes,
        };
        let record = Record::new(lab.catalogue.clone(), []);
        Self {
            lab,
            pattern,
            namespace,
            name: format!("am-pattern-{pattern}"),
            charts,
            main,
            record,
            timings: Vec::new(),
            edges: (0, 0),
            topology: Topology::default(),
            mask: Mask::default(),
        }
    }

    /// Goes through the phases in order. A phase that leaves the pattern in trouble ends the scenario; what was not
    /// judged by then is not green.
    pub(crate) async fn play(&mut self, phases: &[Phase]) -> Result<(), LiveError> {
        let facts = Arc::clone(&self.lab.facts);
        self.record = Record::new(
            self.lab.catalogue.clone(),
            planned(&facts, phases, self.pattern),
        );
        for phase in phases {
            let start = Instant::now();
            let goes_on = self.run(*phase).await?;
            let took = start.elapsed();
            self.timings.push(Timing {
                about: self.about(),
                phase: phase.name().to_owned(),
                took,
            });
            let verdict = if goes_on { "done" } else { "in trouble" };
            self.say(&format!(
                "{}: {verdict} after {:.1} s",
                phase.name(),
                took.as_secs_f64()
            ));
            if !goes_on {
                self.diagnose(*phase, phases).await?;
                break;
            }
        }
        Ok(())
    }

    /// A pattern that does not come up may still tell why: a stand-in says what it cannot reach.
    async fn diagnose(&mut self, failed: Phase, phases: &[Phase]) -> Result<(), LiveError> {
        if failed == Phase::Install {
            for phase in [Phase::Wiring, Phase::Endpoints] {
                if phases.contains(&phase) {
                    self.run(phase).await?;
                }
            }
            if phases.contains(&Phase::Network) {
                let nodes = observe::collect(self, &self.main).await?;
                policies::judge(self, &nodes).await?;
            }
        }
        Ok(())
    }

    async fn run(&mut self, phase: Phase) -> Result<bool, LiveError> {
        if self.lab.images == Images::Real && phase.asks_standins() {
            let facts = Arc::clone(&self.lab.facts);
            for id in planned(&facts, &[phase], self.pattern) {
                self.record
                    .unsupported(id, "the vendor's images do not tell what they reached");
            }
            self.say(&format!(
                "{}: left out, because only stand-ins tell what they reached",
                phase.name()
            ));
            return Ok(true);
        }
        match phase {
            Phase::Install => install::run(self).await,
            Phase::Upgrade => upgrade::run(self).await,
            Phase::Wiring => observe::run(self).await,
            Phase::Endpoints => endpoints::run(self).await,
            Phase::Test => testing::run(self).await,
            Phase::Story => match self.lab.images {
                Images::Standin => story::run(self).await,
                Images::Real => product_story::run(self).await,
            },
            Phase::Scale => scale::run(self).await,
            Phase::Change => change::run(self).await,
            Phase::Disruption => disruption::run(self).await,
            Phase::Outage => outage::run(self).await,
            Phase::Restart => restart::run(self).await,
            Phase::Rollback => upgrade::roll_back(self).await,
            Phase::Neighbours => neighbours::run(self).await,
            Phase::Network => network::run(self).await,
            Phase::Removal => removal::run(self).await,
        }
    }

    /// Keeps nothing of the event hub's nodes on volumes, which many releases at once would wait for.
    #[must_use]
    pub(crate) fn without_volumes(mut self) -> Self {
        for hub in self.hubs() {
            let none = json!({values::key(hub): {"persistence": {"enabled": false}}});
            values::merge(&mut self.main.values, &none);
        }
        self
    }

    /// Gives the stage another name in messages than its pattern's.
    #[must_use]
    pub(crate) fn called(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// The stage's name in messages.
    pub(crate) fn about(&self) -> String {
        self.name.clone()
    }

    pub(crate) fn say(&self, text: &str) {
        self.lab.progress.say(&self.about(), text);
    }

    pub(crate) fn passed(&mut self, requirement: &str) {
        self.record.passed(requirement, 1);
    }

    pub(crate) fn failed(&mut self, requirement: &str, fault: Fault) {
        let fault = fault.masked(&self.mask);
        self.say(&format!("{requirement}: {}", fault.message));
        let place = Place {
            namespace: &self.namespace,
            release: &self.main.name,
        };
        self.record.failed(requirement, place, fault);
    }

    /// Passed when there is no fault.
    pub(crate) fn check(&mut self, requirement: &str, fault: Option<Fault>) {
        match fault {
            None => self.passed(requirement),
            Some(fault) => self.failed(requirement, fault),
        }
    }

    /// Removes the namespace, unless it is to be kept; waiting is left to the cluster.
    pub(crate) async fn clean_up(&self) -> Result<(), LiveError> {
        if self.lab.keep {
            return Ok(());
        }
        let path = format!("/api/v1/namespaces/{}", self.namespace);
        self.lab.api.delete(&path).await
    }

    /// Makes the namespace, which enforces the restricted level of Pod Security.
    pub(crate) async fn make_namespace(&self) -> Result<(), LiveError> {
        make_namespace(&self.lab.api, &self.namespace, &self.lab.prefix).await
    }

    /// The components that others listen to for events.
    pub(crate) fn hubs(&self) -> BTreeSet<Component> {
        hubs(&self.lab.facts, self.pattern)
    }

    /// Whether an event hub has several nodes.
    pub(crate) fn has_several_hubs(&self) -> bool {
        let hubs = self.hubs();
        let several = |hub: &Component| self.main.nodes.get(hub).is_some_and(|nodes| *nodes > 1);
        hubs.iter().any(several)
    }

    /// The components that name every node of the event hub to listen to.
    pub(crate) fn listeners_of_every_hub_node(&self) -> BTreeSet<Component> {
        self.lab
            .facts
            .edges
            .iter()
            .filter(|edge| edge.requirement == EVENT_LISTENING && edge.reach == Reach::EveryNode)
            .filter(|edge| edge.peers.contains_key(&self.pattern))
            .map(|edge| edge.on)
            .collect()
    }

    /// The component whose pods serve API traffic.
    pub(crate) fn gateway(&self) -> Component {
        if self.main.nodes.contains_key(&Component::Gateway) {
            Component::Gateway
        } else {
            Component::AllInOne
        }
    }
}

/// The components that listen to another one's event hub.
fn listeners(facts: &Facts, pattern: u8) -> BTreeSet<Component> {
    facts
        .edges
        .iter()
        .filter(|edge| edge.requirement == EVENT_LISTENING)
        .filter(|edge| {
            edge.peers
                .get(&pattern)
                .is_some_and(|peer| *peer != edge.on)
        })
        .map(|edge| edge.on)
        .collect()
}

/// The components of a pattern that others listen to for events.
fn hubs(facts: &Facts, pattern: u8) -> BTreeSet<Component> {
    facts
        .edges
        .iter()
        .filter(|edge| edge.requirement == EVENT_LISTENING)
        .filter_map(|edge| edge.peers.get(&pattern).copied())
        .collect()
}
