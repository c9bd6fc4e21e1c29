//! A pattern in its namespace, and what its phases learn of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use am_conformance::component::{Capability, Component};
use am_conformance::facts::{EdgeFact, Facts, Reach};
use am_conformance::report::Topology;
use am_product::Pattern;
use am_standin::observations::Observations;
use am_standin::settings::OBSERVATIONS_PORT;
use serde_json::{Value, json};

use super::production::{DatabaseServer, Kind};
use super::{Lab, Release, make_namespace};
use crate::cluster::Operators;
use crate::elsewhere::{merged, narrowed, switched_off};
use crate::error::LiveError;
use crate::mask::Mask;
use crate::progress::Timing;
use crate::record::{Fault, Place, Record};
use crate::values;

/// The row of the wiring table by which components listen to event hubs.
const EVENT_LISTENING: &str = "AM-WIRE-011";

/// Why phases that call APIs have nothing to do.
pub(super) const NO_GATEWAY: &str = "nothing of the pattern serves API traffic";

/// A pattern in its namespace.
pub(crate) struct Stage {
    pub(crate) lab: Lab,
    pub(crate) pattern: Pattern,
    pub(crate) namespace: String,
    pub(super) name: String,
    /// Chart directories of this pattern, the oldest product version first.
    pub(crate) charts: Vec<(String, PathBuf)>,
    pub(crate) main: Release,
    /// The real database that the release is to work with, and its server once it runs.
    pub(super) wanted_database: Option<Kind>,
    pub(super) database: Option<DatabaseServer>,
    /// The operators that the release works with, once it does.
    pub(super) operators: Option<Operators>,
    /// Secrets that the namespace holds before the release.
    secrets: Vec<Value>,
    /// What the release is given besides the suite's own values.
    pub(crate) given: Value,
    /// What the release's stand-ins are told besides the suite's own variables.
    pub(super) variables: BTreeMap<String, String>,
    /// Rows of the wiring table that lead to components which run elsewhere.
    pub(crate) away: Vec<EdgeFact>,
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
    pub(crate) fn new(
        lab: Lab,
        pattern: Pattern,
        name: &str,
        charts: Vec<(String, PathBuf)>,
    ) -> Self {
        let namespace = format!("{}-{name}", lab.prefix);
        let newest = charts.last().map(|(_, chart)| chart.clone());
        let main = Release {
            name: "am".to_owned(),
            chart: newest.unwrap_or_default(),
            overlay: Some("dev"),
            values_files: Vec::new(),
            values: Value::Null,
            nodes: BTreeMap::new(),
        };
        let given = merged(&main.chart, main.overlay, &main.values);
        Self::of_release(lab, pattern, namespace, charts, main, &given)
    }

    /// A stage for a release, which is `given` these values by its files; nothing is on the cluster yet.
    pub(crate) fn of_release(
        mut lab: Lab,
        pattern: Pattern,
        namespace: String,
        charts: Vec<(String, PathBuf)>,
        mut main: Release,
        given: &Value,
    ) -> Self {
        let elsewhere = switched_off(&lab.facts, pattern, given);
        let (facts, away) = narrowed(&lab.facts, pattern, &elsewhere);
        lab.facts = Arc::new(facts);
        let of_pattern = lab.facts.patterns.get(&pattern).cloned();
        if main.nodes.is_empty() {
            main.nodes = of_pattern.unwrap_or_default();
        }
        let record = Record::new(lab.catalogue.clone(), []);
        let mut stage = Self {
            lab,
            pattern,
            namespace,
            name: pattern.chart(),
            charts,
            main,
            wanted_database: None,
            database: None,
            operators: None,
            secrets: Vec::new(),
            given: Value::Null,
            variables: BTreeMap::new(),
            away,
            record,
            timings: Vec::new(),
            edges: (0, 0),
            topology: Topology::default(),
            mask: Mask::default(),
        };
        stage.main.values = stage.own_values();
        stage
    }

    /// The values that the suite adds to the chart's own.
    fn own_values(&self) -> Value {
        values::harness(
            self.lab.images,
            self.main.nodes.keys().copied(),
            &self.hubs(),
            &listeners(&self.lab.facts, self.pattern),
            &self.variables,
        )
    }

    /// Tells every stand-in of the release more than the suite's own variables.
    #[must_use]
    pub(crate) fn with_variables(mut self, variables: &BTreeMap<String, String>) -> Self {
        self.variables.clone_from(variables);
        let own = self.own_values();
        values::merge(&mut self.main.values, &own);
        self
    }

