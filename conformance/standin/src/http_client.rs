//! Asks others over HTTP.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use crate::dial::{DialError, Target, dial};
use crate::identity::Identity;
use crate::node::Node;
use crate::observations::Verdict;
use crate::protocol::Stream;

/// The header in which stand-ins tell each other who they are.
pub(crate) const IDENTITY_HEADER: &str = "x-standin-identity";
/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 4 << 20;

/// A question to another component.
#[derive(Debug, Clone, Default)]
pub(crate) struct Question {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) token: Option<String>,
    pub(crate) json: Option<String>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Question {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            ..Self::default()
        }
    }

    pub(crate) fn post(path: impl Into<String>, json: String) -> Self {
        Self {
            method: Method::POST,
            path: path.into(),
            json: Some(json),
            ..Self::default()
        }
    }
}

/// What another component answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Who answered, if it was a stand-in.
    pub(crate) identity: Option<Identity>,
    pub(crate) body: Bytes,
}

/// Asks over a new connection.
pub(crate) async fn ask(
    node: &Node,
    target: &Target,
    question: Question,
) -> Result<Answer, DialError> {
    let stream = dial(node, target).await?;
    ask_over(node, target, stream, question).await
}

/// Asks over a connection that is there already.
pub(crate) async fn ask_over(
    node: &Node,
    target: &Target,
    stream: Box<dyn Stream>,
    question: Question,
) -> Result<Answer, DialError> {
    match timeout(ANSWER_TIMEOUT, answer(node, target, stream, question)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(DialError::new(
            Verdict::WrongProtocol,
            format!("HTTP: {error}"),
        )),
        Err(_) => Err(DialError::new(Verdict::Timeout, "HTTP: no answer in time")),
    }
}

async fn answer(
    node: &Node,
    target: &Target,
    stream: Box<dyn Stream>,
    question: Question,
) -> Result<Answer, ExchangeError> {
    let mut request = Request::builder()
        .method(question.method)
        .uri(question.path)
        .header(HOST, format!("{}:{}", target.host, target.port))
        .header(IDENTITY_HEADER, serde_json::to_string(&node.identity)?);
    if let Some(token) = &question.token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    for (name, value) in question.headers {
        request = request.header(name, value);
    }
    if question.json.is_some() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    let body = question.json.unwrap_or_default();
    let response = exchange(stream, request.body(body.into())?).await?;
    let identity = response
        .headers()
        .get(IDENTITY_HEADER)
        .and_then(|value| serde_json::from_slice(value.as_bytes()).ok());
    Ok(Answer {
        status: response.status().as_u16(),
        identity,
        body: response.into_body(),
    })
}

/// Why a connection gives no answer.
pub(crate) type ExchangeError = Box<dyn std::error::Error + Send + Sync>;

/// Sends one request over a connection and reads the whole answer.
pub(crate) async fn exchange(
    stream: impl Stream + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Response<Bytes>, ExchangeError> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, LONGEST_ANSWER).collect().await?;
    driver.abort();
    Ok(Response::from_parts(parts, body.to_bytes()))
}
