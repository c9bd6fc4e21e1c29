//! One GET over a connection of its own, in clear text or over TLS.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::Request;
use hyper::header::HOST;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::options::Sent;
use crate::http_client::exchange;
use crate::protocol::Stream;
use crate::resolver::Resolver;
use crate::tls::any_certificate;

/// How long a transfer may take unless `--max-time` says so.
const PATIENCE: Duration = Duration::from_secs(30);

/// Exit codes of the real curl.
const UNRESOLVED: u8 = 6;
const NOT_CONNECTED: u8 = 7;
const TIMED_OUT: u8 = 28;
const NO_TLS: u8 = 35;
const NO_ANSWER: u8 = 52;

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: u8,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(code: u8, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// Where to ask.
#[derive(Debug)]
pub(super) struct Url {
    tls: bool,
    host: String,
    port: u16,
    path: String,
}

impl Url {
    /// Reads an address, or says that it is not played.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let unknown = || format!("URL `{text}`");
        let (scheme, rest) = text.split_once("://").ok_or_else(unknown)?;
        let (tls, standard_port) = match scheme {
            "http" => (false, 80),
            "https" => (true, 443),
            _ => return Err(unknown()),
        };
        let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| unknown())?),
            None => (authority, standard_port),
        };
        Ok(Self {
            tls,
            host: host.to_owned(),
            port,
            path: path.to_owned(),
        })
    }

    /// Host and port as clients name them: without the scheme's own port.
    fn authority(&self) -> String {
        let standard_port = if self.tls { 443 } else { 80 };
        if self.port == standard_port {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// One request; gives status and body.
pub(super) fn transfer(
    url: &Url,
    longest: Option<Duration>,
    sent: &Sent,
) -> Result<(u16, String), Failure> {
    let patience = longest.unwrap_or(PATIENCE);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(NOT_CONNECTED, error.to_string()))?;
    runtime.block_on(async {
        let answer = tokio::time::timeout(patience, get(url, sent)).await;
        answer.unwrap_or_else(|_| {
            let message = format!("Operation timed out after {} ms", patience.as_millis());
            Err(Failure::new(TIMED_OUT, message))
        })
    })
}

async fn get(url: &Url, sent: &Sent) -> Result<(u16, String), Failure> {
    let stream = connect(url).await?;
    if !url.tls {
        return ask(stream, url, sent).await;
    }
    let no_tls = |error: io::Error| Failure::new(NO_TLS, error.to_string());
    let connector: TlsConnector = any_certificate(Arc::new(ring::default_provider()))
        .map_err(no_tls)?
        .into();
    let host = url.host.trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(host).map_err(|error| no_tls(io::Error::other(error)))?;
    let stream = connector.connect(name, stream).await.map_err(no_tls)?;
    ask(stream, url, sent).await
}

/// Connects to the first address of the host that accepts.
async fn connect(url: &Url) -> Result<TcpStream, Failure> {
    let (host, port) = (&url.host, url.port);
    let addresses = Resolver::of_system().resolve(host).await.map_err(|error| {
        let message = format!("Could not resolve host: {host}: {error}");
        Failure::new(UNRESOLVED, message)
    })?;
    let addresses: Vec<_> = addresses.into_iter().map(|ip| (ip, port).into()).collect();
    TcpStream::connect(addresses.as_slice())
        .await
        .map_err(|error| {
            let message = format!("Failed to connect to {host} port {port}: {error}");
            Failure::new(NOT_CONNECTED, message)
        })
}

async fn ask(
    stream: impl Stream + 'static,
    url: &Url,
    sent: &Sent,
) -> Result<(u16, String), Failure> {
    let no_answer = |error: String| Failure::new(NO_ANSWER, error);
    let standard = if sent.body.is_some() { "POST" } else { "GET" };
    let method = sent.method.as_deref().unwrap_or(standard);
    let mut request = Request::builder()
        .method(method)
        .uri(&url.path)
        .header(HOST, url.authority());
    for (name, value) in &sent.headers {
        request = request.header(name, value);
    }
    let body = sent.body.clone().unwrap_or_default();
    let request = request
        .body(Full::from(body))
        .map_err(|error| no_answer(error.to_string()))?;
    let answer = exchange(stream, request)
        .await
        .map_err(|error| no_answer(error.to_string()))?;
    let body = String::from_utf8_lossy(answer.body()).into_owned();
    Ok((answer.status().as_u16(), body))
}
