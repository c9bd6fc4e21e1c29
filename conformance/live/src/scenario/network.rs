//! Network policies: edges still work, and what nobody needs is blocked, where the cluster enforces policies at all; and
//! no policy forgets an edge, whether enforced or not.

use std::time::Duration;

use serde_json::json;

use super::forbidden::{Forbidden, Tried, attempt, forbidden};
use super::stranger::Stranger;
use super::{Stage, newcomer, observe, policies};
use crate::api::Pod;
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;

/// A policy takes effect a moment after it is made; how long that may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_secs(1);
/// A pod that belongs to no release.
const STRANGER: &str = "am-live-stranger";

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
    let gateway = stage.gateway();
    let Some(asker) = pods
        .iter()
        .find(|pod| gateway.is_some_and(|gateway| pod.component == gateway.name()))
        .cloned()
    else {
        let fault = Fault::new("no pod is there that serves API traffic", "install one");
        stage.failed("AM-NET-017", fault);
        return Ok(false);
    };
    let stranger = Stranger::start(stage, STRANGER, &asker.image).await?;
    let judged = judge(stage, &stranger, &asker).await;
    stranger.leave(stage).await?;
    judged
}

async fn judge(stage: &mut Stage, stranger: &Stranger, asker: &Pod) -> Result<bool, LiveError> {
    let enforced = stranger.is_shielded(stage, asker).await?;
    let connections = connections(stage, stranger).await?;
    // Without policies everything can be connected to; what cannot be proves nothing later.
    let before = if policies::all(stage).await?.objects.is_empty() {
        baseline(stage, &connections).await?
    } else {
        connections
    };
    let ready = stage
        .upgrade_main(&json!({"networkPolicy": {"enabled": true}}), "AM-NET-017")
        .await?;
    if !ready {
        let nodes = observe::collect(stage, &stage.main).await?;
        policies::judge(stage, &nodes).await?;
        return Ok(false);
    }
    let blocked = if enforced {
        Some(settle(stage, &before).await?)
    } else {
        None
    };
    judge_edges(stage).await?;
    if let Some(tried) = blocked {
        judge_blocked(stage, &tried).await?;
        newcomer::judge(stage, stranger, asker).await?;
    } else {
        const REASON: &str = "the cluster's network plugin does not enforce NetworkPolicies: a probe was blocked by a policy and got through";
        stage.say(REASON);
        for id in ["AM-NET-017", "AM-NET-018", newcomer::GOVERNED] {
            stage.record.unsupported(id, REASON);
        }
    }
    Ok(true)
}

/// The connections that can be made without policies. The policy of the probe is gone a moment after it was removed.
async fn baseline(stage: &Stage, connections: &[Forbidden]) -> Result<Vec<Forbidden>, LiveError> {
    let mut waiting = Waiting::begin();
    loop {
        let tried = attempt(stage, connections).await?;
        if tried.open.len() == connections.len() || waiting.is_over(PATIENCE) {
            return Ok(tried.open);
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn connections(stage: &Stage, stranger: &Stranger) -> Result<Vec<Forbidden>, LiveError> {
    let nodes = observe::collect(stage, &stage.main).await?;
    let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
    Ok(forbidden(
        &stage.lab.facts,
        stage.pattern,
        &nodes,
        &pods,
        &stranger.name,
    ))
}

/// Tries what must be blocked until it is, or patience ends.
async fn settle(stage: &Stage, connections: &[Forbidden]) -> Result<Tried, LiveError> {
    let mut waiting = Waiting::begin();
    loop {
        let tried = attempt(stage, connections).await?;
        let done = tried.open.is_empty() && tried.asked == connections.len();
        if done || waiting.is_over(PATIENCE) {
            return Ok(tried);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Every edge of the wiring table is reached by a connection that was made under the policies.
async fn judge_edges(stage: &mut Stage) -> Result<(), LiveError> {
    let release = stage.main.clone();
    let (judgement, nodes) = observe::renewed(stage, &release).await?;
    for (requirement, fault) in judgement.faults {
        let fault = Fault::new(
            format!("with network policies ({requirement}): {}", fault.message),
            "let the policies allow the edge",
        );
        stage.failed("AM-NET-017", fault);
    }
    stage.record.passed("AM-NET-017", judgement.reached);
    policies::judge(stage, &nodes).await
}

/// A connection that gets through is the chart's fault unless its policies deny it: then the network plugin is to blame,
/// which says nothing about the chart. (kube-router lets a pod reach its peers by the egress rule of the policy that they
/// share.)
async fn judge_blocked(stage: &mut Stage, tried: &Tried) -> Result<(), LiveError> {
    let policies = policies::all(stage).await?;
    let mut through = 0;
    for connection in &tried.open {
        let what = format!(
            "{} reaches {} of {}",
            connection.client, connection.port_name, connection.to
        );
        if let Some(policy) = connection.denied_by(&policies, &stage.namespace) {
            through += 1;
            stage.say(&format!(
                "{what}, which NetworkPolicy {policy} denies: the network plugin lets it through"
            ));
            continue;
        }
        let fault = Fault::new(
            format!("{what}, which the pattern does not need"),
            "let the policies of the component admit its peers only",
        )
        .at(
            "NetworkPolicy",
            format!("{}-{}", stage.main.name, connection.server),
        )
        .peer(&connection.from);
        stage.failed("AM-NET-018", fault);
    }
    let blocked = tried.asked - tried.open.len();
    stage.say(&format!(
        "of {} connections that nobody needs, {blocked} are blocked, {through} by their policies only on paper",
        tried.asked
    ));
    if blocked == 0 {
        stage.record.unsupported(
            "AM-NET-018",
            "no connection that nobody needs was seen to be blocked",
        );
    }
    stage.record.passed("AM-NET-018", blocked);
    Ok(())
}
