//! A total outage of the event hub: gateways serve on and hear again afterwards; one node comes back while the first is away
//! for good; and what was deployed while gateways heard nothing is there after they are restarted, as the runbook says.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use am_conformance::component::{Capability, Component};
use am_product::{Port, Protocol};
use am_standin::observations::StoryObservation;
use serde_json::{Value, json};

use super::Stage;
use super::attempts::connected;
use super::hearing::{LISTENERS_WAIT, judge_revocations};
use super::observe::collect;
use super::stage::NO_GATEWAY;
use super::story::{self, Deployment, ask, statuses};
use crate::api::Pod;
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;

/// The requirement that one server goes first on an empty database, and nobody waits for it later.
const FIRST_SERVER: &str = "AM-OPS-024";
const POLL: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(40);
const AFTER: &str = "after a total outage of the event hub";
const BEFORE: &str = "deployed-before-the-outage";
const DURING: &str = "deployed-during-the-outage";
/// Keeps everybody from the event hub's brokers while it has one that can be deployed to.
const POLICY: &str = "am-live-outage";

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let Some(gateway) = stage.gateway() else {
        for id in ["AM-OPS-004", LISTENERS_WAIT, FIRST_SERVER] {
            stage.record.not_applicable(id, NO_GATEWAY);
        }
        return Ok(true);
    };
    let Some(hub) = stage.hubs().into_iter().next() else {
        for id in ["AM-OPS-004", LISTENERS_WAIT, FIRST_SERVER] {
            let reason = stage.no_hub();
            stage.record.not_applicable(id, reason);
        }
        return Ok(true);
    };
    if hub == gateway {
        // Without an event hub there is nobody who could serve.
        stop(stage, hub).await?;
        return Ok(come_back(stage, hub).await? && restore(stage, hub).await?);
    }
    if let Deployment::Missing { gateway, why, .. } = story::deploy(stage, BEFORE).await? {
        let fault = Fault::new(
            format!("an API does not reach {gateway} before the outage, {why}"),
            "see the story's findings",
        );
        stage.failed("AM-OPS-004", fault);
        return Ok(true);
    }
    stop(stage, hub).await?;
    judge_served(stage, BEFORE, "while no event hub is there").await?;
    close(stage, hub).await?;
    let came_back = come_back(stage, hub).await?;
    let deployed = came_back && deploy(stage, DURING).await?;
    stage.lab.api.delete(&policy_path(stage, POLICY)).await?;
    if !came_back {
        return Ok(false);
    }
    judge_reconnected(stage).await?;
    judge_revocations(stage, LISTENERS_WAIT, AFTER, &BTreeSet::new()).await?;
    if deployed {
        judge_missed(stage, gateway).await?;
    }
    restore(stage, hub).await
}

fn set_path(stage: &Stage, hub: Component) -> String {
    format!(
        "/apis/apps/v1/namespaces/{}/statefulsets/{}-{hub}",
        stage.namespace, stage.main.name
    )
}

fn policy_path(stage: &Stage, name: &str) -> String {
    format!(
        "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies/{name}",
        stage.namespace
    )
}

/// Deploys an API at whichever event hub node is there; whether one took it.
async fn deploy(stage: &Stage, api: &str) -> Result<bool, LiveError> {
    let Some(pod) = story::hub(stage).await? else {
        return Ok(false);
    };
    let taken = ask(stage, &pod, "/standin/deploy", &json!({"api": api})).await?;
    Ok(taken.is_some())
}

