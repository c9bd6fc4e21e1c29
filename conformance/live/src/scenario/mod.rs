//! What happens to a pattern on a cluster: installed, watched, upgraded, disturbed, removed.

mod change;
mod disruption;
mod endpoints;
mod install;
mod neighbours;
mod network;
mod observe;
mod plan;
mod prober;
mod removal;
mod scale;
mod story;
mod testing;
mod upgrade;
mod wait;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use am_conformance::facts::Facts;
use am_conformance::{Catalogue, Component};
use serde_json::{Value, json};

pub(crate) use plan::{Phase, planned};

use crate::api::Api;
use crate::error::LiveError;
use crate::helm::{Helm, Installation, overlay};
use crate::options::Images;
use crate::progress::{Progress, Timing};
use crate::record::{Fault, Place, Record};
use crate::values;
use wait::Waited;

/// What all patterns of a run share.
#[derive(Clone)]
pub(crate) struct Lab {
    pub(crate) api: Api,
    pub(crate) helm: Helm,
    pub(crate) facts: Arc<Facts>,
    pub(crate) catalogue: Catalogue,
    pub(crate) images: Images,
    pub(crate) progress: Arc<dyn Progress>,
    /// What the names of this run's namespaces start with.
    pub(crate) prefix: String,
}

/// One release on the cluster and what it should be.
#[derive(Debug, Clone)]
pub(crate) struct Release {
    pub(crate) name: String,
    pub(crate) chart: PathBuf,
    pub(crate) values: Value,
    /// Nodes of each component.
    pub(crate) nodes: BTreeMap<Component, usize>,
}

/// A pattern in its namespace.
pub(crate) struct Stage {
    pub(crate) lab: Lab,
    pub(crate) pattern: u8,
    pub(crate) namespace: String,
    /// Chart directories of this pattern, the oldest product version first.
    pub(crate) charts: Vec<(String, PathBuf)>,
    pub(crate) main: Release,
    pub(crate) record: Record,
    pub(crate) timings: Vec<Timing>,
    /// Edges expected and reached by the pattern as it is installed by default.
    pub(crate) edges: (usize, usize),
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
            values: values::harness(nodes.keys().copied()),
            nodes,
        };
        let record = Record::new(lab.catalogue.clone(), []);
        Self {
            lab,
            pattern,
            namespace,
            charts,
            main,
            record,
            timings: Vec::new(),
            edges: (0, 0),
        }
    }

    /// Goes through the phases in order. A phase that leaves the pattern in trouble ends the scenario; what was not
    /// judged by then is not green.
    pub(crate) async fn play(&mut self, phases: &[Phase]) -> Result<(), LiveError> {
        self.record = Record::new(self.lab.catalogue.clone(), planned(phases, self.pattern));
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
                break;
            }
        }
        Ok(())
    }

    async fn run(&mut self, phase: Phase) -> Result<bool, LiveError> {
        match phase {
            Phase::Install => install::run(self).await,
            Phase::Upgrade => upgrade::run(self).await,
            Phase::Wiring => observe::run(self).await,
            Phase::Endpoints => endpoints::run(self).await,
            Phase::Test => testing::run(self).await,
            Phase::Story => story::run(self).await,
            Phase::Scale => scale::run(self).await,
            Phase::Change => change::run(self).await,
            Phase::Disruption => disruption::run(self).await,
            Phase::Rollback => upgrade::roll_back(self).await,
            Phase::Neighbours => neighbours::run(self).await,
            Phase::Network => network::run(self).await,
            Phase::Removal => removal::run(self).await,
        }
    }

    /// The pattern's name in messages.
    pub(crate) fn about(&self) -> String {
        format!("am-pattern-{}", self.pattern)
    }

    pub(crate) fn say(&self, text: &str) {
        self.lab.progress.say(&self.about(), text);
    }

    pub(crate) fn passed(&mut self, requirement: &str) {
        self.record.passed(requirement, 1);
    }

    pub(crate) fn failed(&mut self, requirement: &str, fault: Fault) {
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

    /// What helm needs for a release, with more values over its own.
    pub(crate) fn installation(&self, release: &Release, more: &Value) -> Installation {
        let mut values = release.values.clone();
        values::merge(&mut values, more);
        Installation {
            release: release.name.clone(),
            namespace: self.namespace.clone(),
            chart: release.chart.clone(),
            values_files: vec![overlay(&release.chart, "dev")],
            values,
        }
    }

    /// `helm upgrade` of the main release with more values, then waits; what went wrong goes to `requirement`.
    pub(crate) async fn upgrade_main(
        &mut self,
        more: &Value,
        requirement: &str,
    ) -> Result<bool, LiveError> {
        let installation = self.installation(&self.main, more);
        let done = self.lab.helm.upgrade(&installation).await?;
        if !done.success {
            let fault = Fault::new(
                format!("helm upgrade fails: {}", done.output),
                "run the same helm upgrade by hand",
            );
            self.failed(requirement, fault);
            return Ok(false);
        }
        self.wait_for_main(requirement).await
    }

    /// Waits until the main release is ready; what keeps it from that goes to `requirement`.
    pub(crate) async fn wait_for_main(&mut self, requirement: &str) -> Result<bool, LiveError> {
        let release = self.main.clone();
        self.wait_for(&release, requirement).await
    }

    /// Waits until a release is ready; what keeps it from that goes to `requirement`.
    pub(crate) async fn wait_for(
        &mut self,
        release: &Release,
        requirement: &str,
    ) -> Result<bool, LiveError> {
        match wait::ready(self, release).await? {
            Waited::Ready => Ok(true),
            Waited::Trouble(why) => {
                let fault = Fault::new(
                    format!("release {} does not become ready:\n{why}", release.name),
                    "start with the first event or log line above",
                );
                self.failed(requirement, fault);
                Ok(false)
            }
        }
    }

    /// Removes the namespace; waiting is left to the cluster.
    pub(crate) async fn clean_up(&self) -> Result<(), LiveError> {
        let path = format!("/api/v1/namespaces/{}", self.namespace);
        self.lab.api.delete(&path).await
    }

    /// Makes the namespace, which enforces the restricted level of Pod Security.
    pub(crate) async fn make_namespace(&self) -> Result<(), LiveError> {
        make_namespace(&self.lab.api, &self.namespace).await
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

/// Makes a namespace that enforces the restricted level of Pod Security.
pub(crate) async fn make_namespace(api: &Api, name: &str) -> Result<(), LiveError> {
    let namespace = json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": name, "labels": {
            "pod-security.kubernetes.io/enforce": "restricted",
            "app.kubernetes.io/managed-by": "am-live",
        }},
    });
    match api.create("/api/v1/namespaces", &namespace).await? {
        Ok(_) => Ok(()),
        Err(refusal) => Err(LiveError::unavailable(
            format!("cannot make namespace {name}: {}", refusal.message),
            "remove what is left of an earlier run, or use an account that may make namespaces",
        )),
    }
}
