//! HTTPS to the event hub: a gateway's APIs, and news of revoked tokens.

use std::sync::Arc;

use am_product::Feature;

use super::upkeep::Backoff;
use crate::database::Records;
use crate::dial::Target;
use crate::edge::{Edge, Purpose};
use crate::http_client::{Question, ask};
use crate::node::Node;
use crate::story;

/// Attempts to tell an event hub of a revoked token, with up to three seconds in between.
const ATTEMPTS: u32 = 40;

/// Keeps a gateway's APIs up to date.
///
/// The product gives up after some attempts, and is then never ready until it is restarted. A stand-in goes on, so
/// that what is judged is the wiring and not the order in which pods start.
pub(super) fn start(node: &Arc<Node>) {
    if !node.configuration.sync_artifacts {
        node.warn("apim.sync_runtime_artifacts.gateway.enable is false: this gateway never fetches its APIs");
        return;
    }
    let Some(edge) = node
        .configuration
        .edges_for(Purpose::EventHubService)
        .next()
        .cloned()
    else {
        node.warn("no event hub is configured: this gateway never fetches its APIs");
        return;
    };
    let node = Arc::clone(node);
    tokio::spawn(async move {
        let mut backoff = Backoff::new();
        loop {
            match fetch(&node, &edge).await {
                Ok(true) => {
                    backoff.reset();
                    node.fetch.notified().await;
                }
                Ok(false) => backoff.wait().await,
                Err(reason) => {
                    node.warn(format!(
                        "{}: artifacts could not be fetched: {reason}",
                        edge.url
                    ));
                    backoff.wait().await;
                }
            }
        }
    });
}

/// Fetches everything; tells whether it holds all that was announced.
async fn fetch(node: &Node, edge: &Edge) -> Result<bool, String> {
    let provisioned = node.state().provisioned;
    let body = get(node, edge, "runtime-artifacts").await?;
    let artifacts: Records =
        serde_json::from_slice(&body).map_err(|_| "the answer holds no artifacts".to_owned())?;
    if !provisioned {
        get(node, edge, "gateway-policies").await?;
        if node.version.has(Feature::GatewaysFetchTenants) {
            get(node, edge, "tenants").await?;
        }
    }
    Ok(story::provision(node, artifacts))
}

/// The product cuts `service_url` at `/services` and appends its own path.
async fn get(node: &Node, edge: &Edge, what: &str) -> Result<Vec<u8>, String> {
    let context = edge
        .path()
        .split("/services")
        .next()
        .unwrap_or_default()
        .trim_end_matches('/')
        .to_owned();
    let question = Question::get(format!("{context}/internal/data/v1/{what}"));
    let answer = ask(node, &Target::from(edge), question)
        .await
        .map_err(|error| error.to_string())?;
    match answer.status {
        200 => Ok(answer.body.to_vec()),
        status => Err(format!("{what}: HTTP status {status}")),
    }
}

/// A key manager tells the event hub of a revoked token, until that knows.
pub(crate) fn notify_event_hub(node: &Arc<Node>, token: &str) {
    let body = serde_json::json!({ "token": token }).to_string();
    for edge in node.configuration.edges_for(Purpose::Notification) {
        let (node, edge, body) = (Arc::clone(node), edge.clone(), body.clone());
        tokio::spawn(async move {
            let mut backoff = Backoff::new();
            for _ in 0..ATTEMPTS {
                let question = Question::post(edge.path(), body.clone());
                if ask(&node, &Target::from(&edge), question)
                    .await
                    .is_ok_and(|answer| answer.status == 200)
                {
                    return;
                }
                backoff.wait().await;
            }
            node.warn(format!(
                "{}: the event hub could not be told of a revoked token",
                edge.url
            ));
        });
    }
}
