//! The Admin API, as far as a key manager is registered by it, and what an event hub wants of a sender that is none of its own.

use hyper::body::Incoming;
use hyper::{HeaderMap, Method, Request};
use serde_json::{Value, json};

use super::message::{Reply, body, not_found};
use crate::basic;
use crate::node::Node;
use crate::revocation::SENDER;
use crate::services::written;
use crate::story;

pub(super) const KEY_MANAGERS: &str = "/api/am/admin/v4/key-managers";
/// The key of the administrator's name.
const ADMINISTRATOR: &str = "super_admin.username";
/// What notifies and is known: the handler of an event is looked up by this.
const SENDERS: [&str; 2] = ["default", "WSO2-IS"];
/// What the product and the connector read without asking whether it is there, or ask for.
const REQUIRED: [&str; 7] = [
    "/name",
    "/type",
    "/tokenType",
    "/additionalProperties/Username",
    "/additionalProperties/Password",
    "/additionalProperties/api_resource_management_endpoint",
    "/additionalProperties/is7_roles_endpoint",
];
const PASSWORD: &str = "/additionalProperties/Password";

/// Lists, registers and changes key managers.
pub(super) async fn key_managers(node: &Node, request: Request<Incoming>) -> Reply {
    if !is_account(node, request.headers()) {
        return (401, json!({ "code": 900_901 }));
    }
    let path = request.uri().path().trim_start_matches(KEY_MANAGERS);
    let id = path.strip_prefix('/').map(str::to_owned);
    match (request.method(), &id) {
        (&Method::GET, None) => list(node).await,
        (&Method::POST, None) | (&Method::PUT, Some(_)) => register(node, id, request).await,
        _ => not_found(),
    }
}

async fn list(node: &Node) -> Reply {
    match story::artifacts(node).await {
        Err(reason) => (500, json!({ "error": reason })),
        Ok(records) => {
            let known: Vec<Value> = records
                .key_managers
                .iter()
                .map(|(name, known)| json!({ "id": known.id, "name": name, "type": known.document["type"] }))
                .collect();
            (200, json!({ "count": known.len(), "list": known }))
        }
    }
}

async fn register(node: &Node, id: Option<String>, request: Request<Incoming>) -> Reply {
    let Some(mut document) = body::<Value>(request).await else {
        return (400, json!({ "error": "expected a key manager" }));
    };
    let is_text = |place: &&str| {
        let text = document.pointer(place).and_then(Value::as_str);
        text.is_some_and(|text| !text.is_empty())
    };
    if let Some(missing) = REQUIRED.iter().find(|place| !is_text(place)) {
        return (
            400,
            json!({ "code": 901_401, "description": format!("{missing} is missing") }),
        );
    }
    // A password is told to nobody; what was left to be filled in is.
    if let Some(Value::String(password)) = document.pointer_mut(PASSWORD)
        && !password.starts_with('$')
    {
        "***".clone_into(password);
    }
    let status = if id.is_some() { 200 } else { 201 };
    match story::register(node, id, document).await {
        Ok(Ok(id)) => (status, json!({ "id": id })),
        Ok(Err(status)) => (status, json!({ "code": 901_400 })),
        Err(reason) => (500, json!({ "error": reason })),
    }
}

/// What another product that notifies is answered, unless its event is taken: it signs in, and one of a kind without a handler is
/// told 200 and forgotten. Source: facts/identity-server.md, Its own configuration.
pub(super) fn refused(node: &Node, headers: &HeaderMap) -> Option<Reply> {
    let sender = headers.get(SENDER)?.to_str().unwrap_or_default();
    if !is_account(node, headers) {
        return Some((401, json!({ "code": 900_901 })));
    }
    (!SENDERS.contains(&sender)).then(|| (200, json!({ "event": null })))
}

/// Whether a request comes with the administrator's account. The configuration does not keep the password, so that any will do that
/// is one.
fn is_account(node: &Node, headers: &HeaderMap) -> bool {
    let Some((user, password)) = basic::account(headers) else {
        return false;
    };
    is_administrator(node, &user, &password)
}

/// Whether this is the administrator's account.
pub(super) fn is_administrator(node: &Node, user: &str, password: &str) -> bool {
    let mut effective = node.configuration.effective.iter();
    let own = effective.find(|entry| entry.key == ADMINISTRATOR);
    let own = own
        .map(|entry| written(&entry.value))
        .filter(|own| !own.is_empty());
    own.is_none_or(|own| own == user) && !password.is_empty() && !password.starts_with('$')
}
