//! Who hears what: an event of each event hub node must reach whoever listens to the event hub.

use std::collections::BTreeSet;
use std::time::Duration;

use am_product::Capability;
use am_product::{Port, Protocol};
use am_standin::edge::Purpose;
use serde_json::json;

use super::Stage;
use super::attempts::{Attempts, connected, subscriptions};
use super::observe::collect;
use super::story::{self, ask};
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;
use crate::wiring::Observed;

/// The requirement that whoever listens waits for whom it listens to.
pub(super) const LISTENERS_WAIT: &str = "AM-OPS-023";
/// Each of more than two event hub nodes tells every other by a publisher of its own.
pub(super) const EVERY_HUB_NODE_TOLD: &str = "AM-WIRE-019";
const POLL: Duration = Duration::from_millis(500);
/// An event takes well below a second.
const PATIENCE: Duration = Duration::from_secs(20);
/// Where a key manager tells an event hub of a revoked token, without TLS.
const NOTIFY: &str = "/internal/data/v1/notify";

/// After all pods started: nobody is deaf, and an API and a revocation reach everybody.
pub(super) async fn judge_all(stage: &mut Stage, when: &str) -> Result<(), LiveError> {
    if stage.hears_from_elsewhere()
        || listeners(&collect(stage, &stage.main).await?)
            .next()
            .is_none()
    {
        for id in [LISTENERS_WAIT, EVERY_HUB_NODE_TOLD] {
            stage.record.not_applicable(id, stage.no_hub());
        }
        return Ok(());
    }
    connected(stage).await?;
    let deaf = judge_deaf(stage, when).await?;
    let nodes = collect(stage, &stage.main).await?;
    let hubs = nodes
        .iter()
        .filter(|node| node.observations.identity.role.has(Capability::EventHub));
    let requirement = if hubs.count() > 2 {
        EVERY_HUB_NODE_TOLD
    } else {
        let reason = "the event hub has no more than two nodes";
        stage.record.not_applicable(EVERY_HUB_NODE_TOLD, reason);
        LISTENERS_WAIT
    };
    judge_revocations(stage, requirement, when, &deaf).await?;
    judge_deployment(stage, when, &deaf).await
}

/// Nodes that listen to an event hub: by their configuration, whether they hear or not.
fn listeners(nodes: &[Observed]) -> impl Iterator<Item = &Observed> {
    nodes
        .iter()
        .filter(|node| subscriptions(node).any(|link| link.purpose == Purpose::EventListening))
}

/// Connections that a node never makes again tell at once who is deaf; those pods.
pub(super) async fn judge_deaf(
    stage: &mut Stage,
    when: &str,
) -> Result<BTreeSet<String>, LiveError> {
    let nodes = collect(stage, &stage.main).await?;
    let mut deaf = BTreeSet::new();
    for node in &nodes {
        for link in subscriptions(node) {
            let fault = link.deaf.then(|| {
                deaf.insert(node.pod.clone());
                Fault::new(
                    format!(
                        "{when}, {} is deaf: {} did not accept its first connection ({}), and it never tries again",
                        node.pod,
                        link.urls.join(", "),
                        link.last_error.as_deref().unwrap_or("no reason told")
                    ),
                    format!("let an init container wait until an address of `{}` accepts connections", link.key),
                )
                .at("Pod", &node.pod)
            });
            stage.check(LISTENERS_WAIT, fault);
        }
    }
    Ok(deaf)
}

/// Posts a revocation to each node of the event hub; every listener must hear every one of them.
pub(super) async fn judge_revocations(
    stage: &mut Stage,
    requirement: &str,
    when: &str,
    except: &BTreeSet<String>,
) -> Result<(), LiveError> {
    let nodes = collect(stage, &stage.main).await?;
    let hubs: Vec<String> = nodes
        .iter()
        .filter(|node| node.observations.identity.role.has(Capability::EventHub))
        .map(|node| node.pod.clone())
        .collect();
    let (mut attempts, mut missed) = (Attempts::default(), Vec::new());
    while let Some(attempt) = attempts.next(stage).await? {
        let posted = revoke_at_each(stage, requirement, &hubs, when, attempt).await?;
        missed = unheard(stage, &posted, except).await?;
        if missed.is_empty() {
            stage.record.passed(requirement, posted.len());
            stage.say(&format!(
                "{when}: a revocation posted to each of {} event hub nodes is heard by every listener",
                posted.len()
            ));
            break;
        }
    }
    for (hub, listener) in missed {
        let fault = Fault::new(
            format!("{when}, a revocation posted to {hub} is never heard by {listener}"),
            "let every node of the event hub tell every other by a publisher of its own, and the listener listen to one of them",
        )
        .at("Pod", &listener)
        .peer(hub);
        stage.failed(requirement, fault);
    }
    Ok(())
}

