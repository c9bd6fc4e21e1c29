//! Of a pair one node is active, and the load balancer's front leads there.

use am_product::Capability;

use super::clusters::{Cluster, clusters_that};
use super::gateways;
use super::tenants::fronts;
use crate::error::LiveError;
use crate::integrators::pair::{
    Agreement, KNOW_EACH_OTHER, POLL, Sent, TO_THE_ACTIVE, astray, copies, sending, source,
};
use crate::machines::stage::Stage;
use crate::record::Fault;

/// Events of a pair that nothing happens to, and milliseconds between two.
const QUIET: (u32, u64) = (10, 20);

/// The phase.
pub(in crate::machines) async fn judge(stage: &mut Stage) -> Result<bool, LiveError> {
    for cluster in clusters_that(&stage.site, Capability::Streams) {
        match agreed(stage, &cluster).await? {
            Err(fault) => stage.judge(KNOW_EACH_OTHER, Some(*fault)),
            Ok(active) => {
                stage.record.passed(KNOW_EACH_OTHER, 1);
                // The load balancer takes the active node in some time after it is.
                send(stage, &cluster, "before", (1, 0)).await?;
                judge_quiet(stage, &cluster, &active, "first").await?;
            }
        }
    }
    Ok(true)
}

/// Who is active, once that is settled; otherwise why nobody is.
pub(super) async fn agreed(
    stage: &Stage,
    cluster: &Cluster,
) -> Result<Result<String, Box<Fault>>, LiveError> {
    let mut agreement = Agreement::begin();
    loop {
        let nodes = cluster.collect(stage).await?;
        if let Some(end) = agreement.look(&nodes) {
            return Ok(end);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Nothing happens, and every event goes to the active node at once.
pub(super) async fn judge_quiet(
    stage: &mut Stage,
    cluster: &Cluster,
    active: &str,
    prefix: &str,
) -> Result<(), LiveError> {
    let Some(sent) = send(stage, cluster, prefix, QUIET).await? else {
        return Ok(());
    };
    let refused = (sent.refusals > 0).then(|| {
        let message = format!(
            "of {} events to {} a sender is refused {} times, though {active} is active: its front leads to the passive node, too",
            sent.taken.len() + sent.lost.len(),
            cluster.name,
            sent.refusals
        );
        let help = "let the load balancer check the very port, and have the second node as `backup`";
        Fault::new(message, help).at("Host", stage.entrance())
    });
    stage.judge(
        TO_THE_ACTIVE,
        astray(cluster.whose(), active, &sent).or(refused),
    );
    let nodes = cluster.collect(stage).await?;
    for (requirement, fault) in copies(&nodes, active, &sent) {
        stage.judge(requirement, fault);
    }
    Ok(())
}

/// Sends events from a gateway to where the cluster is called.
pub(super) async fn send(
    stage: &Stage,
    cluster: &Cluster,
    prefix: &str,
    speed: (u32, u64),
) -> Result<Option<Sent>, LiveError> {
    let nodes = cluster.collect(stage).await?;
    let port = nodes.first().and_then(source);
    let (Some(port), Some(sender)) = (port, gateways::all(stage).into_iter().next()) else {
        return Ok(None);
    };
    let fronts = fronts(&stage.site)?;
    let is_meant = |it: &&super::tenants::Front| it.cluster == cluster.name && it.port == port.name;
    let addresses: Vec<(String, u16)> = fronts
        .iter()
        .filter(is_meant)
        .map(|it| (it.at.ip().to_string(), it.at.port()))
        .collect();
    let prefix = format!("{}-{prefix}", cluster.name);
    let sending = sending(&addresses, &port.name, &prefix, speed);
    let answer = sender.ask(stage, "/standin/send", &sending).await?;
    Ok(Some(Sent::of(&answer.unwrap_or_default())))
}
