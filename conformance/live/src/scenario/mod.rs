//! What happens to a pattern on a cluster: installed, watched, upgraded, disturbed, removed.

mod change;
mod disruption;
mod endpoints;
mod install;
mod neighbours;
mod network;
mod observe;
mod plan;
mod policies;
mod prober;
mod removal;
mod revision;
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
use am_conformance::report::Topology;
use am_conformance::{Catalogue, Component};
use serde_json::{Value, json};

pub(crate) use plan::{Phase, phases_for, planned};

use crate::api::Api;
use crate::error::LiveError;
use crate::helm::{Helm, HelmResult, Installation, overlay};
use crate::mask::Mask;
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
    /// Leave namespaces behind.
    pub(crate) keep: bool,
}

/// One release on the cluster and what it should be.
#[derive(Debug, Clone)]
pub(crate) struct Release {
    pub(crate) name: String,
    pub(crate) chart: PathBuf,
    /// Overlay of the chart, if any.
    pub(crate) overlay: Option<&'static str>,
    pub(crate) values: Value,
    /// Nodes of each component.
    pub(crate) nodes: BTreeMap<Component, usize>,
}

/// A pattern in its namespace.
pub(crate) struct Stage {
    pub(crate) lab: Lab,
    pub(crate) pattern: u8,
    pub(crate) namespace: String,
    name: String,
    /// Chart directories of this pattern, the oldest product version first.
    pub(crate) charts: Vec<(String, PathBuf)>,
    pub(crate) main: Release,
    pub(crate) record: Record,
    pub(crate) timings: Vec<Timing>,
    /// Edges expected and reached by the pattern as it is installed by default.
    pub(crate) edges: (usize, usize),
    /// The pattern as its nodes see it.
    pub(crate) topology: Topology,
    mask: Mask,
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
            values: values::harness(lab.images, nodes.keys().copied()),
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

    /// What helm needs for a release, with more values over its own.
    pub(crate) fn installation(&self, release: &Release, more: &Value) -> Installation {
        let mut values = release.values.clone();
        values::merge(&mut values, more);
        Installation {
            release: release.name.clone(),
            namespace: self.namespace.clone(),
            chart: release.chart.clone(),
            values_files: release
                .overlay
                .map(|name| overlay(&release.chart, name))
                .into_iter()
                .collect(),
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
            self.helm_failed("upgrade", &done, requirement).await?;
            return Ok(false);
        }
        self.wait_for_main(requirement).await
    }

    /// What helm was not content with goes to `requirement`, unless it is the API server that went away.
    pub(crate) async fn helm_failed(
        &mut self,
        what: &str,
        done: &HelmResult,
        requirement: &str,
    ) -> Result<(), LiveError> {
        self.lab.api.get("/version").await?;
        self.learn_secrets().await?;
        let fault = Fault::new(
            format!("helm {what} fails: {}", done.output),
            format!("run the same helm {what} by hand"),
        );
        self.failed(requirement, fault);
        Ok(())
    }

    /// Messages from here on show no value of the namespace's Secrets.
    async fn learn_secrets(&mut self) -> Result<(), LiveError> {
        let path = format!("/api/v1/namespaces/{}/secrets", self.namespace);
        self.mask.learn(&self.lab.api.list(&path).await?);
        Ok(())
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
                self.learn_secrets().await?;
                let fault = Fault::new(
                    format!("release {} does not become ready:\n{why}", release.name),
                    "start with the first event or log line above",
                );
                self.failed(requirement, fault);
                Ok(false)
            }
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

    /// The component whose pods serve API traffic.
    pub(crate) fn gateway(&self) -> Component {
        if self.main.nodes.contains_key(&Component::Gateway) {
            Component::Gateway
        } else {
            Component::AllInOne
        }
    }
}

/// The label that says which run a namespace belongs to.
pub(crate) const RUN_LABEL: &str = "am-live/run";

/// Makes a namespace of a run, which enforces the restricted level of Pod Security.
pub(crate) async fn make_namespace(api: &Api, name: &str, run: &str) -> Result<(), LiveError> {
    let namespace = json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": name, "labels": {
            "pod-security.kubernetes.io/enforce": "restricted",
            "app.kubernetes.io/managed-by": "am-live",
            RUN_LABEL: run,
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
