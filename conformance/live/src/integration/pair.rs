//! Of two servers of apps on streams one is active: it alone takes events, and when it is gone the other goes on where it was.

use am_conformance::component::Capability;

use super::catalogue::gateways;
use super::cluster::Cluster;
use super::deployment::Deployment;
use crate::error::LiveError;
pub(super) use crate::integrators::pair::REQUIREMENTS;
use crate::integrators::pair::{
    AFTER, Agreement, KNOW_EACH_OTHER, POLL, Sent, TO_THE_ACTIVE, active, after_death, astray,
    copies, not_one, sending, source,
};
use crate::scenario::{Stage, ask, collect};

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

/// Waits until one node is active and stays so; otherwise that is a fault.
pub(super) async fn agreed(
    deployment: &mut Deployment,
    cluster: &Cluster,
) -> Result<Option<String>, LiveError> {
    let stage = &mut deployment.stage;
    let mut agreement = Agreement::begin();
    loop {
        let nodes = collect(stage, &cluster.release).await?;
        match agreement.look(&nodes) {
            Some(Ok(active)) => {
                stage.passed(KNOW_EACH_OTHER);
                return Ok(Some(active));
            }
            Some(Err(fault)) => {
                stage.failed(KNOW_EACH_OTHER, *fault);
                return Ok(None);
            }
            None => tokio::time::sleep(POLL).await,
        }
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
    stage.check(TO_THE_ACTIVE, astray(cluster.whose(), active, &sent));
    let nodes = collect(stage, &cluster.release).await?;
    for (requirement, fault) in copies(&nodes, active, &sent) {
        stage.check(requirement, fault);
    }
    Ok(())
}

/// The active node dies while events are sent.
async fn take_over(deployment: &mut Deployment, cluster: &Cluster) -> Result<bool, LiveError> {
    let Some(dead) = agreed(deployment, cluster).await? else {
        return Ok(true);
    };
    let stage = &mut deployment.stage;
    let prefix = format!("{}-second", cluster.release.name);
    let dies = async {
        tokio::time::sleep(AFTER).await;
        stage.kill(&dead).await
    };
    let watched = std::sync::Mutex::new(None);
    let over = std::sync::atomic::AtomicBool::new(false);
    let watch = async {
        while !over.load(std::sync::atomic::Ordering::Relaxed) {
            let nodes = collect(stage, &cluster.release).await?;
            let active = active(&nodes);
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
    let (text, fault) = after_death(&dead, &sent);
    stage.check(TO_THE_ACTIVE, fault);
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

/// Sends events from a gateway's pod to whichever node takes them.
async fn send(
    stage: &Stage,
    cluster: &Cluster,
    prefix: &str,
    count: u32,
    pause: u64,
) -> Result<Option<Sent>, LiveError> {
    let nodes = collect(stage, &cluster.release).await?;
    let port = nodes.first().and_then(source);
    let (Some(port), Some(sender)) = (port, gateways(stage).await?.into_iter().next()) else {
        return Ok(None);
    };
    // The Service of a node is called as its pod.
    let addresses: Vec<(String, u16)> = nodes
        .iter()
        .map(|node| (node.pod.clone(), port.number))
        .collect();
    let sending = sending(&addresses, &port.name, prefix, (count, pause));
    let answer = ask(stage, &sender, "/standin/send", &sending).await?;
    Ok(Some(Sent::of(&answer.unwrap_or_default())))
}
