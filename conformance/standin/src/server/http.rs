//! HTTP: the servlet transport and the gateway's.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::dial::{Stream, Target};
use crate::edge::Purpose;
use crate::http_client::{IDENTITY_HEADER, Question, ask};
use crate::links::notify_event_hub;
use crate::node::Node;
use crate::ports::{Port, Service};
use crate::story;

/// Longest body that is read, in bytes.
const LONGEST_BODY: usize = 64 << 10;
/// How long a client may take to send the head of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);

/// A status and a JSON body.
pub(super) type Reply = (u16, Value);

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
                Service::Gateway => gateway(&node, &request),
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
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let identity = serde_json::to_string(&node.identity).unwrap_or_default();
    if let Ok(value) = HeaderValue::from_str(&identity) {
        response.headers_mut().insert(IDENTITY_HEADER, value);
    }
    response
}

pub(super) fn not_found() -> Reply {
    (404, json!("not found"))
}

async fn servlet(node: &Arc<Node>, request: Request<Incoming>) -> Reply {
    let role = node.identity.role;
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    match (method, path.as_str()) {
        (Method::GET, "/services/Version") => (
            200,
            json!(format!(
                "<return>WSO2 API Manager-{} (stand-in)</return>",
                node.identity.version
            )),
        ),
        (Method::GET, "/api/am/gateway/v2/server-startup-healthcheck") if role.has_gateway() => {
            health(node)
        }
        (Method::GET, "/oauth2/jwks") if role.has_key_manager() => (200, json!({ "keys": [] })),
        (Method::POST, "/oauth2/revoke") if role.has_key_manager() => match token(request).await {
            Some(token) => {
                node.state().story.revoked_tokens.insert(token.clone());
                notify_event_hub(node, &token);
                (200, json!({}))
            }
            None => (400, json!("no token")),
        },
        (Method::POST, "/internal/data/v1/notify") if role.has_event_hub() => {
            match token(request).await {
                Some(token) => {
                    story::notified(node, &token);
                    (200, json!({}))
                }
                None => (400, json!("no token")),
            }
        }
        (Method::GET, "/internal/data/v1/runtime-artifacts") if role.has_internal_data() => {
            (200, json!(story::artifacts(node)))
        }
        (Method::GET, "/internal/data/v1/gateway-policies" | "/internal/data/v1/tenants")
            if role.has_internal_data() =>
        {
            (200, json!([]))
        }
        (Method::POST, path) => command(node, path, request).await,
        _ => not_found(),
    }
}

fn health(node: &Node) -> Reply {
    if node.is_ready() {
        (200, json!({ "status": "ready" }))
    } else {
        (500, json!({ "status": "not-ready" }))
    }
}

fn gateway(node: &Node, request: &Request<Incoming>) -> Reply {
    let path = request.uri().path();
    if path == "/health-check" {
        return health(node);
    }
    let api = path
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    let header = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = header
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or("anonymous");
    let status = story::request(node, api, token.trim());
    (
        status,
        json!({ "api": api, "served_by": node.identity.pod }),
    )
}

/// Commands of the story, by which the suite plays the user.
pub(super) async fn command(node: &Arc<Node>, path: &str, request: Request<Incoming>) -> Reply {
    match path {
        "/standin/deploy" if node.identity.role.has_event_hub() => match body(request).await {
            Some(Deploy { api, environments }) => match story::deploy(node, &api, &environments) {
                Ok(api) => (200, json!(api)),
                Err(reason) => (409, json!({ "error": reason })),
            },
            None => (
                400,
                json!({ "error": "expected {\"api\": \"name\", \"environments\": [\"…\"]}" }),
            ),
        },
        "/standin/revoke" if node.identity.role.has_event_hub() => match token(request).await {
            Some(token) => revoke(node, &token).await,
            None => (400, json!({ "error": "expected {\"token\": \"…\"}" })),
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
    let Some((target, path)) = target_of(url) else {
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
            Ok(answer) => json!({ "status": answer.status, "by": answer.identity.map(|identity| identity.pod) }),
            Err(error) => json!({ "verdict": error.verdict, "error": error.reason }),
        });
    }
    (200, json!({ "answers": answers }))
}

fn target_of(url: &str) -> Option<(Target, String)> {
    let uri: hyper::Uri = url.parse().ok()?;
    let tls = match uri.scheme_str()? {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let host = uri.host()?.trim_matches(['[', ']']).to_owned();
    let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
    let path = uri
        .path_and_query()
        .map_or_else(|| "/".to_owned(), ToString::to_string);
    let own_node = host == "localhost";
    Some((
        Target {
            host,
            port,
            tls,
            own_node,
        },
        path,
    ))
}

/// The `token` of a JSON body or of a form.
async fn token(request: Request<Incoming>) -> Option<String> {
    let bytes = bytes(request).await?;
    if let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
        return value
            .get("token")
            .and_then(Value::as_str)
            .map(str::to_owned);
    }
    let text = std::str::from_utf8(&bytes).ok()?;
    text.split('&')
        .find_map(|pair| pair.strip_prefix("token="))
        .map(str::to_owned)
}

async fn body<T: serde::de::DeserializeOwned>(request: Request<Incoming>) -> Option<T> {
    serde_json::from_slice(&bytes(request).await?).ok()
}

async fn bytes(request: Request<Incoming>) -> Option<Bytes> {
    Limited::new(request.into_body(), LONGEST_BODY)
        .collect()
        .await
        .ok()
        .map(http_body_util::Collected::to_bytes)
}