/// Stops every node of the event hub and waits until they are gone.
async fn stop(stage: &Stage, hub: Component) -> Result<(), LiveError> {
    let none = json!({"spec": {"replicas": 0}});
    stage.lab.api.change(&set_path(stage, hub), &none).await?;
    let mut waiting = Waiting::begin();
    loop {
        let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
        let left = pods.iter().any(|pod| pod.component == hub.name());
        if !left || waiting.is_over(PATIENCE) {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Gateways need no event hub to serve what they know: `api`, though `when`.
pub(crate) async fn judge_served(
    stage: &mut Stage,
    api: &str,
    when: &str,
) -> Result<(), LiveError> {
    let nodes = collect(stage, &stage.main).await?;
    let gateways = nodes.iter().filter(|node| {
        node.observations
            .identity
            .role
            .has(Capability::ServesTraffic)
    });
    let traffic = Port::speaking(Protocol::Apis, true).number;
    for node in gateways {
        // A token of each gateway's own: together they would ask so often that it is throttled.
        let token = format!("outage-{}", node.pod);
        let question = json!({"url": format!("https://localhost:{traffic}/{api}"), "token": token, "count": 3});
        let answer = ask(stage, &node.pod, "/standin/request", &question).await?;
        let statuses = answer.as_ref().map(statuses).unwrap_or_default();
        let served = !statuses.is_empty() && statuses.iter().all(|status| *status == 200);
        let fault = (!served).then(|| {
            Fault::new(
                format!("{} does not serve {api} {when}: {statuses:?}", node.pod),
                "let nothing that a gateway needs for a request depend on the event hub",
            )
            .at("Pod", &node.pod)
        });
        stage.check("AM-OPS-004", fault);
    }
    Ok(())
}

/// Until the policy goes, nobody connects to the brokers, so that an API can be deployed of which nobody hears.
async fn close(stage: &Stage, hub: Component) -> Result<(), LiveError> {
    let jms = Port::speaking(Protocol::Jms, false).number;
    let policy = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": POLICY},
        "spec": {
            "podSelector": {"matchLabels": {"app.kubernetes.io/component": hub.name()}},
            "policyTypes": ["Ingress"],
            "ingress": [{"ports": [
                {"port": 1, "endPort": jms - 1, "protocol": "TCP"},
                {"port": jms + 1, "endPort": 65535, "protocol": "TCP"},
            ]}],
        },
    });
    let path = policy_path(stage, "");
    let path = path.trim_end_matches('/');
    match stage.lab.api.create(path, &policy).await? {
        Ok(_) => Ok(()),
        Err(refusal) => Err(LiveError::unavailable(
            format!("cannot make a NetworkPolicy: {}", refusal.message),
            "use an account that may",
        )),
    }
}

/// Starts the event hub again. Where it has several nodes, the first one stays away, and the others must not wait for it:
/// the database is filled.
async fn come_back(stage: &mut Stage, hub: Component) -> Result<bool, LiveError> {
    let nodes = stage.main.nodes.get(&hub).copied().unwrap_or(1);
    let change = if nodes > 1 {
        json!({"spec": {"replicas": nodes - 1, "ordinals": {"start": 1}}})
    } else {
        json!({"spec": {"replicas": nodes}})
    };
    stage.lab.api.change(&set_path(stage, hub), &change).await?;
    let start = Instant::now();
    let ready = stage.wait_for_main(FIRST_SERVER).await?;
    if ready && nodes > 1 {
        stage.say(&format!(
            "with node 0 of the {} away, the others came up in {:.1} s",
            hub.title(),
            start.elapsed().as_secs_f64()
        ));
        stage.passed(FIRST_SERVER);
    }
    Ok(ready)
}

/// Whoever listened connects again.
async fn judge_reconnected(stage: &mut Stage) -> Result<(), LiveError> {
    let fault = connected(stage).await?.map(|(pod, key)| {
        Fault::new(
            format!("{pod} does not connect again after a total outage of the event hub"),
            format!("let `{key}` name nodes that come back under the same names"),
        )
        .at("Pod", pod)
    });
    stage.check(LISTENERS_WAIT, fault);
    Ok(())
}

/// What was deployed while nobody heard is known to gateways after a restart.
async fn judge_missed(stage: &mut Stage, gateway: Component) -> Result<(), LiveError> {
    let nodes = collect(stage, &stage.main).await?;
    let mut gateways = nodes.iter().filter(|node| node.component == gateway);
    let missed = !gateways.any(|node| node.observations.story.apis.contains_key(DURING));
    stage.say(if missed {
        "what was deployed meanwhile is unknown to gateways, as documented; restarting them"
    } else {
        "what was deployed meanwhile reached the gateways: policies are not enforced here"
    });
    for node in nodes.iter().filter(|node| node.component == gateway) {
        let path = format!("/api/v1/namespaces/{}/pods/{}", stage.namespace, node.pod);
        stage.lab.api.delete(&path).await?;
    }
    if !stage.wait_for_main("AM-OPS-004").await? {
        return Ok(());
    }
    let knows = |story: &StoryObservation| story.apis.contains_key(DURING);
    let missing = story::until(stage, &BTreeSet::new(), knows).await?;
    let fault = missing.map(|gateway| {
        Fault::new(
            format!("{gateway} does not know an API that was deployed before it started"),
            "let gateways fetch from the event hub when they start",
        )
        .at("Pod", gateway)
    });
    stage.check("AM-OPS-004", fault);
    Ok(())
}

/// All nodes of the event hub are there again.
async fn restore(stage: &mut Stage, hub: Component) -> Result<bool, LiveError> {
    let nodes = stage.main.nodes.get(&hub).copied().unwrap_or(1);
    let change = json!({"spec": {"replicas": nodes, "ordinals": Value::Null}});
    stage.lab.api.change(&set_path(stage, hub), &change).await?;
    stage.wait_for_main("AM-OPS-001").await
}
