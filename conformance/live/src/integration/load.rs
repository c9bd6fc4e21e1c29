//! A node goes while its cluster is called: one that is told to leaves no call unanswered, and one that dies loses those of a moment.

use std::time::{Duration, Instant};

use am_conformance::component::Capability;
use serde_json::Value;

use super::catalogue::{call, gateways};
use super::cluster::Cluster;
use super::deployment::Deployment;
use crate::error::LiveError;
use crate::record::Fault;
use crate::scenario::Stage;

/// Requests end before the pod does.
const ENDS: &str = "AM-INT-006";
/// The other node serves on.
const OTHER_NODE: &str = "AM-TOPO-002";
pub(super) const REQUIREMENTS: [&str; 1] = [ENDS];

/// Calls of one burst; each takes a little more than the stand-in's own time for it.
const CALLS: u32 = 250;
/// When the node goes, after the first call.
const AFTER: Duration = Duration::from_millis(1500);
/// How long calls may fail when a node dies: until its address is out of the Service, and what was on its way has timed out.
const MOMENT: u64 = 8_000;

/// How a node goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Going {
    Told,
    Dead,
}

pub(super) async fn judge(deployment: &mut Deployment) -> Result<bool, LiveError> {
    // One cluster shows it: the charts of all are the same.
    let clusters = deployment.clusters_that(Capability::Integrates);
    let Some(cluster) = clusters.first() else {
        let reason = "no cluster runs integrations";
        deployment.stage.record.not_applicable(ENDS, reason);
        return Ok(true);
    };
    let stage = &mut deployment.stage;
    for going in [Going::Told, Going::Dead] {
        let Some(lost) = lost(stage, cluster, going).await? else {
            return Ok(false);
        };
        judge_lost(stage, cluster, going, &lost);
        if !stage.wait_for(&cluster.release, OTHER_NODE).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Calls that failed: how many milliseconds after the node went each was answered, and with what.
async fn lost(
    stage: &mut Stage,
    cluster: &Cluster,
    going: Going,
) -> Result<Option<Vec<(u64, String)>>, LiveError> {
    let pods = cluster.pods(stage).await?;
    let (Some(gateway), Some(node)) = (gateways(stage).await?.into_iter().next(), pods.first())
    else {
        let fault = Fault::new("no gateway is ready, or no node", "see the pods' events");
        stage.failed(OTHER_NODE, fault);
        return Ok(None);
    };
    let api = cluster.api();
    let calls = async {
        let mut answers = Vec::new();
        // One burst ends before the node is gone for good; another goes on.
        for _ in 0..2 {
            let answer = call(stage, &gateway, &api, CALLS).await?;
            answers.extend(answer["answers"].as_array().cloned().unwrap_or_default());
        }
        Ok::<_, LiveError>(answers)
    };
    let goes = async {
        tokio::time::sleep(AFTER).await;
        let gone = now_ms();
        match going {
            Going::Told => {
                let path = format!("/api/v1/namespaces/{}/pods/{}", stage.namespace, node.name);
                stage.lab.api.delete(&path).await?;
            }
            Going::Dead => stage.kill(&node.name).await?,
        }
        Ok::<_, LiveError>(gone)
    };
    let start = Instant::now();
    let (answers, gone) = tokio::try_join!(calls, goes)?;
    let failed = answers.iter().filter(|it| it["status"] != 200);
    let lost: Vec<(u64, String)> = failed
        .map(|it| {
            let at = it["at"].as_u64().unwrap_or(u64::MAX);
            (at.saturating_sub(gone), told(it))
        })
        .collect();
    stage.say(&format!(
        "{} of {} calls in {:.1} s are lost when {} {}",
        lost.len(),
        answers.len(),
        start.elapsed().as_secs_f64(),
        node.name,
        going.name()
    ));
    let some = usize::try_from(CALLS).unwrap_or(usize::MAX);
    if answers.len() < some {
        let message = format!(
            "{gateway} was asked for {CALLS} calls and made {}",
            answers.len()
        );
        stage.failed(
            OTHER_NODE,
            Fault::new(message, "see its log").at("Pod", gateway),
        );
        return Ok(None);
    }
    Ok(Some(lost))
}

fn judge_lost(stage: &mut Stage, cluster: &Cluster, going: Going, lost: &[(u64, String)]) {
    let late = match going {
        Going::Told => lost.first(),
        Going::Dead => lost.iter().find(|(after, _)| *after > MOMENT),
    };
    let fault = late.map(|(after, told)| {
        let message = format!(
            "{} of the calls of {} are lost when one of its nodes {}, the one {after} ms later with {told}",
            lost.len(),
            cluster.about(),
            going.name()
        );
        let help = match going {
            Going::Told => "let the pod wait until nobody knows it any more, and its server end what it has begun",
            Going::Dead => "let the Service lead to ready nodes only, and run two",
        };
        Fault::new(message, help).at("Pod", &cluster.release.name)
    });
    let requirement = match going {
        Going::Told => ENDS,
        Going::Dead => OTHER_NODE,
    };
    stage.check(requirement, fault);
}

impl Going {
    fn name(self) -> &'static str {
        match self {
            Self::Told => "is told to leave",
            Self::Dead => "dies",
        }
    }
}

fn told(answer: &Value) -> String {
    match answer.get("error").and_then(Value::as_str) {
        Some(error) => error.to_owned(),
        None => format!("status {}", answer["status"]),
    }
}

fn now_ms() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX))
}
