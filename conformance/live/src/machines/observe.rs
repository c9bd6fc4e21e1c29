//! Asks the stand-in of every node what it saw, and judges the wiring as on a cluster.

use std::collections::BTreeMap;
use std::time::Duration;

use am_standin::edge::Purpose;
use am_standin::observations::Observations;
use am_standin::settings::OBSERVATIONS_PORT;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::namespace::Namespace;
use super::site::Part;
use super::stage::Stage;
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;
use crate::topology::topology;
use crate::wiring::{self, Judgement, Observed};

const POLL: Duration = Duration::from_millis(500);
/// Stand-ins connect every second; what is not reached after this stays so.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a stand-in on a machine answers at its own port for the suite; `None` where it does not.
pub(super) async fn ask<T: DeserializeOwned>(
    stage: &Stage,
    machine: &Namespace,
    port: u16,
    path: &str,
    body: Option<&Value>,
) -> Result<Option<T>, LiveError> {
    let mut asking = machine
        .program(&stage.standin.to_string_lossy())
        .args(["curl", "-s", "-m", "5"]);
    if let Some(body) = body {
        asking = asking.arg("--data-binary").arg(body.to_string());
    }
    let asked = asking
        .arg(format!("http://127.0.0.1:{port}{path}"))
        .output()
        .await?;
    Ok(serde_json::from_slice(&asked.stdout).ok())
}

/// What the nodes tell that answer.
pub(super) async fn collect(stage: &Stage) -> Result<Vec<Observed>, LiveError> {
    collect_those(stage, |_| true).await
}

/// The same of certain nodes.
pub(super) async fn collect_those(
    stage: &Stage,
    are_meant: impl Fn(&Part) -> bool,
) -> Result<Vec<Observed>, LiveError> {
    let mut nodes = Vec::new();
    for host in &stage.site.hosts {
        for (part, port) in host.parts.iter().zip(OBSERVATIONS_PORT..) {
            if !are_meant(part) {
                continue;
            }
            let machine = stage.lab.get(&host.name)?;
            let told = ask::<Observations>(stage, machine, port, "/observations", None).await?;
            let Some(observations) = told else {
                continue;
            };
            nodes.push(Observed {
                component: part.component,
                pod: host.name.clone(),
                namespace: observations.identity.namespace.clone(),
                observations,
            });
        }
    }
    Ok(nodes)
}

/// Judges again and again until everything is reached, or patience ends; by connections that are made from now on: whatever was on its way
/// when this began does not count.
pub(super) async fn settled(stage: &Stage) -> Result<(Judgement, Vec<Observed>), LiveError> {
    const RENEWED: u64 = 2;
    let before = attempts(&collect(stage).await?);
    let mut waiting = Waiting::begin();
    let wanted = stage.site.parts().count();
    loop {
        let nodes = collect(stage).await?;
        let judgement = wiring::judge(&stage.facts, stage.wired_as, &nodes, &[]);
        let now = attempts(&nodes);
        let is_new = before
            .iter()
            .all(|(edge, count)| now.get(edge).is_none_or(|now| *now >= count + RENEWED));
        let done = is_new && judgement.faults.is_empty() && nodes.len() == wanted;
        if done || waiting.is_over(PATIENCE) {
            return Ok((judgement, nodes));
        }
        tokio::time::sleep(POLL).await;
    }
}

/// How often each process tried each of the addresses that are judged.
fn attempts(nodes: &[Observed]) -> BTreeMap<(String, u64, String, String), u64> {
    let mut counts = BTreeMap::new();
    for node in nodes {
        let edges = node.observations.edges.iter();
        for edge in edges.filter(|edge| edge.edge.purpose != Purpose::Other) {
            let place = (
                node.pod.clone(),
                node.observations.started_ms,
                edge.edge.key.clone(),
                edge.edge.url.clone(),
            );
            counts.insert(place, edge.attempts);
        }
    }
    counts
}

/// The phase: every edge of the wiring table, and who the nodes are.
pub(super) async fn wiring(stage: &mut Stage) -> Result<bool, LiveError> {
    let (judgement, nodes) = settled(stage).await?;
    stage.edges = (judgement.expected, judgement.reached);
    stage.say(&format!(
        "{} of {} edges of the wiring table reached",
        judgement.reached, judgement.expected
    ));
    let has_database = nodes.iter().any(|node| {
        let mut edges = node.observations.edges.iter();
        edges.any(|edge| edge.edge.purpose == Purpose::Database)
    });
    if !has_database {
        stage
            .record
            .not_applicable("AM-CONF-012", "every node has a database of its own");
    }
    stage.topology = topology(&stage.facts, &[], &nodes, &[]);
    for requirement in judgement.passed {
        stage.record.passed(&requirement, 1);
    }
    for (requirement, fault) in judgement.faults {
        stage.failed(&requirement, fault);
    }
    judge_identities(stage, &nodes);
    Ok(true)
}

/// Every node plays what the inventory says, in its version, with a configuration of its own.
pub(super) fn judge_identities(stage: &mut Stage, nodes: &[Observed]) {
    for node in nodes {
        let identity = &node.observations.identity;
        let place = (node.pod.clone(), node.component);
        let version = stage.releases.get(&place).cloned().unwrap_or_default();
        let unit = stage.site.unit(&place);
        let other_role = (identity.role.as_str() != node.component.name()).then(|| {
            Fault::new(
                format!("{unit} on {} runs the {}", node.pod, identity.role),
                "let the unit start the component's own script, from its own pack",
            )
        });
        stage.check("AM-DIST-001", &node.pod, other_role);
        let other_version = (identity.version != version).then(|| {
            Fault::new(
                format!(
                    "{unit} on {} runs {} instead of {version}",
                    node.pod, identity.version
                ),
                "let `current` lead to the pack of the inventory",
            )
        });
        stage.check("AM-DIST-004", &node.pod, other_version);
        // A server of apps on streams tells of its file the id alone.
        let streams = node.observations.story.streams.as_ref();
        let is_told = streams.is_some_and(|told| told.id == node.pod);
        let unconfigured = (node.observations.effective.is_empty() && !is_told).then(|| {
            Fault::new(
                format!("{unit} on {} found no configuration of its own", node.pod),
                "lay the overlay over its home",
            )
        });
        stage.check("AM-TOPO-004", &node.pod, unconfigured);
    }
}
