//! No cluster reaches another one: what a policy does not allow is blocked.

use std::time::Duration;

use am_conformance::checks::{Connection, blocked_by};
use am_conformance::component::Capability;

use super::catalogue::gateways;
use super::cluster::Cluster;
use super::deployment::Deployment;
use crate::api::Pod;
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;
use crate::scenario::{Stage, collect, policies_of, reaches};

/// Policies allow what is needed.
const NEEDED: &str = "AM-NET-017";
/// And nothing more.
const NOTHING_MORE: &str = "AM-NET-018";
pub(super) const REQUIREMENTS: [&str; 2] = [NEEDED, NOTHING_MORE];

const POLL: Duration = Duration::from_secs(1);
/// How long the network plugin of a busy node may take to enforce a policy.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection from a pod of one cluster to a port of another's.
#[derive(Debug, Clone)]
struct Way {
    from: Pod,
    whose: String,
    to: Pod,
    there: String,
    port_name: String,
    port: u16,
}

pub(super) async fn judge(deployment: &mut Deployment) -> Result<bool, LiveError> {
    let clusters = deployment.clusters.clone();
    let stage = &mut deployment.stage;
    judge_needed(stage, &clusters).await?;
    let ways = ways(stage, &clusters).await?;
    let mut waiting = Waiting::begin();
    let mut open = ways.clone();
    while !open.is_empty() && !waiting.is_over(PATIENCE) {
        open = still_open(stage, &open).await?;
        if !open.is_empty() {
            tokio::time::sleep(POLL).await;
        }
    }
    let policies = policies_of(stage).await?;
    let mut through = 0;
    for way in &open {
        let connection = Connection {
            namespace: &stage.namespace,
            client: &way.from.labels,
            server: &way.to.labels,
            port: way.port,
            port_name: Some(&way.port_name),
        };
        let what = format!(
            "{} of {} reaches {} of {}",
            way.from.name, way.whose, way.port_name, way.there
        );
        if let Some(blocked) = blocked_by(&policies, &connection) {
            through += 1;
            stage.say(&format!(
                "{what}, which NetworkPolicy {} denies: the network plugin lets it through",
                blocked.policy
            ));
            continue;
        }
        let help = "switch networkPolicy on, and let `clients` be the pods that serve gateways";
        let fault = Fault::new(what, help)
            .at("Pod", &way.to.name)
            .peer(&way.from.name);
        stage.failed(NOTHING_MORE, fault);
    }
    let blocked = ways.len() - open.len();
    stage.record.passed(NOTHING_MORE, blocked);
    if blocked == 0 && through > 0 {
        let reason = "the cluster's network plugin does not enforce NetworkPolicies";
        stage.record.unsupported(NOTHING_MORE, reason);
    }
    let text = format!(
        "{blocked} of {} ways between clusters are blocked",
        ways.len()
    );
    deployment.note(text);
    Ok(true)
}

/// What gateways call they reach, under the same policies.
async fn judge_needed(stage: &mut Stage, clusters: &[Cluster]) -> Result<(), LiveError> {
    let gateways = gateways(stage).await?;
    for cluster in clusters.iter().filter(|it| it.has(Capability::Integrates)) {
        for node in collect(stage, &cluster.release).await? {
            let pods = cluster.pods(stage).await?;
            let Some(pod) = pods.iter().find(|pod| pod.name == node.pod) else {
                continue;
            };
            let ports = node.observations.ports.iter();
            let mut served =
                ports.filter(|it| it.service == am_standin::ports::Service::Integrations);
            let Some(port) = served.next() else { continue };
            for gateway in &gateways {
                let connected = reaches(stage, gateway, &pod.ip, port.number).await?;
                let fault = (connected != Some(true)).then(|| {
                    let message = format!("{gateway} does not reach {} of {}", port.name, pod.name);
                    let help = "let `networkPolicy.clients` be the pods that serve gateways";
                    Fault::new(message, help).at("Pod", &pod.name).peer(gateway)
                });
                stage.check(NEEDED, fault);
            }
        }
    }
    Ok(())
}

/// One pod of each cluster, and every port of one of each other.
async fn ways(stage: &Stage, clusters: &[Cluster]) -> Result<Vec<Way>, LiveError> {
    let mut nodes = Vec::new();
    for cluster in clusters {
        let pods = cluster.pods(stage).await?;
        for node in collect(stage, &cluster.release).await? {
            // Of a pair only the active one has its sources open.
            let streams = node.observations.story.streams.as_ref();
            let is_passive = streams.is_some_and(|told| !told.active);
            if let Some(pod) = pods.iter().find(|pod| pod.name == node.pod && !is_passive) {
                nodes.push((cluster, pod.clone(), node.observations.ports));
                break;
            }
        }
    }
    let mut ways = Vec::new();
    for (whose, from, _) in &nodes {
        let others = nodes
            .iter()
            .filter(|(it, ..)| it.release.name != whose.release.name);
        for (there, to, ports) in others {
            ways.extend(ports.iter().map(|port| Way {
                from: from.clone(),
                whose: whose.about(),
                to: to.clone(),
                there: there.about(),
                port_name: port.name.clone(),
                port: port.number,
            }));
        }
    }
    Ok(ways)
}

async fn still_open(stage: &Stage, ways: &[Way]) -> Result<Vec<Way>, LiveError> {
    let tries = ways
        .iter()
        .map(|way| reaches(stage, &way.from.name, &way.to.ip, way.port));
    let answers = futures_util::future::try_join_all(tries).await?;
    let open = ways.iter().zip(answers);
    // One that cannot be asked is asked again: it proves nothing.
    let open = open.filter(|(_, reached)| *reached != Some(false));
    Ok(open.map(|(way, _)| way.clone()).collect())
}
