//! The story, end to end: an API is deployed and reaches every gateway, a client is throttled, a token is revoked.
//! On patterns with several nodes, nodes are killed mid-way.

use std::collections::BTreeSet;
use std::time::Duration;

use am_conformance::component::{Capability, Component};
use am_product::{Port, Protocol};
use am_standin::observations::StoryObservation;
use am_standin::settings::OBSERVATIONS_PORT;
use serde_json::{Value, json};

use super::Stage;
use super::attempts::Attempts;
use super::observe::collect;
use super::stage::NO_GATEWAY;
use crate::api::Pod;
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;
use crate::wiring::Observed;

const POLL: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(40);
const API: &str = "pizza";
/// Requests after which every gateway must know that a client is throttled: the stand-ins' limit is 10.
const REQUESTS: u32 = 24;

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    if let Some(edge) = stage.away.first() {
        let reason = format!(
            "the story needs the whole pattern, and `{}` of the {} leads elsewhere",
            edge.key,
            edge.on.title()
        );
        for id in ["AM-WIRE-014", "AM-OPS-004"] {
            stage.record.unsupported(id, &reason);
        }
        return Ok(true);
    }
    let hub = match deploy(stage, API).await? {
        Deployment::NoHub => {
            let fault = Fault::new("no event hub is there to deploy to", "install one");
            stage.failed("AM-WIRE-014", fault);
            return Ok(false);
        }
        Deployment::Refused { hub } => {
            let fault = Fault::new(
                format!("{hub} cannot deploy an API: no gateway environment takes it"),
                "name a gateway environment in the configuration of the control plane",
            );
            stage.failed("AM-WIRE-014", fault);
            return Ok(true);
        }
        Deployment::Missing { hub, gateway, why } => {
            let fault = Fault::new(
                format!("an API deployed at {hub} does not reach {gateway}, {why}"),
                "let the gateway listen to every node of the event hub, with a label that is an environment",
            );
            stage.failed("AM-WIRE-014", fault);
            stage.passed("AM-OPS-004");
            return Ok(true);
        }
        Deployment::Everywhere { hub } => hub,
    };
    stage.passed("AM-WIRE-014");
    stage.passed("AM-OPS-004");
    kill(stage, &hub).await?;
    throttle(stage).await?;
    revoke(stage).await?;
    stage.wait_for_main("AM-OPS-004").await
}

/// What came of a deployment.
pub(crate) enum Deployment {
    /// No event hub is ready.
    NoHub,
    /// The event hub does not take it.
    Refused { hub: String },
    /// A gateway never serves it, and what that saw of it.
    Missing {
        hub: String,
        gateway: String,
        why: String,
    },
    /// Every gateway serves it.
    Everywhere { hub: String },
}

/// Deploys an API and waits until every gateway serves it.
pub(crate) async fn deploy(stage: &Stage, api: &str) -> Result<Deployment, LiveError> {
    deploy_as(stage, api, &json!({"api": api})).await
}

/// The same with more said of the API than its name.
pub(crate) async fn deploy_as(
    stage: &Stage,
    api: &str,
    said: &Value,
) -> Result<Deployment, LiveError> {
    let (mut attempts, mut end) = (Attempts::default(), Deployment::NoHub);
    while attempts.next(stage).await?.is_some() {
        let Some(hub) = hub(stage).await? else {
            return Ok(Deployment::NoHub);
        };
        let taken = ask(stage, &hub, "/standin/deploy", said).await?;
        if taken.is_none() {
            return Ok(Deployment::Refused { hub });
        }
        let serves = |story: &StoryObservation| story.apis.contains_key(api);
        let Some(gateway) = until(stage, &BTreeSet::new(), serves).await? else {
            return Ok(Deployment::Everywhere { hub });
        };
        let why = what_it_saw(stage, &gateway, api).await?;
        end = Deployment::Missing { hub, gateway, why };
    }
    Ok(end)
}

/// Whether a gateway heard of an API, and why it does not serve it.
async fn what_it_saw(stage: &Stage, gateway: &str, api: &str) -> Result<String, LiveError> {
    let nodes = collect(stage, &stage.main).await?;
    let Some(node) = nodes.iter().find(|node| node.pod == gateway) else {
        return Ok("which does not answer".to_owned());
    };
    let story = &node.observations.story;
    let event = format!("deployed/{api}/");
    let mut heard = story.heard.values().flatten();
    if let Some(event) = heard.find(|id| id.starts_with(&event)) {
        let warning = node.observations.warnings.last();
        let warning = warning.map_or("it warned of nothing", String::as_str);
        return Ok(format!(
            "which heard {event} and does not serve it: {warning}"
        ));
    }
    let listens = story
        .subscriptions
        .iter()
        .filter_map(|link| Some((link.url.as_deref()?, link.peer.as_ref()?)));
    let listens: Vec<String> = listens
        .map(|(url, peer)| format!("{url} ({})", peer.pod))
        .collect();
    if let Some(link) = story.subscriptions.iter().find(|link| link.deaf) {
        let why = link.last_error.as_deref().unwrap_or("it failed");
        return Ok(format!(
            "which is deaf since its first connection to {}: {why}",
            link.urls.join(", ")
        ));
    }
    if listens.is_empty() {
        return Ok("which never heard of it and listens to nobody".to_owned());
    }
    Ok(format!(
        "which never heard of it, though it listens to {}",
        listens.join(" and ")
    ))
}

