//! HTTP: the servlet transport and the gateway's.

use am_product::Capability;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, HeaderValue, LOCATION};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};

use super::message::{Reply, not_found, token};
use super::{admin, catalog, integrations, issuer};
use crate::dial::Target;
use crate::http_client::{IDENTITY_HEADER, Question, ask};
use crate::links::notify_event_hub;
use crate::node::Node;
use crate::ports::{Port, Service};
use crate::protocol::Stream;
use crate::role::Role;
use crate::services::SERVICES;
use crate::story;

/// How long a client may take to send the head of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);

/// Where the management console sends whoever is not signed in.
const LOGIN_PAGE: &str = "/carbon/admin/login.jsp";

/// Serves one connection of a servlet, gateway or streaming port.
pub(super) async fn serve(node: Arc<Node>, port: &Port, stream: Box<dyn Stream>, from: IpAddr) {
    serve_with(Arc::clone(&node), stream, |request| {
        let node = Arc::clone(&node);
        async move {
            let header = request.headers().get(IDENTITY_HEADER);
            let identity = header.and_then(|value| serde_json::from_slice(value.as_bytes()).ok());
            node.observe_inbound(&port.name, from, identity.as_ref());
            match port.service {
                _ if request.uri().path() == "/standin/hello" => (200, json!(node.identity)),
                Service::Servlet => servlet(&node, request).await,
                Service::Gateway => gateway(&node, &request).await,
                Service::Integrations => integrations::call(&node, &request).await,
                _ => not_found(),
            }
        }
    })
    .await;
}

