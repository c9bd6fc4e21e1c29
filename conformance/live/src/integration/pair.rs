//! Of two servers of apps on streams one is active: it alone takes events, and when it is gone the other goes on where it was.

use std::collections::BTreeSet;
use std::time::Duration;

use am_conformance::component::Capability;
use am_standin::observations::StreamsObservation;
use am_standin::ports::{Port, Service};
use serde_json::{Value, json};

use super::catalogue::gateways;
use super::cluster::Cluster;
use super::deployment::Deployment;
use crate::api::text;
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;
use crate::scenario::{Stage, ask, collect};
use crate::wiring::Observed;

/// Nodes of a pair know each other.
const KNOW_EACH_OTHER: &str = "AM-INT-009";
/// Events go to the active one.
const TO_THE_ACTIVE: &str = "AM-INT-010";
pub(super) const REQUIREMENTS: [&str; 2] = [KNOW_EACH_OTHER, TO_THE_ACTIVE];

const POLL: Duration = Duration::from_millis(300);
/// How long a pair may take to agree: a few beats.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long both must be the same before that is believed: a node that starts may be active for a beat.
const SETTLED: Duration = Duration::from_secs(7);
/// When the active node dies, after the first event.
const AFTER: Duration = Duration::from_secs(1);
/// Milliseconds for which a sender tries one event.
const OF_AN_EVENT: u64 = 40_000;

pub(super) async fn judge(deployment: &mut Deployment) -> Result<bool, LiveError> {
    let clusters = deployment.clusters_that(Capability::Streams);
    for cluster in &clusters {
        let Some(active) = agreed(deployment, cluster).await? else {
            return Ok(true);
        };
        judge_events(deployment, cluster, &active).await?;
    }
    // One cluster shows what happens next: the charts of all are the same.
    if let Some(cluster) = clusters.first() {
        return take_over(deployment, cluster).await;
    }
    Ok(true)
}

fn told(node: &Observed) -> StreamsObservation {
    node.observations.story.streams.clone().unwrap_or_default()
}

/// Waits until one node is active and stays so; otherwise that is a fault.
pub(super) async fn agreed(
    deployment: &mut Deployment,
    cluster: &Cluster,
) -> Result<Option<String>, LiveError> {
    let stage = &mut deployment.stage;
    let (mut waiting, mut same) = (Waiting::begin(), Waiting::begin());
    let mut last = BTreeSet::new();
    loop {
        let nodes = collect(stage, &cluster.release).await?;
        let active = nodes.iter().filter(|node| told(node).active);
        let active: BTreeSet<String> = active.map(|node| node.pod.clone()).collect();
        if active != last {
            last.clone_from(&active);
            same = Waiting::begin();
        }
        if same.is_over(SETTLED) && active.len() == 1 {
            stage.passed(KNOW_EACH_OTHER);
            return Ok(active.into_iter().next());
        }
        if waiting.is_over(PATIENCE) {
            let fault = not_one(&nodes, &active);
            stage.failed(KNOW_EACH_OTHER, fault);
            return Ok(None);
        }
        tokio::time::sleep(POLL).await;
    }
}

fn not_one(nodes: &[Observed], active: &BTreeSet<String>) -> Fault {
    let help = "let the nodes beat in one database, in one group, each with an id of its own";
    let about = nodes.iter().map(|node| {
        let told = told(node);
        let error = told.last_error.map(|it| format!(", and says: {it}"));
        format!(
            "{} has the id {}{}",
            node.pod,
            told.id,
            error.unwrap_or_default()
        )
    });
    let about = about.collect::<Vec<_>>().join("; ");
    let who = active.iter().cloned().collect::<Vec<_>>().join(" and ");
    let message = if active.len() > 1 {
        format!("{who} are active at once ({about})")
    } else {
        format!("no node becomes active, or not for long ({about})")
    };
    let pod = active.first().or(nodes.first().map(|node| &node.pod));
    let fault = Fault::new(message, help);
    match pod {
        Some(pod) => fault.at("Pod", pod),
        None => fault,
    }
}

/// A sender that lists both nodes reaches the active one, whose sources alone are open.
async fn judge_events(
    deployment: &mut Deployment,
    cluster: &Cluster,
    active: &str,
) -> Result<(), LiveError> {
    let stage = &mut deployment.stage;
    let prefix = format!("{}-first", cluster.release.name);
    let Some(sent) = send(stage, cluster, &prefix, 10, 20).await? else {
        return Ok(());
    };
    let wrong = sent.taken.iter().find(|(_, by)| by != active);
    let fault = match (wrong, sent.lost.first()) {
        (Some((event, by)), _) => {
            let message = format!("{by} takes {event}, and {active} is the active node");
            Some(Fault::new(message, "close the sources of the passive node").at("Pod", by))
        }
        (None, Some(event)) => {
            let message = format!("{event} is taken by no node of {}", cluster.about());
            let help =
                "let a Service of each node lead to its sources, and the policies allow the way";
            Some(Fault::new(message, help).at("Pod", active))
        }
        (None, None) => None,
    };
    stage.check(TO_THE_ACTIVE, fault);
    judge_copies(stage, cluster, &sent, active).await
}