/// A ready pod that is an event hub, the first node if it is there.
pub(crate) async fn hub(stage: &Stage) -> Result<Option<String>, LiveError> {
    let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
    let is_hub = |pod: &&Pod| {
        let component = Component::from_name(&pod.component);
        let is_hub = component.is_some_and(|component| component.has(Capability::EventHub));
        pod.ready && !pod.leaving && is_hub
    };
    Ok(pods.iter().find(is_hub).map(|pod| pod.name.clone()))
}

/// Kills the event hub that took the API, and the first node of every other component that has several.
async fn kill(stage: &Stage, hub: &str) -> Result<(), LiveError> {
    let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
    for (component, nodes) in &stage.main.nodes {
        if *nodes < 2 {
            continue;
        }
        let own = || pods.iter().filter(|pod| pod.component == component.name());
        if let Some(victim) = own().find(|pod| pod.name == hub).or_else(|| own().next()) {
            stage.say(&format!("story: killing {}", victim.name));
            stage.kill(&victim.name).await?;
        }
    }
    Ok(())
}

/// Sends requests until every gateway refuses the client.
async fn throttle(stage: &mut Stage) -> Result<(), LiveError> {
    let Some(gateway) = stage.gateway() else {
        stage.record.not_applicable("AM-OPS-004", NO_GATEWAY);
        return Ok(());
    };
    let port = Port::speaking(Protocol::Apis, true).number;
    let url = format!("https://{}-{gateway}:{port}/{API}", stage.main.name);
    let question = json!({"url": url, "token": "busy", "count": REQUESTS});
    let mut waiting = Waiting::begin();
    let mut last = String::new();
    while !waiting.is_over(PATIENCE) {
        if let Some(asker) = hub(stage).await?
            && let Some(answer) = ask(stage, &asker, "/standin/request", &question).await?
        {
            let statuses = statuses(&answer);
            last = format!("{statuses:?}");
            let end = &statuses[statuses.len() / 2..];
            if !end.is_empty() && end.iter().all(|status| *status == 429) {
                stage.passed("AM-OPS-004");
                return Ok(());
            }
        }
        tokio::time::sleep(POLL).await;
    }
    let fault = Fault::new(
        format!(
            "a client that asks too often is not throttled by every gateway; the last answers were {last}"
        ),
        "let gateways publish to every node that throttles and listen to all of them",
    );
    stage.failed("AM-OPS-004", fault);
    Ok(())
}

/// Revokes a token; every gateway must learn of it.
async fn revoke(stage: &mut Stage) -> Result<(), LiveError> {
    let (mut attempts, mut missing) = (Attempts::default(), None);
    while let Some(attempt) = attempts.next(stage).await? {
        let token = format!("stolen-{attempt}");
        let mut waiting = Waiting::begin();
        let mut revoked = false;
        while !revoked && !waiting.is_over(PATIENCE) {
            if let Some(hub) = hub(stage).await? {
                let question = json!({"token": token});
                revoked = ask(stage, &hub, "/standin/revoke", &question)
                    .await?
                    .is_some();
            }
            if !revoked {
                tokio::time::sleep(POLL).await;
            }
        }
        missing = until(stage, &BTreeSet::new(), |story| {
            story.revoked_tokens.contains(&token)
        })
        .await?;
        if missing.is_none() {
            break;
        }
    }
    let fault = missing.map(|gateway| {
        Fault::new(
            format!("a revoked token stays valid on {gateway}"),
            "let the key manager notify the event hub, and the gateway listen to every node of it",
        )
    });
    stage.check("AM-OPS-004", fault);
    Ok(())
}

/// Waits until every node with a gateway knows something, except some; the name of one that does not.
pub(crate) async fn until(
    stage: &Stage,
    except: &BTreeSet<String>,
    knows: impl Fn(&StoryObservation) -> bool,
) -> Result<Option<String>, LiveError> {
    let mut waiting = Waiting::begin();
    loop {
        let nodes = collect(stage, &stage.main).await?;
        let gateways: Vec<&Observed> = nodes
            .iter()
            .filter(|node| {
                node.observations
                    .identity
                    .role
                    .has(Capability::ServesTraffic)
            })
            .filter(|node| !except.contains(&node.pod))
            .collect();
        let missing = gateways
            .iter()
            .find(|node| !knows(&node.observations.story));
        match missing {
            None if !gateways.is_empty() => return Ok(None),
            _ if waiting.is_over(PATIENCE) => {
                let name = missing.map_or("any gateway", |node| node.pod.as_str());
                return Ok(Some(name.to_owned()));
            }
            _ => tokio::time::sleep(POLL).await,
        }
    }
}

pub(crate) fn statuses(answer: &Value) -> Vec<u64> {
    let answers = answer.get("answers").and_then(Value::as_array);
    answers
        .into_iter()
        .flatten()
        .map(|answer| answer.get("status").and_then(Value::as_u64).unwrap_or(0))
        .collect()
}

pub(crate) async fn ask(
    stage: &Stage,
    pod: &str,
    path: &str,
    question: &Value,
) -> Result<Option<Value>, LiveError> {
    let api = &stage.lab.api;
    api.ask_pod(
        &stage.namespace,
        pod,
        OBSERVATIONS_PORT,
        path,
        Some(question),
    )
    .await
}
