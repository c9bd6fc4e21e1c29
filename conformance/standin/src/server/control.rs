//! The stand-in's own port: observations and the commands of the story, in clear text and on no Service.
//!
//! | request | on | answers at once |
//! |---|---|---|
//! | `GET /observations` | every role | [`Observations`](crate::observations::Observations), from the start of the process on |
//! | `POST /standin/deploy` `{"api": "pizza", "environments": ["Default"], "endpoint": "https://…"}` | event hub | 200 and the API; 409 without such an environment |
//! | `POST /standin/enrol` `{"user": "…", "password": "…"}` | portals | 200: the account is known from now on |
//! | `POST /standin/catalog` | portals | 200 and every tenant's services, by tenant and key |
//! | `POST /standin/revoke` `{"token": "…"}` | event hub | 200 once the configured `revoke_endpoint` took it: any node may be notified |
//! | `POST /standin/revoke` `{"token": "…"}` | identity server | 200, and what the one that it notified answered; 502 without an answer |
//! | `POST /standin/notify` `{"token": "…"}` | event hub | 200 and `{"event": "revoked/…"}`: this very node is notified, as by `/internal/data/v1/notify` |
//! | `POST /standin/replicate` `{"shared_db": {…}}` | database | 200 and what each database holds, now that it took this over |
//! | `POST /standin/send` `{"addresses": [["si-0", 7611]], "port": "…", "prefix": "a", "count": 1, "pause_ms": 0, "patience_ms": 100}` | every role | who took which event, and what nobody took |
//! | `POST /standin/request` `{"url": "https://…", "token": "…", "count": 1}` | every role | every status and who answered |
//!
//! Who has heard what is in the observations: `story.heard.tokenRevocation` of each gateway holds the ids of events.
//! `story.subscriptions[]` tells for each listener its key, its addresses, whom it is connected to, and whether it is
//! deaf; `hangs` why a server never opens its ports; `warnings` what it would log.

use am_product::Capability;
use std::collections::BTreeSet;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Method, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::http::{notify, serve_with};
use super::message::{Reply, body, not_found, token};
use super::{catalog, issuer};
use crate::dial::Target;
use crate::edge::Purpose;
use crate::http_client::{Question, ask};
use crate::node::Node;
use crate::observations::now_ms;
use crate::role::Role;
use crate::{story, streams};

/// Serves one connection.
pub(super) async fn serve(node: Arc<Node>, stream: TcpStream) {
    serve_with(Arc::clone(&node), stream, |request| {
        let node = Arc::clone(&node);
        async move {
            let path = request.uri().path().to_owned();
            match (request.method(), path.as_str()) {
                (&Method::GET, "/observations") => (200, json!(node.observations())),
                (&Method::POST, path) => command(&node, path, request).await,
                _ => not_found(),
            }
        }
    })
    .await;
}

/// Commands of the story, by which the suite plays the user.
async fn command(node: &Arc<Node>, path: &str, request: Request<Incoming>) -> Reply {
    match path {
        "/standin/deploy" if node.identity.role.has(Capability::EventHub) => {
            match body(request).await {
                Some(Deploy {
                    api,
                    environments,
                    endpoint,
                }) => match story::deploy(node, &api, &environments, endpoint).await {
                    Ok(api) => (200, json!(api)),
                    Err(reason) => (409, json!({ "error": reason })),
                },
                None => (
                    400,
                    json!({ "error": "expected {\"api\": \"name\", \"environments\": [\"…\"]}" }),
                ),
            }
        }
        "/standin/revoke" if node.identity.role.has(Capability::EventHub) => {
            match token(request).await {
                Some(token) => revoke(node, &token).await,
                None => (400, json!({ "error": "expected {\"token\": \"…\"}" })),
            }
        }
        "/standin/revoke" if node.identity.role == Role::IdentityServer => {
            issuer::revoke(node, request).await
        }
        "/standin/notify" if node.identity.role.has(Capability::EventHub) => {
            notify(node, request).await
        }
        "/standin/enrol" if node.identity.role.has(Capability::Portals) => {
            catalog::enrol(node, request).await
        }
        "/standin/catalog" if node.identity.role.has(Capability::Portals) => {
            catalog::everything(node).await
        }
        "/standin/replicate" if node.identity.role == Role::Database => match body(request).await {
            Some(others) => (200, json!(node.databases().replicate(others))),
            None => (400, json!({ "error": "expected {\"shared_db\": {…}}" })),
        },
        "/standin/send" => match body(request).await {
            Some(sending) => (200, streams::send(node, &sending).await),
            None => (400, json!({ "error": "expected what to send where" })),
        },
        "/standin/request" => match body(request).await {
            Some(Ask { url, token, count }) => ask_many(node, &url, token, count).await,
            None => (
                400,
                json!({ "error": "expected {\"url\": \"https://…\", \"token\": \"…\", \"count\": 1}" }),
            ),
        },
        _ => not_found(),
    }
}

#[derive(Deserialize)]
struct Deploy {
    api: String,
    #[serde(default)]
    environments: BTreeSet<String>,
    endpoint: Option<String>,
}

#[derive(Deserialize)]
struct Ask {
    url: String,
    token: Option<String>,
    #[serde(default = "once")]
    count: u32,
}

fn once() -> u32 {
    1
}

/// Revokes a token as the developer portal does: at the key manager that this node is configured for.
async fn revoke(node: &Arc<Node>, token: &str) -> Reply {
    let Some(edge) = node.configuration.edges_for(Purpose::Revoke).next() else {
        return (409, json!({ "error": "no revoke endpoint is configured" }));
    };
    let question = Question::post(edge.path(), json!({ "token": token }).to_string());
    match ask(node, &Target::from(edge), question).await {
        Ok(answer) => (answer.status, json!({ "by": answer.identity })),
        Err(error) => (502, json!({ "error": error.to_string() })),
    }
}

/// Calls a URL from within the cluster, as a client would, and tells every status and who answered.
async fn ask_many(node: &Arc<Node>, url: &str, token: Option<String>, count: u32) -> Reply {
    let Some((target, path)) = Target::of_url(url) else {
        return (
            400,
            json!({ "error": format!("{url} is no http or https URL with a host") }),
        );
    };
    let mut answers = Vec::new();
    for _ in 0..count.min(1000) {
        let question = Question {
            token: token.clone(),
            ..Question::get(path.clone())
        };
        answers.push(match ask(node, &target, question).await {
            Ok(answer) => {
                let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                let by = answer.identity.map(|identity| identity.pod);
                json!({
                    "status": answer.status, "at": now_ms(), "by": by, "backend": said.pointer("/backend/served_by"),
                })
            }
            Err(error) => json!({ "verdict": error.verdict, "at": now_ms(), "error": error.reason }),
        });
    }
    (200, json!({ "answers": answers }))
}
