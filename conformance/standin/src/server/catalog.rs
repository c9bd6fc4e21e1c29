//! The service catalogue of the component with the portals: each tenant's services, for whoever signs in with an account of that tenant.

use hyper::body::Incoming;
use hyper::{HeaderMap, Method, Request};
use serde_json::{Value, json};

use super::admin::is_administrator;
use super::message::{Reply, body, not_found};
use crate::basic;
use crate::http_client::IDENTITY_HEADER;
use crate::identity::Identity;
use crate::node::Node;
use crate::services::{IMPORT, SERVICES, SUPER_TENANT, digest};
use crate::story;

/// Lists a tenant's services, or takes what a server registers.
pub(super) async fn services(node: &Node, request: Request<Incoming>) -> Reply {
    let tenant = match tenant(node, request.headers()).await {
        Ok(Some(tenant)) => tenant,
        Ok(None) => return (401, json!({ "code": 900_901 })),
        Err(reason) => return (500, json!({ "error": reason })),
    };
    let path = request.uri().path().strip_prefix(SERVICES);
    match (request.method(), path) {
        (&Method::GET, Some("")) => match story::artifacts(node).await {
            Ok(records) => {
                let own = records.services.get(&tenant);
                let list: Vec<_> = own.into_iter().flat_map(|own| own.values()).collect();
                (200, json!({ "count": list.len(), "list": list }))
            }
            Err(reason) => (500, json!({ "error": reason })),
        },
        (&Method::POST, Some(IMPORT)) => import(node, tenant, request).await,
        _ => not_found(),
    }
}

async fn import(node: &Node, tenant: String, request: Request<Incoming>) -> Reply {
    let header = request.headers().get(IDENTITY_HEADER);
    let by: Option<Identity> =
        header.and_then(|value| serde_json::from_slice(value.as_bytes()).ok());
    let by = by.map_or_else(|| "stranger".to_owned(), |identity| identity.pod);
    let Some(services) = body(request).await else {
        return (400, json!({ "error": "expected a list of services" }));
    };
    match story::register_services(node, tenant, services, by).await {
        Ok(()) => (200, json!({})),
        Err(reason) => (500, json!({ "error": reason })),
    }
}

/// The tenant of a request's account; none when nobody has it. Who names no tenant is of the first one, as the administrator is.
async fn tenant(node: &Node, headers: &HeaderMap) -> Result<Option<String>, String> {
    let Some((user, password)) = basic::account(headers) else {
        return Ok(None);
    };
    let records = story::artifacts(node).await?;
    let domain = user.rsplit_once('@').map(|(_, domain)| domain.to_owned());
    let is_known = match records.accounts.get(&user) {
        Some(known) => *known == digest(&password),
        None => domain.is_none() && is_administrator(node, &user, &password),
    };
    Ok(is_known.then(|| domain.unwrap_or_else(|| SUPER_TENANT.to_owned())))
}

/// Everything that is registered, by tenant and key.
pub(super) async fn everything(node: &Node) -> Reply {
    match story::artifacts(node).await {
        Ok(records) => (200, json!(records.services)),
        Err(reason) => (500, json!({ "error": reason })),
    }
}

/// Makes an account, or gives it another password.
pub(super) async fn enrol(node: &Node, request: Request<Incoming>) -> Reply {
    let account: Option<Value> = body(request).await;
    let text = |key: &str| account.as_ref()?.get(key)?.as_str();
    let (Some(user), Some(password)) = (text("user"), text("password")) else {
        return (
            400,
            json!({ "error": "expected {\"user\": \"…\", \"password\": \"…\"}" }),
        );
    };
    match story::enrol(node, user, &digest(password)).await {
        Ok(()) => (200, json!({})),
        Err(reason) => (500, json!({ "error": reason })),
    }
}