/// What the active node took, the other one knows.
async fn judge_copies(
    stage: &mut Stage,
    cluster: &Cluster,
    sent: &Sent,
    active: &str,
) -> Result<(), LiveError> {
    for node in collect(stage, &cluster.release).await? {
        if node.pod == active {
            continue;
        }
        let copied: BTreeSet<String> = told(&node).copied.into_iter().collect();
        let mut taken = sent.taken.iter().filter(|(_, by)| by == active);
        let missing = taken.find(|(event, _)| !copied.contains(event));
        let fault = missing.map(|(event, by)| {
            let message = format!("{} is not told of {event}, which {by} took", node.pod);
            let help = "let each node advertise its own address, and the policies allow the port between them";
            Fault::new(message, help).at("Pod", &node.pod).peer(by)
        });
        stage.check(KNOW_EACH_OTHER, fault);
    }
    Ok(())
}

/// The active node dies while events are sent.
async fn take_over(deployment: &mut Deployment, cluster: &Cluster) -> Result<bool, LiveError> {
    let Some(active) = agreed(deployment, cluster).await? else {
        return Ok(true);
    };
    let stage = &mut deployment.stage;
    let prefix = format!("{}-second", cluster.release.name);
    let dies = async {
        tokio::time::sleep(AFTER).await;
        stage.kill(&active).await
    };
    let watched = std::sync::Mutex::new(None);
    let over = std::sync::atomic::AtomicBool::new(false);
    let watch = async {
        while !over.load(std::sync::atomic::Ordering::Relaxed) {
            let nodes = collect(stage, &cluster.release).await?;
            let active = nodes.iter().filter(|node| told(node).active);
            let active: BTreeSet<String> = active.map(|node| node.pod.clone()).collect();
            if active.len() > 1 {
                let fault = not_one(&nodes, &active);
                watched
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .get_or_insert(fault);
            }
            tokio::time::sleep(POLL).await;
        }
        Ok::<_, LiveError>(())
    };
    let sends = async {
        let sent = send(stage, cluster, &prefix, 100, 100).await;
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        sent
    };
    let (sent, (), ()) = tokio::try_join!(sends, dies, watch)?;
    let both = watched.into_inner().unwrap_or_default();
    stage.check(KNOW_EACH_OTHER, both);
    let Some(sent) = sent else {
        return Ok(true);
    };
    let after = sent.taken.iter().filter(|(_, by)| *by != active).count();
    let fault = if let Some(event) = sent.lost.first() {
        let message = format!(
            "after {active} died, {event} is taken by no node: {} of {} events are lost",
            sent.lost.len(),
            sent.lost.len() + sent.taken.len()
        );
        Some(Fault::new(message, "let the passive node take over").at("Pod", &active))
    } else if after == 0 {
        let message = format!("{active} died, and no event is taken by the other node");
        Some(Fault::new(message, "let the passive node take over").at("Pod", &active))
    } else {
        None
    };
    stage.check(TO_THE_ACTIVE, fault);
    let text = format!(
        "when {active} died, {} events went on at the other node, {} were lost; a sender was refused {} times",
        after,
        sent.lost.len(),
        sent.refusals
    );
    deployment.note(text);
    if !deployment
        .stage
        .wait_for(&cluster.release, KNOW_EACH_OTHER)
        .await?
    {
        return Ok(false);
    }
    agreed(deployment, cluster).await?;
    Ok(true)
}

/// What became of events.
#[derive(Debug, Default)]
struct Sent {
    /// Each with the pod that took it.
    taken: Vec<(String, String)>,
    lost: Vec<String>,
    refusals: u64,
}

/// Sends events from a gateway's pod to whichever node takes them.
async fn send(
    stage: &Stage,
    cluster: &Cluster,
    prefix: &str,
    count: u32,
    pause: u64,
) -> Result<Option<Sent>, LiveError> {
    let nodes = collect(stage, &cluster.release).await?;
    let is_source = |port: &&Port| port.service == Service::Source && !port.tls;
    let port = nodes
        .first()
        .and_then(|node| node.observations.ports.iter().find(is_source));
    let (Some(port), Some(sender)) = (port, gateways(stage).await?.into_iter().next()) else {
        return Ok(None);
    };
    // The Service of a node is called as its pod.
    let addresses: Vec<(String, u16)> = nodes
        .iter()
        .map(|node| (node.pod.clone(), port.number))
        .collect();
    let sending = json!({
        "addresses": addresses, "port": port.name, "prefix": prefix, "count": count,
        "pause_ms": pause, "patience_ms": OF_AN_EVENT,
    });
    let answer = ask(stage, &sender, "/standin/send", &sending).await?;
    let answer = answer.unwrap_or_default();
    let told = |key: &str| answer[key].as_array().cloned().unwrap_or_default();
    let taken = told("taken");
    let taken = taken
        .iter()
        .map(|it| (text(it, "/event").to_owned(), text(it, "/by").to_owned()));
    let lost = told("lost");
    let lost = lost.iter().filter_map(Value::as_str).map(str::to_owned);
    Ok(Some(Sent {
        taken: taken.collect(),
        lost: lost.collect(),
        refusals: answer["refusals"].as_u64().unwrap_or(0),
    }))
}
