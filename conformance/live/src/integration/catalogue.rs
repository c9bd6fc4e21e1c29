//! Each tenant's services are in its own catalogue, once, and a call of a tenant ends at its own cluster.

use std::collections::BTreeSet;
use std::time::Duration;

use am_conformance::component::Capability;
use serde_json::{Value, json};

use super::cluster::Cluster;
use super::deployment::Deployment;
use crate::error::LiveError;
use crate::integrators::call_of;
use crate::integrators::catalogue::{
    OWN_ADDRESS, address, back_ends, by, misled, missed, registrations,
};
use crate::patience::Waiting;
use crate::record::Fault;
use crate::scenario::{self, Stage, ask, collect, deploy_as, hub};

pub(super) use crate::integrators::catalogue::REQUIREMENTS;

const POLL: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(30);
/// Calls of one API at each gateway.
const CALLS: u32 = 12;

pub(super) async fn judge(deployment: &mut Deployment) -> Result<bool, LiveError> {
    let clusters = deployment.clusters_that(Capability::Integrates);
    let stage = &mut deployment.stage;
    let known = registered(stage, &clusters).await?;
    judge_registrations(stage, &clusters, &known).await?;
    for cluster in &clusters {
        judge_calls(stage, cluster, &known).await?;
    }
    Ok(true)
}

/// What all catalogues hold, once every node has registered or patience ends.
async fn registered(stage: &Stage, clusters: &[Cluster]) -> Result<Value, LiveError> {
    let mut waiting = Waiting::begin();
    loop {
        let known = match hub(stage).await? {
            Some(hub) => ask(stage, &hub, "/standin/catalog", &json!({})).await?,
            None => None,
        };
        let known = known.unwrap_or_default();
        let mut missing = false;
        for cluster in clusters {
            let own = by(&known, &cluster.tenant);
            let pods = cluster.pods(stage).await?;
            missing |= pods.iter().any(|pod| !own.contains(&pod.name));
        }
        if !missing || waiting.is_over(PATIENCE) {
            return Ok(known);
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn judge_registrations(
    stage: &mut Stage,
    clusters: &[Cluster],
    known: &Value,
) -> Result<(), LiveError> {
    for cluster in clusters {
        let nodes = collect(stage, &cluster.release).await?;
        for (requirement, fault) in registrations(cluster.whose(), &nodes, known) {
            stage.check(requirement, fault);
        }
    }
    Ok(())
}

/// An API with the address of the catalogue is called at every gateway: nodes of the tenant's cluster answer, and nobody else.
async fn judge_calls(stage: &mut Stage, cluster: &Cluster, known: &Value) -> Result<(), LiveError> {
    let url = address(known, &cluster.tenant);
    let api = cluster.api();
    let said = json!({"api": api, "endpoint": url});
    let deployed = deploy_as(stage, &api, &said).await?;
    if !matches!(deployed, scenario::Deployment::Everywhere { .. }) {
        let message = format!("an API that calls {url} does not reach every gateway");
        let help = "see the story of the same pattern: cargo xtask conformance --cluster kind";
        stage.failed(OWN_ADDRESS, Fault::new(message, help));
        return Ok(());
    }
    let own: BTreeSet<String> = {
        let pods = cluster.pods(stage).await?;
        pods.into_iter().map(|pod| pod.name).collect()
    };
    let mut met = BTreeSet::new();
    for gateway in gateways(stage).await? {
        let answer = call(stage, &gateway, &api, CALLS).await?;
        let fault = misled(cluster.whose(), &gateway, &url, &answer, &own);
        stage.check(OWN_ADDRESS, fault);
        met.extend(back_ends(&answer));
    }
    let fault = missed(cluster.whose(), &own, &met);
    stage.check(OWN_ADDRESS, fault);
    stage.say(&format!(
        "calls of {api} end at {}",
        met.into_iter().collect::<Vec<_>>().join(", ")
    ));
    Ok(())
}

/// Ready pods that serve API traffic.
pub(super) async fn gateways(stage: &Stage) -> Result<Vec<String>, LiveError> {
    let nodes = collect(stage, &stage.main).await?;
    let serves = |node: &crate::wiring::Observed| {
        let role = node.observations.identity.role;
        role.has(Capability::ServesTraffic) && node.observations.ready
    };
    let mut serving: Vec<_> = nodes.into_iter().filter(serves).collect();
    // Where some manage APIs as well, the others are the gateways.
    let is_gateway = |node: &crate::wiring::Observed| !node.component.has(Capability::Portals);
    if serving.iter().any(is_gateway) {
        serving.retain(is_gateway);
    }
    Ok(serving.into_iter().map(|node| node.pod).collect())
}

/// Calls an API at a gateway, from its own pod.
pub(super) async fn call(
    stage: &Stage,
    gateway: &str,
    api: &str,
    count: u32,
) -> Result<Value, LiveError> {
    let question = call_of(api, count);
    let answer = ask(stage, gateway, "/standin/request", &question).await?;
    Ok(answer.unwrap_or_default())
}