/// Posts a revocation to each node of the event hub; the nodes that took it, and the event's id.
async fn revoke_at_each(
    stage: &mut Stage,
    requirement: &str,
    hubs: &[String],
    when: &str,
    attempt: usize,
) -> Result<Vec<(String, String)>, LiveError> {
    let mut posted = Vec::new();
    let port = Port::speaking(Protocol::Servlets, false).number;
    for hub in hubs {
        let token = format!("{when}, {hub}, {attempt}").replace([' ', ','], "-");
        let body = json!({"token": token});
        let answer = stage
            .lab
            .api
            .ask_pod(&stage.namespace, hub, port, NOTIFY, Some(&body))
            .await?;
        if answer.is_none() {
            let fault = Fault::new(
                format!("{when}, {hub} takes no revocation at {NOTIFY}"),
                "see its log",
            )
            .at("Pod", hub);
            stage.failed(requirement, fault);
            continue;
        }
        posted.push((hub.clone(), format!("revoked/{token}")));
    }
    Ok(posted)
}

/// Pairs of an event hub node and a listener that did not hear of it, when patience ends.
pub(crate) async fn unheard(
    stage: &Stage,
    posted: &[(String, String)],
    except: &BTreeSet<String>,
) -> Result<Vec<(String, String)>, LiveError> {
    let mut waiting = Waiting::begin();
    loop {
        let nodes = collect(stage, &stage.main).await?;
        let missed = missed(&nodes, posted, except);
        if missed.is_empty() || waiting.is_over(PATIENCE) {
            return Ok(missed);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Pairs of an event hub node and a listener that has not heard of what was posted there.
pub(crate) fn missed(
    nodes: &[Observed],
    posted: &[(String, String)],
    except: &BTreeSet<String>,
) -> Vec<(String, String)> {
    let mut missed = Vec::new();
    for node in listeners(nodes).filter(|node| !except.contains(&node.pod)) {
        let heard: BTreeSet<&String> = node.observations.story.heard.values().flatten().collect();
        let not_heard = posted.iter().filter(|(_, id)| !heard.contains(id));
        missed.extend(not_heard.map(|(hub, _)| (hub.clone(), node.pod.clone())));
    }
    missed
}

/// Deploys an API; every listener that is not known to be deaf must hear of it. Whether gateways serve it then, the story
/// tells.
async fn judge_deployment(
    stage: &mut Stage,
    when: &str,
    except: &BTreeSet<String>,
) -> Result<(), LiveError> {
    let name = format!("deployed {when}").replace(' ', "-");
    let (mut attempts, mut missed) = (Attempts::default(), Vec::new());
    while attempts.next(stage).await?.is_some() {
        let Some(hub) = story::hub(stage).await? else {
            return Ok(());
        };
        let api = ask(stage, &hub, "/standin/deploy", &json!({"api": name})).await?;
        let Some(revision) = api.as_ref().and_then(|api| api.get("revision")) else {
            // The story tells why.
            return Ok(());
        };
        let posted = [(hub, format!("deployed/{name}/{revision}"))];
        missed = unheard(stage, &posted, except).await?;
        if missed.is_empty() {
            stage.passed(LISTENERS_WAIT);
            break;
        }
    }
    for (hub, listener) in missed {
        let fault = Fault::new(
            format!("{when}, {listener} never hears that an API was deployed at {hub}"),
            "let it wait for the event hub before it starts, and listen to it",
        )
        .at("Pod", &listener)
        .peer(hub);
        stage.failed(LISTENERS_WAIT, fault);
    }
    Ok(())
}
