//! How a site is played, from its installation to its end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use am_conformance::{Catalogue, Component};

use super::clients::{self, Client, judge_serving};
use super::plan::{Phase, planned};
use super::playbook::Recap;
use super::site::Site;
use super::stage::Stage;
use super::{identity_server, integrators, observe, ports};
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::progress::{Timing, ended};
use crate::record::{Fault, Record};
use crate::wiring::Observed;

/// A killed server is back within this; its unit waits a few seconds before it starts it again.
const RESTART_PATIENCE: Duration = Duration::from_secs(30);
/// Requests that may be lost of those that are on their way to a server that is killed.
const LOST_WITH_A_SERVER: usize = 3;

impl Stage {
    /// Goes through the phases. One that leaves the site in trouble is the last but for the wiring, which may tell why.
    pub(super) async fn play(
        &mut self,
        catalogue: &Catalogue,
        phases: &[Phase],
    ) -> Result<(), LiveError> {
        self.record = Record::new(
            catalogue.clone(),
            planned(&self.facts, phases, self.wired_as),
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
            self.say(&ended(phase.name(), goes_on, took));
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
            Phase::IdentityServer => identity_server::judge(self).await,
            Phase::Services => integrators::services::judge(self).await,
            Phase::Tenants => integrators::tenants::judge(self).await,
            Phase::Events => integrators::events::judge(self).await,
            Phase::Clusters => integrators::failure::judge(self).await,
            Phase::Again => self.again().await,
            Phase::Failure => self.failure().await,
            Phase::Move => self.move_address().await,
            Phase::Upgrade => self.upgrade().await,
            Phase::Rollback => self.roll_back().await,
        }
    }

    async fn install(&mut self) -> Result<bool, LiveError> {
        for (limit, is_first) in integrators::installations(&self.site) {
            let recap = self.playbook("install.yml", limit.as_deref()).await?;
            self.judge_playbook("AM-TOPO-001", "install.yml", &recap);
            if !recap.succeeded {
                return Ok(false);
            }
            if is_first {
                integrators::enrol(self).await?;
            }
        }
        Ok(true)
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
        let recap = self.playbook("install.yml", None).await?;
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

    /// The address that load balancers share goes to the second one: what it leads to is the same.
    async fn move_address(&mut self) -> Result<bool, LiveError> {
        let [from, to, ..] = &self.site.shared_by()[..] else {
            return Ok(true);
        };
        let address = &self.site.address;
        self.lab.move_address(address, &from.name, &to.name).await?;
        self.say(&format!("{address} is with {}", to.name));
        clients::judge(self).await?;
        observe::wiring(self).await
    }

    /// The next version, by the next tree's playbook.
    async fn upgrade(&mut self) -> Result<bool, LiveError> {
        let Some((_, folder)) = self.given.versions.last().cloned() else {
            return Ok(false);
        };
        self.site = Site::read(&folder, &self.given)?;
        let recap = self
            .replayed("upgrade.yml", "during the upgrade", &self.site.clone())
            .await?;
        Ok(recap.succeeded)
    }

    /// Back to the version before, by the playbook of the newer tree.
    async fn roll_back(&mut self) -> Result<bool, LiveError> {
        let Some((_, folder)) = self.given.versions.first().cloned() else {
            return Ok(false);
        };
        let before = Site::read(&folder, &self.given)?;
        let recap = self
            .replayed("rollback.yml", "during the rollback", &before)
            .await?;
        Ok(recap.succeeded)
    }

    /// A playbook that replaces what runs by what a tree says, while clients ask. Where there are clusters of integrators it is they that
    /// move: what happens to API Manager's nodes, the examples without show.
    async fn replayed(
        &mut self,
        playbook: &str,
        while_what: &str,
        to: &Site,
    ) -> Result<Recap, LiveError> {
        let moving = integrators::moving(to);
        let client = Client::start(self)?;
        let limit = integrators::groups(&moving);
        let recap = self.playbook(playbook, limit.as_deref()).await?;
        let watched = client.end().await?;
        self.judge_playbook("AM-UPG-002", playbook, &recap);
        judge_serving(self, &watched, while_what, 0);
        let moves = |host: &str| moving.is_empty() || moving.iter().any(|it| it.runs_on(host));
        let releases = to.releases().filter(|((host, _), _)| moves(host));
        self.releases.extend(releases);
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