    /// Gives the release more values than the suite's own.
    #[must_use]
    pub(crate) fn with_values(mut self, more: &Value) -> Self {
        values::merge(&mut self.main.values, more);
        values::merge(&mut self.given, more);
        self
    }

    /// Puts Secrets into the namespace before the release comes, each with the texts of its keys.
    #[must_use]
    pub(crate) fn with_secrets(
        mut self,
        secrets: &BTreeMap<String, BTreeMap<String, String>>,
    ) -> Self {
        self.secrets.extend(secrets.iter().map(|(name, texts)| {
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": texts})
        }));
        self
    }

    /// Keeps nothing of the event hub's nodes on volumes, which many releases at once would wait for.
    #[must_use]
    pub(crate) fn without_volumes(mut self) -> Self {
        for hub in self.hubs() {
            let none = json!({hub.values_key(): {"persistence": {"enabled": false}}});
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

    /// Removes a pod at once, without the time that it has to stop.
    pub(crate) async fn kill(&self, pod: &str) -> Result<(), LiveError> {
        let path = format!(
            "/api/v1/namespaces/{}/pods/{pod}?gracePeriodSeconds=0",
            self.namespace
        );
        self.lab.api.delete(&path).await
    }

    /// What the stand-in in a pod saw; `None` when it does not answer yet.
    pub(crate) async fn observations(&self, pod: &str) -> Result<Option<Observations>, LiveError> {
        let answer = self.lab.api.ask_pod(
            &self.namespace,
            pod,
            OBSERVATIONS_PORT,
            "/observations",
            None,
        );
        let Some(answer) = answer.await? else {
            return Ok(None);
        };
        let told = serde_json::from_value(answer).map_err(|error| {
            LiveError::unavailable(
                format!("what {pod} tells cannot be read: {error}"),
                "load the images that this build makes",
            )
        })?;
        Ok(Some(told))
    }

    /// The claims of the namespace.
    pub(crate) async fn claims(&self) -> Result<Vec<Value>, LiveError> {
        let path = format!(
            "/api/v1/namespaces/{}/persistentvolumeclaims",
            self.namespace
        );
        self.lab.api.list(&path).await
    }

    /// Removes the namespace, unless it is to be kept; waiting is left to the cluster.
    pub(crate) async fn clean_up(&self) -> Result<(), LiveError> {
        if self.lab.keep {
            return Ok(());
        }
        let path = format!("/api/v1/namespaces/{}", self.namespace);
        self.lab.api.delete(&path).await
    }

    /// Makes the namespace, which enforces the restricted level of Pod Security, and the Secrets that are there before.
    pub(crate) async fn make_namespace(&self) -> Result<(), LiveError> {
        make_namespace(&self.lab.api, &self.namespace, &self.lab.prefix).await?;
        let path = format!("/api/v1/namespaces/{}/secrets", self.namespace);
        for secret in &self.secrets {
            if let Err(refusal) = self.lab.api.create(&path, secret).await? {
                return Err(LiveError::unavailable(
                    format!("cannot make a Secret: {}", refusal.message),
                    "use an account that may make Secrets",
                ));
            }
        }
        Ok(())
    }

    /// The components that others listen to for events.
    pub(crate) fn hubs(&self) -> BTreeSet<Component> {
        self.lab
            .facts
            .edges
            .iter()
            .filter(|edge| edge.requirement == EVENT_LISTENING)
            .filter_map(|edge| edge.peers.get(&self.pattern).copied())
            .collect()
    }

    /// Whether the event hub that components here listen to runs elsewhere.
    pub(crate) fn hears_from_elsewhere(&self) -> bool {
        let mut away = self.away.iter();
        away.any(|edge| edge.requirement == EVENT_LISTENING)
    }

    /// Why nothing that an event hub tells can be judged, if it cannot.
    pub(crate) fn no_hub(&self) -> &'static str {
        if self.hears_from_elsewhere() {
            "the event hub runs elsewhere"
        } else {
            "nobody listens to another server"
        }
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

    /// The component whose pods serve API traffic, if one does.
    pub(crate) fn gateway(&self) -> Option<Component> {
        let serves = |component: &&Component| component.has(Capability::ServesTraffic);
        let mut serving: Vec<Component> = self.main.nodes.keys().filter(serves).copied().collect();
        // Where some manage APIs as well, the others are the gateways.
        serving.sort_by_key(|component| component.has(Capability::Portals));
        serving.first().copied()
    }
}

/// The components that listen to another one's event hub.
fn listeners(facts: &Facts, pattern: Pattern) -> BTreeSet<Component> {
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
