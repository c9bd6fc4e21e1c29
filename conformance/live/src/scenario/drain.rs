//! Drains a Kubernetes node as `kubectl drain` does: closes it, then evicts its pods one by one as budgets allow.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use am_standin::role::Role;
use serde_json::{Value, json};

use super::{Stage, spread};
use crate::api::{Pod, text};
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;

/// The requirement that a drain is allowed.
const ID: &str = "AM-OPS-009";
const POLL: Duration = Duration::from_millis(500);
/// How long a drain may take: pods stop within their grace period, and come back one after another.
const PATIENCE: Duration = Duration::from_secs(90);

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    if !stage.lab.closes_nodes {
        stage.say("the cluster may be somebody's: no node is drained");
        return Ok(true);
    }
    // A closed node is closed for everybody.
    let nodes = Arc::clone(&stage.lab.nodes);
    let alone = nodes.write().await;
    let workers = spread::workers(&stage.lab.api).await?;
    if workers.len() < 2 {
        stage.say("one Kubernetes node takes pods: none is drained");
        return Ok(true);
    }
    let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
    let Some(worker) = most_used(&workers, &pods) else {
        return Ok(true);
    };
    let path = format!("/api/v1/nodes/{worker}");
    let close = |closed| json!({"spec": {"unschedulable": closed}});
    stage.lab.api.change(&path, &close(true)).await?;
    let start = Instant::now();
    let drained = drain(stage, &worker).await;
    stage.lab.api.change(&path, &close(false)).await?;
    drop(alone);
    let fault = drained?;
    if fault.is_none() {
        stage.say(&format!(
            "drained {worker} in {:.1} s",
            start.elapsed().as_secs_f64()
        ));
    }
    stage.check(ID, fault);
    stage.wait_for_main(ID).await
}

/// The Kubernetes node with most pods, if possible without the bundled database: that is for development, and waits for
/// its clients before it stops.
fn most_used(workers: &[String], pods: &[Pod]) -> Option<String> {
    let mut counts: BTreeMap<&str, (bool, usize)> = BTreeMap::new();
    for pod in pods.iter().filter(|pod| workers.contains(&pod.node)) {
        let (free, count) = counts.entry(&pod.node).or_insert((true, 0));
        *free &= pod.component != Role::Database.as_str();
        *count += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, rank)| *rank)?;
    Some(most.0.to_owned())
}

/// Evicts until no pod of the release is left on the node, and sees that those that may run elsewhere do.
async fn drain(stage: &Stage, worker: &str) -> Result<Option<Fault>, LiveError> {
    let bound = bound_claims(stage).await?;
    let is_bound = |pod: &Pod| pod.claims.iter().any(|claim| bound.contains(claim));
    let mut waiting = Waiting::begin();
    let mut refusal = None;
    loop {
        let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
        let here = || pods.iter().filter(|pod| pod.node == worker);
        let waits = pods
            .iter()
            .find(|pod| pod.node.is_empty() && !is_bound(pod));
        if here().next().is_none() && waits.is_none() {
            return Ok(None);
        }
        if waiting.is_over(PATIENCE) {
            return Ok(Some(stuck(worker, here().next(), waits, refusal.as_ref())));
        }
        // Pods whose volumes are on this node cannot run elsewhere; others may need them to come up.
        let movable = here().any(|pod| !is_bound(pod));
        for pod in here().filter(|pod| !(pod.leaving || movable && is_bound(pod))) {
            if let Err(refused) = stage.lab.api.evict(&stage.namespace, &pod.name).await? {
                refusal = Some((pod.name.clone(), refused.message));
            }
        }
        tokio::time::sleep(POLL).await;
    }
}

fn stuck(
    worker: &str,
    left: Option<&Pod>,
    waits: Option<&Pod>,
    refusal: Option<&(String, String)>,
) -> Fault {
    let seconds = PATIENCE.as_secs();
    match (left, refusal, waits) {
        (Some(_), Some((pod, message)), _) => Fault::new(
            format!("a drain of {worker} does not end within {seconds} s: {pod} cannot be evicted: {message}"),
            "let its budget allow one pod to go, and let the next one come up elsewhere",
        )
        .at("Pod", pod),
        (Some(pod), None, _) => Fault::new(
            format!("a drain of {worker} does not end within {seconds} s: {} does not stop", pod.name),
            "let it stop within its grace period",
        )
        .at("Pod", &pod.name),
        (None, _, pod) => {
            let (name, state) = pod.map_or(("", ""), |pod| (&pod.name, &pod.state));
            Fault::new(
                format!("{name} finds no other node when {worker} is drained: {state}"),
                "let nothing but its volumes bind a pod to a node",
            )
            .at("Pod", name)
        }
    }
}

/// Claims whose volumes exist on certain nodes only.
async fn bound_claims(stage: &Stage) -> Result<BTreeSet<String>, LiveError> {
    let volumes = stage.lab.api.list("/api/v1/persistentvolumes").await?;
    let is_bound = |volume: &&Value| {
        text(volume, "/spec/claimRef/namespace") == stage.namespace
            && volume.pointer("/spec/nodeAffinity").is_some()
    };
    Ok(volumes
        .iter()
        .filter(is_bound)
        .map(|volume| text(volume, "/spec/claimRef/name").to_owned())
        .collect())
}
