//! Servers beside API Manager: what gateways call of integrations, and what inner ports answer.

use hyper::body::Incoming;
use hyper::{Method, Request};
use serde_json::json;
use tokio::time::sleep;

use super::message::{Reply, not_found};
use crate::basic;
use crate::node::Node;

/// A gateway, or whoever else may, calls a service.
pub(super) async fn call(node: &Node, request: &Request<Incoming>) -> Reply {
    sleep(node.settings.service_time).await;
    let path = request.uri().path();
    if node.apps.serve(path) {
        (200, json!({ "path": path, "served_by": node.identity.pod }))
    } else {
        not_found()
    }
}

/// Health, metrics, management. It is ready when all of its apps are (facts: integration-and-vm.md, 1.4).
pub(super) fn inner(node: &Node, request: &Request<Incoming>) -> Reply {
    let faulty = &node.apps.faulty;
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/liveness") => (200, json!({ "status": "ready" })),
        (&Method::GET, "/healthz") if faulty.is_empty() => (200, json!({ "status": "ready" })),
        (&Method::GET, "/healthz") => (500, json!({ "status": "not ready", "faulty": faulty })),
        (&Method::GET, "/metric-service/metrics") => (200, json!("")),
        (_, path) if path.starts_with("/management") => (401, json!({ "error": "sign in" })),
        _ => not_found(),
    }
}

/// The inner ports of a server of apps on streams, which ask for an account (facts: integration-and-vm.md, 2.2).
pub(super) fn of_streams(request: &Request<Incoming>) -> Reply {
    match (request.method(), request.uri().path()) {
        _ if basic::account(request.headers()).is_none() => (401, json!({ "error": "sign in" })),
        (&Method::GET, "/health") => (200, json!({ "status": "healthy" })),
        (&Method::GET, "/siddhi-apps") => (200, json!([])),
        _ => not_found(),
    }
}
