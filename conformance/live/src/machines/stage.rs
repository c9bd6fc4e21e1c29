//! A site that is played, from its installation to its end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use am_conformance::facts::Facts;
use am_conformance::report::Topology;
use am_conformance::{Catalogue, Component};

use super::clients::{self, Client, judge_serving};
use super::lab::Lab;
use super::plan::{Phase, planned};
use super::playbook::{Ansible, Recap};
use super::site::{MachineSite, Site};
use super::{observe, ports};
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::progress::{Progress, Timing};
use crate::record::{Fault, Place, Record};
use crate::wiring::Observed;

/// A killed server is back within this; its unit waits a few seconds before it starts it again.
const RESTART_PATIENCE: Duration = Duration::from_secs(30);
/// Requests that may be lost of those that are on their way to a server that is killed.
const LOST_WITH_A_SERVER: usize = 3;

/// A site, its machines, and what was learned of them.
pub(super) struct Stage {
    pub(super) given: MachineSite,
    /// The tree of the version that is installed.
    pub(super) site: Site,
    pub(super) version: String,
    pub(super) lab: Lab,
    pub(super) standin: PathBuf,
    pub(super) ansible: Ansible,
    pub(super) packs: PathBuf,
    pub(super) facts: Arc<Facts>,
    pub(super) progress: Arc<dyn Progress>,
    pub(super) record: Record,
    pub(super) timings: Vec<Timing>,
    pub(super) edges: (usize, usize),
    pub(super) topology: Topology,
}

