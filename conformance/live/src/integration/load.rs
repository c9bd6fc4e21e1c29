//! A node goes while its cluster is called: one that is told to leaves no call unanswered, and one that dies loses those of a moment.

use std::time::{Duration, Instant};

use super::catalogue::{call, gateways};
use super::cluster::Cluster;
use super::deployment::Deployment;
use crate::error::LiveError;
use crate::integrators::load::{ENDS, Going, OTHER_NODE, judge as judge_lost, lost, now_ms};
use crate::record::Fault;
use crate::scenario::Stage;
use am_conformance::component::Capability;

pub(super) const REQUIREMENTS: [&str; 1] = [ENDS];

/// Calls of one burst; each takes a little more than the stand-in's own time for it.
const CALLS: u32 = 250;
/// When the node goes, after the first call.
const AFTER: Duration = Duration::from_millis(1500);
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
        let Some((node, lost)) = play(stage, cluster, going).await? else {
            return Ok(false);
        };
        let (requirement, fault) = judge_lost(cluster.whose(), &node, going, &lost);
        stage.check(requirement, fault);
        if !stage.wait_for(&cluster.release, OTHER_NODE).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The node that goes, and the calls that fail.
async fn play(
    stage: &mut Stage,
    cluster: &Cluster,
    going: Going,
) -> Result<Option<(String, Vec<(u64, String)>)>, LiveError> {
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
    let lost = lost(&answers, gone);
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
    Ok(Some((node.name.clone(), lost)))
}
