//! Each tenant's services are in its own catalogue, once, and a call of a tenant ends at its own cluster.

use std::collections::BTreeSet;
use std::time::Duration;

use am_conformance::component::Capability;
use am_product::{Port, Protocol};
use serde_json::{Value, json};

use super::cluster::{Cluster, SERVICE};
use super::deployment::Deployment;
use crate::api::text;
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;
use crate::scenario::{self, Stage, ask, collect, deploy_as, hub, statuses};

/// A service is registered where the event hub is.
const REGISTERED: &str = "AM-INT-001";
/// What is registered leads to the cluster that registered it.
const OWN_ADDRESS: &str = "AM-INT-003";
/// And that with the account of the cluster's tenant.
const OWN_TENANT: &str = "AM-INT-015";
pub(super) const REQUIREMENTS: [&str; 3] = [REGISTERED, OWN_ADDRESS, OWN_TENANT];

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

/// The pods that registered anything in a tenant's catalogue.
fn by(known: &Value, tenant: &str) -> BTreeSet<String> {
    let services = known.get(tenant).and_then(Value::as_object);
    let lists = services
        .into_iter()
        .flat_map(|services| services.values())
        .filter_map(|service| service.get("by")?.as_array());
    let names = lists.flatten().filter_map(Value::as_str);
    names.map(str::to_owned).collect()
}

async fn judge_registrations(
    stage: &mut Stage,
    clusters: &[Cluster],
    known: &Value,
) -> Result<(), LiveError> {
    for cluster in clusters {
        let own = by(known, &cluster.tenant);
        for node in collect(stage, &cluster.release).await? {
            let answered = node.observations.story.registered;
            let missing = (!own.contains(&node.pod)).then(|| {
                let answered = answered.map_or("nothing".to_owned(), |it| it.to_string());
                let message = format!(
                    "{} is not in the catalogue of {}, to which it sends its services when it starts; it was answered {answered}",
                    node.pod, cluster.tenant
                );
                let help = "name the Service of the event hub, let the policies allow the way there, and make the account before";
                Fault::new(message, help).at("Pod", &node.pod)
            });
            stage.check(REGISTERED, missing);
            let tenants = known
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name);
            for other in tenants.filter(|it| **it != cluster.tenant) {
                let strays = by(known, other).contains(&node.pod).then(|| {
                    let message = format!(
                        "{} of {} registers its services in the catalogue of {other}",
                        node.pod,
                        cluster.about()
                    );
                    let help = "give the cluster an account of its tenant: somebody@DOMAIN";
                    Fault::new(message, help).at("Pod", &node.pod)
                });
                stage.check(OWN_TENANT, strays);
            }
        }
        let services = known.get(&cluster.tenant).and_then(Value::as_object);
        let count = services.map_or(0, serde_json::Map::len);
        let wrong = (count > 1).then(|| {
            let message = format!(
                "the catalogue of {} has {count} services, where every node of its cluster has the same one",
                cluster.tenant
            );
            Fault::new(message, "let all nodes run the same artifacts")
        });
        stage.check(REGISTERED, wrong);
        if count == 1 {
            stage.passed(OWN_TENANT);
        }
    }
    Ok(())
}

/// An API with the address of the catalogue is called at every gateway: nodes of the tenant's cluster answer, and nobody else.
async fn judge_calls(stage: &mut Stage, cluster: &Cluster, known: &Value) -> Result<(), LiveError> {
    let url = text(known, &format!("/{}/{SERVICE}/serviceUrl", cluster.tenant));
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
        let failed = statuses(&answer).into_iter().find(|status| *status != 200);
        let nodes = back_ends(&answer);
        let foreign = nodes.iter().find(|node| !own.contains(*node)).cloned();
        let fault = match (failed, foreign) {
            (_, Some(node)) => {
                let message = format!(
                    "a call of tenant {} at {gateway} ends at {node}, which is not of {}",
                    cluster.tenant, cluster.release.name
                );
                Some(
                    Fault::new(message, "let MI_HOST be the Service of the cluster")
                        .at("Pod", node),
                )
            }
            (Some(status), None) => {
                let message = format!(
                    "a call of tenant {} at {gateway} is answered {status}: {url} does not answer it",
                    cluster.tenant
                );
                Some(
                    Fault::new(
                        message,
                        "let MI_HOST and MI_PORT be the Service of the cluster and its port",
                    )
                    .at("Pod", gateway),
                )
            }
            (None, None) => None,
        };
        stage.check(OWN_ADDRESS, fault);
        met.extend(nodes);
    }
    let missed = own.iter().find(|node| !met.contains(*node));
    let fault = missed.map(|node| {
        let message = format!("no call of tenant {} ends at {node}", cluster.tenant);
        Fault::new(message, "let the Service of the cluster lead to every node").at("Pod", node)
    });
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
    let port = Port::speaking(Protocol::Apis, true).number;
    let url = format!("https://localhost:{port}/{api}/7");
    let question = json!({"url": url, "count": count});
    let answer = ask(stage, gateway, "/standin/request", &question).await?;
    Ok(answer.unwrap_or_default())
}

fn back_ends(answer: &Value) -> BTreeSet<String> {
    let answers = answer.get("answers").and_then(Value::as_array);
    let nodes = answers.into_iter().flatten().map(|it| text(it, "/backend"));
    nodes
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{back_ends, by};
    use serde_json::json;

    #[test]
    fn who_registered_and_who_answered_is_read_from_what_stand_ins_tell() {
        let known = json!({"a": {"x": {"by": ["p", "q"]}, "y": {"by": ["p"]}}});
        assert_eq!(by(&known, "a").len(), 2);
        assert!(by(&known, "b").is_empty());
        let answer =
            json!({"answers": [{"status": 200, "backend": "p"}, {"status": 503, "backend": null}]});
        assert_eq!(back_ends(&answer).into_iter().collect::<Vec<_>>(), ["p"]);
    }
}
