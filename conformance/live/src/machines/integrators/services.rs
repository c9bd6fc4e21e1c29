//! Each tenant's services are in its own catalogue, once, with the address that the README tells; a call ends at the tenant's cluster.

use std::collections::BTreeSet;
use std::time::Duration;

use am_product::Capability;
use serde_json::{Value, json};

use super::clusters::{Cluster, clusters_that};
use super::gateways::{self, Asked};
use crate::error::LiveError;
use crate::integrators::api_of;
use crate::integrators::catalogue::{
    OWN_ADDRESS, address, back_ends, by, misled, missed, registrations,
};
use crate::machines::observe::collect;
use crate::machines::stage::Stage;
use crate::patience::Waiting;
use crate::record::Fault;

const POLL: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(30);
/// A load balancer takes a node in when it was ready several times.
const TAKEN_IN: Duration = Duration::from_secs(20);
/// Calls of one API at each gateway.
const CALLS: u32 = 12;

/// The phase.
pub(in crate::machines) async fn judge(stage: &mut Stage) -> Result<bool, LiveError> {
    let clusters = clusters_that(&stage.site, Capability::Integrates);
    let known = registered(stage, &clusters).await?;
    for cluster in &clusters {
        let nodes = cluster.collect(stage).await?;
        for (requirement, fault) in registrations(cluster.whose(), &nodes, &known) {
            stage.judge(requirement, fault);
        }
        judge_address(stage, cluster, &known)?;
        judge_calls(stage, cluster, &known).await?;
    }
    Ok(true)
}

/// What all catalogues hold, once every node has registered or patience ends.
async fn registered(stage: &Stage, clusters: &[Cluster]) -> Result<Value, LiveError> {
    let portals = gateways::that(stage, Capability::Portals);
    let mut waiting = Waiting::begin();
    loop {
        let known = match portals.first() {
            Some(portals) => portals.ask(stage, "/standin/catalog", &json!({})).await?,
            None => None,
        };
        let known = known.unwrap_or_default();
        let is_there = |cluster: &Cluster| by(&known, &cluster.tenant).is_superset(&cluster.own());
        if clusters.iter().all(is_there) || waiting.is_over(PATIENCE) {
            return Ok(known);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// What is registered is where the README of the deployment says that APIs call.
fn judge_address(stage: &mut Stage, cluster: &Cluster, known: &Value) -> Result<(), LiveError> {
    // A broken tree is that of the site alone.
    let sound = stage.given.versions.first().map(|(_, folder)| folder);
    let folder = sound.and_then(|site| site.parent()?.parent());
    let file = folder.unwrap_or(&stage.site.folder).join("README.md");
    let text = std::fs::read_to_string(&file).map_err(LiveError::file("read", &file))?;
    let said = told_in(&text, &cluster.name);
    let url = address(known, &cluster.tenant);
    let is_same = said.is_some_and(|said| {
        url.strip_prefix(said)
            .is_some_and(|rest| rest.starts_with('/'))
    });
    let fault = (!is_same).then(|| {
        let message = format!(
            "{} registers {url}, where the README says that APIs of {} call {}",
            cluster.name,
            cluster.tenant,
            said.unwrap_or("nothing")
        );
        let help = "let MI_HOST and MI_PORT be the load balancer's front of the cluster";
        Fault::new(message, help).value(&url)
    });
    let at = cluster.hosts.first().cloned().unwrap_or_default();
    stage.check(OWN_ADDRESS, &at, fault);
    Ok(())
}

/// The address that a README has for APIs that call a cluster.
fn told_in<'r>(readme: &'r str, cluster: &str) -> Option<&'r str> {
    let beginning = format!("- `{cluster}`: APIs ");
    let mut lines = readme.lines();
    let line = lines.find(|line| line.starts_with(&beginning))?;
    line.split('`').nth(3)
}

/// An API with the address of the catalogue is called at every gateway: nodes of the tenant's cluster answer, and nobody else.
async fn judge_calls(stage: &mut Stage, cluster: &Cluster, known: &Value) -> Result<(), LiveError> {
    let url = address(known, &cluster.tenant);
    let api = api_of(&cluster.tenant);
    if let Some(fault) = deploy(stage, &api, &url).await? {
        stage.judge(OWN_ADDRESS, Some(fault));
        return Ok(());
    }
    let own = cluster.own();
    let mut waiting = Waiting::begin();
    let (faults, met) = loop {
        let (mut faults, mut met) = (Vec::new(), BTreeSet::new());
        for gateway in gateways::all(stage) {
            let answer = gateway.call(stage, &api, CALLS).await?;
            faults.push(misled(cluster.whose(), &gateway.host, &url, &answer, &own));
            met.extend(back_ends(&answer));
        }
        faults.push(missed(cluster.whose(), &own, &met));
        if faults.iter().all(Option::is_none) || waiting.is_over(TAKEN_IN) {
            break (faults, met);
        }
        tokio::time::sleep(POLL).await;
    };
    for fault in faults {
        stage.judge(OWN_ADDRESS, fault);
    }
    stage.say(&format!(
        "calls of {api} end at {}",
        met.into_iter().collect::<Vec<_>>().join(", ")
    ));
    Ok(())
}

/// Deploys an API and waits until every gateway serves it.
async fn deploy(stage: &Stage, api: &str, url: &str) -> Result<Option<Fault>, LiveError> {
    let help = "see the wiring between event hub and gateways";
    let hubs = gateways::that(stage, Capability::EventHub);
    let said = json!({"api": api, "endpoint": url});
    let taken = match hubs.first() {
        Some(hub) => hub.ask(stage, "/standin/deploy", &said).await?,
        None => None,
    };
    if taken.is_none() {
        let message = format!("no event hub takes an API that calls {url}");
        return Ok(Some(Fault::new(message, help)));
    }
    let gateways: Vec<Asked> = gateways::all(stage);
    let mut waiting = Waiting::begin();
    loop {
        let nodes = collect(stage).await?;
        let serves = |gateway: &Asked| {
            let mut nodes = nodes.iter().filter(|node| node.pod == gateway.host);
            nodes.any(|node| node.observations.story.apis.contains_key(api))
        };
        let Some(missing) = gateways.iter().find(|it| !serves(it)) else {
            return Ok(None);
        };
        if waiting.is_over(PATIENCE) {
            let message = format!("{} never serves an API that calls {url}", missing.host);
            return Ok(Some(Fault::new(message, help).at("Pod", &missing.host)));
        }
        tokio::time::sleep(POLL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::told_in;

    #[test]
    fn the_readme_tells_where_apis_call_a_cluster() {
        let readme = "- `mi`: APIs call `https://10.0.0.1:8253`. So.\n- `mi-a`: APIs of a call `https://10.0.0.1:18253`.\n";
        assert_eq!(told_in(readme, "mi-a"), Some("https://10.0.0.1:18253"));
        assert_eq!(told_in(readme, "mi"), Some("https://10.0.0.1:8253"));
        assert_eq!(told_in(readme, "si-a"), None);
    }
}
