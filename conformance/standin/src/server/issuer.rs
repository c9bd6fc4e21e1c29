//! What an identity server answers, and how it tells of a revoked token.

use hyper::body::Incoming;
use hyper::{Method, Request};
use serde_json::json;

use super::message::{Reply, not_found, token};
use crate::basic;
use crate::dial::Target;
use crate::http_client::{Question, ask};
use crate::node::Node;
use crate::revocation::SENDER;

/// What is asked with an account: by the component with the portals, and by gateways that ask about tokens.
const WITH_ACCOUNT: [&str; 6] = [
    "/api/identity/oauth2/dcr/v1.1/register",
    "/api/identity/oauth2/v1.0/scopes",
    "/api/server/v1/api-resources",
    "/oauth2/introspect",
    "/scim2/Me",
    "/scim2/v2/Roles",
];
/// What anybody may ask.
const OPEN: [&str; 4] = [
    "/oauth2/authorize",
    "/oauth2/jwks",
    "/oauth2/token",
    "/oauth2/token/.well-known/openid-configuration",
];

pub(super) async fn answer(node: &Node, request: Request<Incoming>) -> Reply {
    let path = request.uri().path().to_owned();
    match path.as_str() {
        "/oauth2/revoke" if request.method() == Method::POST => revoke(node, request).await,
        "/oauth2/jwks" => (200, json!({ "keys": [] })),
        path if OPEN.contains(&path) => (200, json!({})),
        path if WITH_ACCOUNT.contains(&path) => match basic::account(request.headers()) {
            Some(_) => (200, json!({})),
            None => (401, json!({ "error": "sign in" })),
        },
        "/oauth2/revoke" => (400, json!({ "error": "expected POST" })),
        _ => not_found(),
    }
}

/// Revokes a token and tells whom the listener names. The product notifies in the background and answers 200 whatever comes of
/// it; the stand-in says what came of it.
pub(super) async fn revoke(node: &Node, request: Request<Incoming>) -> Reply {
    let Some(token) = token(request).await else {
        return (400, json!({ "error": "no token" }));
    };
    let Some(listener) = &node.configuration.listener else {
        return (200, json!({ "notified": null }));
    };
    let Some((target, path)) = Target::of_url(&listener.url) else {
        return (
            502,
            json!({ "error": format!("{} is no address", listener.url) }),
        );
    };
    let question = Question {
        headers: vec![
            (
                "authorization",
                basic::header(&listener.username, &listener.password),
            ),
            (SENDER, listener.sender.clone()),
        ],
        ..Question::post(path, json!({ "token": token }).to_string())
    };
    match ask(node, &target, question).await {
        Ok(answer) => {
            let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let by = answer.identity.map(|identity| identity.pod);
            let told = json!({ "url": listener.url, "status": answer.status, "by": by, "event": body["event"] });
            (200, json!({ "notified": told }))
        }
        Err(error) => (
            200,
            json!({ "notified": { "url": listener.url, "verdict": error.verdict, "error": error.reason } }),
        ),
    }
}