impl Stage {
    /// Goes through the phases. One that leaves the site in trouble is the last but for the wiring, which may tell why.
    pub(super) async fn play(
        &mut self,
        catalogue: &Catalogue,
        phases: &[Phase],
    ) -> Result<(), LiveError> {
        self.record = Record::new(
            catalogue.clone(),
            planned(&self.facts, phases, self.given.pattern),
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
                if *phase == Phase::Install {
                    self.judge_nodes().await?;
                    observe::wiring(self).await?;
                }
                break;
            }
        }
        Ok(())
    }

    pub(super) async fn run(&mut self, phase: Phase) -> Result<bool, LiveError> {
        match phase {
            Phase::Install => self.install().await,
            Phase::Nodes => self.judge_nodes().await,
            Phase::Wiring => observe::wiring(self).await,
            Phase::Endpoints => clients::judge(self).await,
            Phase::Firewall => ports::judge(self).await,
            Phase::Again => self.again().await,
            Phase::Failure => self.failure().await,
            Phase::Upgrade => self.upgrade().await,
            Phase::Rollback => self.roll_back().await,
        }
    }

    async fn playbook(&self, name: &str) -> Result<Recap, LiveError> {
        let on = (&self.site, &self.lab, self.packs.as_path());
        self.ansible.play(name, on, &[]).await
    }

    /// Lays the files of one host again; whatever came of it, phases judge.
    pub(super) async fn lay(&self, host: &str) -> Result<(), LiveError> {
        let on = (&self.site, &self.lab, self.packs.as_path());
        let recap = self
            .ansible
            .play("install.yml", on, &["--limit", host])
            .await?;
        if !recap.succeeded {
            self.say(&format!("install.yml fails on {host}"));
        }
        Ok(())
    }

    async fn install(&mut self) -> Result<bool, LiveError> {
        let recap = self.playbook("install.yml").await?;
        self.judge_playbook("AM-TOPO-001", "install.yml", &recap);
        Ok(recap.succeeded)
    }

    /// Every node is there and ready.
    async fn judge_nodes(&mut self) -> Result<bool, LiveError> {
        let nodes = observe::collect(self).await?;
        for (host, part) in self.site.clone().parts() {
            let is_ready = nodes.iter().any(|node| {
                node.pod == host.name && node.component == part.component && node.observations.ready
            });
            let fault = (!is_ready).then(|| {
                Fault::new(
                    format!(
                        "{} on {} is not ready after the playbook",
                        part.unit(),
                        host.name
                    ),
                    "look at its log",
                )
            });
            self.check("AM-TOPO-002", &host.name, fault);
        }
        Ok(true)
    }

    /// A second run of the playbook finds nothing to do.
    async fn again(&mut self) -> Result<bool, LiveError> {
        let recap = self.playbook("install.yml").await?;
        self.judge_playbook("AM-UPG-005", "install.yml, the second time,", &recap);
        let total: usize = recap.changed.values().sum();
        let fault = (total > 0).then(|| {
            Fault::new(
                format!(
                    "a second run of install.yml changes something: {}",
                    recap.tasks.join(", ")
                ),
                "let its tasks tell what is there already",
            )
        });
        self.say(&format!("second run of the playbook: changed={total}"));
        self.check("AM-UPG-005", "ansible", fault);
        Ok(recap.succeeded)
    }

    /// The first node of every component that has several is killed: the others serve, and its unit brings it back.
    async fn failure(&mut self) -> Result<bool, LiveError> {
        let client = Client::start(self)?;
        let started = starts(&observe::collect(self).await?);
        let mut killed = Vec::new();
        for (host, part) in self.site.parts() {
            let nodes = self.site.nodes(part.component);
            if nodes.len() > 1 && nodes.first().is_some_and(|first| first.name == host.name) {
                let script = format!(
                    "main=$(systemctl show {} | sed -n s/^MainPID=//p); pkill -KILL --parent \"$main\"",
                    part.unit()
                );
                self.lab.get(&host.name)?.script(&script).run().await?;
                killed.push((host.name.clone(), part.clone()));
            }
        }
        let mut waiting = Waiting::begin();
        let mut back = BTreeSet::new();
        while back.len() < killed.len() && !waiting.is_over(RESTART_PATIENCE) {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let ready = observe::collect(self).await?;
            let ready: Vec<_> = ready
                .into_iter()
                .filter(|node| node.observations.ready)
                .collect();
            let now = starts(&ready);
            // Another process, and not the one that nothing happened to.
            back = killed
                .iter()
                .map(|(host, part)| (host.clone(), part.component))
                .filter(|node| {
                    now.get(node)
                        .is_some_and(|now| started.get(node) != Some(now))
                })
                .collect();
        }
        let watched = client.end().await?;
        for (host, part) in &killed {
            let is_back = back.contains(&(host.clone(), part.component));
            let fault = (!is_back).then(|| {
                Fault::new(
                    format!(
                        "{} on {host} does not come back after its server was killed",
                        part.unit()
                    ),
                    "let the unit say `Restart=on-failure`",
                )
            });
            self.check("AM-OPS-001", host, fault);
        }
        judge_serving(
            self,
            &watched,
            "while a node of each component was killed",
            LOST_WITH_A_SERVER,
        );
        Ok(back.len() == killed.len())
    }

    /// The next version, by the next tree's playbook.
    async fn upgrade(&mut self) -> Result<bool, LiveError> {
        let Some((version, folder)) = self.given.versions.last().cloned() else {
            return Ok(false);
        };
        self.site = Site::read(&folder, &self.given)?;
        let recap = self
            .replayed("upgrade.yml", "during the upgrade", &version)
            .await?;
        Ok(recap.succeeded)
    }

    /// Back to the version before, by the playbook of the newer tree.
    async fn roll_back(&mut self) -> Result<bool, LiveError> {
        let Some((version, _)) = self.given.versions.first().cloned() else {
            return Ok(false);
        };
        let recap = self
            .replayed("rollback.yml", "during the rollback", &version)
            .await?;
        Ok(recap.succeeded)
    }

    /// A playbook that replaces what runs, while clients ask.
    async fn replayed(
        &mut self,
        playbook: &str,
        while_what: &str,
        version: &str,
    ) -> Result<Recap, LiveError> {
        let client = Client::start(self)?;
        let recap = self.playbook(playbook).await?;
        let watched = client.end().await?;
        self.judge_playbook("AM-UPG-002", playbook, &recap);
        judge_serving(self, &watched, while_what, 0);
        version.clone_into(&mut self.version);
        let (judgement, nodes) = observe::settled(self).await?;
        for (requirement, fault) in judgement.faults {
            self.failed(&requirement, fault);
        }
        observe::judge_identities(self, &nodes);
        Ok(recap)
    }

    fn judge_playbook(&mut self, requirement: &str, playbook: &str, recap: &Recap) {
        let fault = (!recap.succeeded).then(|| {
            Fault::new(
                format!("{playbook} fails: {}", recap.tail),
                "see what the task says",
            )
        });
        self.check(requirement, "ansible", fault);
    }

    /// Writes down that something of a host was looked at, and what is wrong with it.
    pub(super) fn check(&mut self, requirement: &str, host: &str, fault: Option<Fault>) {
        match fault {
            None => self.record.passed(requirement, 1),
            Some(fault) => self.failed(requirement, fault.at("Host", host)),
        }
    }

    /// Writes down what is wrong. Nodes are hosts here, whatever they are called on clusters.
    pub(super) fn failed(&mut self, requirement: &str, mut fault: Fault) {
        if let Some((kind, _)) = &mut fault.object {
            *kind = "Host";
        }
        self.say(&format!("{requirement}: {}", fault.message));
        let about = self.about();
        let place = Place {
            namespace: "",
            release: &about,
        };
        self.record.failed(requirement, place, fault);
    }

    /// The host that public names lead to.
    pub(super) fn entrance(&self) -> String {
        let first = self
            .site
            .load_balancers()
            .next()
            .or_else(|| self.site.hosts.first());
        first.map(|host| host.name.clone()).unwrap_or_default()
    }

    pub(super) fn say(&self, text: &str) {
        self.progress.say(&self.about(), text);
    }

    pub(super) fn about(&self) -> String {
        format!("machines-{}", self.given.pattern)
    }
}

/// When the process of each node started.
fn starts(nodes: &[Observed]) -> BTreeMap<(String, Component), u64> {
    nodes
        .iter()
        .map(|node| {
            (
                (node.pod.clone(), node.component),
                node.observations.started_ms,
            )
        })
        .collect()
}