/// Serves a connection whose requests `answer` answers.
pub(super) async fn serve_with<F: Future<Output = Reply>>(
    node: Arc<Node>,
    stream: impl Stream,
    answer: impl Fn(Request<Incoming>) -> F,
) {
    let service = service_fn(|request| {
        let reply = answer(request);
        let node = Arc::clone(&node);
        async move { Ok::<_, Infallible>(response(&node, reply.await)) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(16 << 10)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    // A client that goes away in the middle is no fault of this node's.
    drop(served);
}

fn response(node: &Node, (status, body): Reply) -> Response<Full<Bytes>> {
    let text = match body {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let location = (status == 302).then(|| HeaderValue::from_str(&text).ok());
    let mut response = Response::new(Full::new(Bytes::from(text)));
    if let Some(location) = location.flatten() {
        response.headers_mut().insert(LOCATION, location);
    }
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let identity = serde_json::to_string(&node.identity).unwrap_or_default();
    if let Ok(value) = HeaderValue::from_str(&identity) {
        response.headers_mut().insert(IDENTITY_HEADER, value);
    }
    response
}

async fn servlet(node: &Arc<Node>, request: Request<Incoming>) -> Reply {
    let role = node.identity.role;
    if role == Role::IdentityServer {
        return issuer::answer(node, request).await;
    }
    if role.has(Capability::Integrates) {
        return integrations::inner(node, &request);
    }
    if role.has(Capability::Streams) {
        return integrations::of_streams(&request);
    }
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    let undeployed = &node.settings.undeployed;
    if undeployed.iter().any(|prefix| path.starts_with(prefix)) {
        return (302, json!(LOGIN_PAGE));
    }
    match (method, path.as_str()) {
        (Method::GET, "/services/Version") => (
            200,
            json!(format!(
                "<return>WSO2 API Manager-{} (stand-in)</return>",
                node.identity.version
            )),
        ),
        (Method::GET, "/api/am/gateway/v2/server-startup-healthcheck")
            if role.has(Capability::ServesTraffic) =>
        {
            health(node)
        }
        (Method::GET, "/oauth2/jwks") if role.has(Capability::IssuesTokens) => {
            (200, json!({ "keys": [] }))
        }
        (Method::POST, "/oauth2/revoke") if role.has(Capability::IssuesTokens) => {
            match token(request).await {
                Some(token) => {
                    notify_event_hub(node, &token);
                    (200, json!({}))
                }
                None => (400, json!("no token")),
            }
        }
        (Method::POST, "/internal/data/v1/notify") if role.has(Capability::EventHub) => {
            match admin::refused(node, request.headers()) {
                Some(reply) => reply,
                None => notify(node, request).await,
            }
        }
        (_, path) if path.starts_with(admin::KEY_MANAGERS) && role.has(Capability::Portals) => {
            admin::key_managers(node, request).await
        }
        (_, path) if path.starts_with(SERVICES) && role.has(Capability::Portals) => {
            catalog::services(node, request).await
        }
        (Method::GET, "/internal/data/v1/runtime-artifacts")
            if role.has(Capability::InternalData) =>
        {
            match story::artifacts(node).await {
                Ok(artifacts) => (200, json!(artifacts)),
                Err(reason) => (500, json!({ "error": reason })),
            }
        }
        (Method::GET, "/internal/data/v1/gateway-policies" | "/internal/data/v1/tenants")
            if role.has(Capability::InternalData) =>
        {
            (200, json!([]))
        }
        (Method::GET, LOGIN_PAGE) => (200, json!("<form>Sign in (stand-in)</form>")),
        // Services are looked up by name; every other path belongs to the management console, which wants to know who
        // is there. So does the path of an application that failed to deploy: a client that follows sees 200. Source:
        // seen on 4.5.0 (facts: observed-on-the-product.md, What breaks, 7).
        (_, path) if path.starts_with("/services/") => not_found(),
        _ => (302, json!(LOGIN_PAGE)),
    }
}

/// The event hub is told of a revoked token.
pub(super) async fn notify(node: &Node, request: Request<Incoming>) -> Reply {
    match token(request).await {
        None => (400, json!({ "error": "expected {\"token\": \"…\"}" })),
        Some(token) => match story::notified(node, &token).await {
            Ok(event) => (200, json!({ "event": event })),
            Err(reason) => (500, json!({ "error": reason })),
        },
    }
}

fn health(node: &Node) -> Reply {
    if node.is_ready() {
        (200, json!({ "status": "ready" }))
    } else {
        (500, json!({ "status": "not-ready" }))
    }
}

async fn gateway(node: &Node, request: &Request<Incoming>) -> Reply {
    let path = request.uri().path();
    if path == "/health-check" {
        return health(node);
    }
    let (api, rest) = api(path);
    let header = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = header
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or("anonymous");
    let status = story::request(node, api, token.trim());
    let mut answer = json!({ "api": api, "served_by": node.identity.pod });
    let endpoint = story::endpoint(node, api).filter(|_| status == 200);
    let Some(endpoint) = endpoint else {
        return (status, answer);
    };
    // A back end that cannot be reached is told as the product does, with the code of its mediation engine.
    let status = match back_end(node, &format!("{endpoint}{rest}")).await {
        Ok((status, said)) => {
            answer["backend"] = said;
            status
        }
        Err(reason) => {
            answer["error"] = json!({ "code": 101_503, "message": reason });
            503
        }
    };
    (status, answer)
}

/// The API of a path, and what follows it. That of a tenant begins with `t` and the domain.
fn api(path: &str) -> (&str, &str) {
    let path = path.trim_start_matches('/');
    let segments = if path.starts_with("t/") { 3 } else { 1 };
    let end = path.match_indices('/').nth(segments - 1);
    path.split_at(end.map_or(path.len(), |(at, _)| at))
}

async fn back_end(node: &Node, url: &str) -> Result<(u16, Value), String> {
    let (target, path) =
        Target::of_url(url).ok_or_else(|| format!("{url} is no http or https URL"))?;
    let answer = ask(node, &target, Question::get(path)).await;
    let answer = answer.map_err(|error| error.to_string())?;
    Ok((
        answer.status,
        serde_json::from_slice(&answer.body).unwrap_or_default(),
    ))
}

#[cfg(test)]
mod tests {
    use super::api;

    #[test]
    fn an_api_of_a_tenant_begins_with_the_tenant() {
        assert_eq!(api("/pizza/menu"), ("pizza", "/menu"));
        assert_eq!(api("/pizza"), ("pizza", ""));
        assert_eq!(
            api("/t/acme.example.com/orders/7"),
            ("t/acme.example.com/orders", "/7")
        );
        assert_eq!(api("/t/acme.example.com"), ("t/acme.example.com", ""));
    }
}
