//! Connects to an address as its URL says.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::edge::{Edge, Transport};
use crate::node::Node;
use crate::observations::Verdict;
use crate::protocol::Stream;

/// How long a connection, TLS included, may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A host and port, and whether TLS is spoken there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: bool,
    pub(crate) own_node: bool,
}

impl Target {
    /// The target of an address, and the path there.
    pub(crate) fn of_url(url: &str) -> Option<(Self, String)> {
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
            Self {
                host,
                port,
                tls,
                own_node,
            },
            path,
        ))
    }
}

impl From<&Edge> for Target {
    fn from(edge: &Edge) -> Self {
        Self {
            host: edge.host.clone(),
            port: edge.port,
            tls: matches!(edge.transport, Transport::Https | Transport::ThriftAuth),
            own_node: edge.own_node,
        }
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct DialError {
    pub(crate) verdict: Verdict,
    pub(crate) reason: String,
}

impl DialError {
    pub(crate) fn new(verdict: Verdict, reason: impl std::fmt::Display) -> Self {
        Self {
            verdict,
            reason: reason.to_string(),
        }
    }
}

/// What the name of a target resolves to now.
pub(crate) async fn resolve(node: &Node, target: &Target) -> Result<BTreeSet<IpAddr>, DialError> {
    if target.own_node {
        return Ok(BTreeSet::from([node.own_address()]));
    }
    let found = match timeout(CONNECT_TIMEOUT, node.resolver.resolve(&target.host)).await {
        Ok(found) => found.map_err(|error| DialError::new(Verdict::Unresolved, error))?,
        Err(_) => {
            return Err(DialError::new(
                Verdict::Unresolved,
                "the DNS does not answer",
            ));
        }
    };
    if found.is_empty() {
        return Err(DialError::new(
            Verdict::Unresolved,
            "the name has no address",
        ));
    }
    Ok(found.into_iter().collect())
}

/// Connects to the first of `addresses` that answers.
pub(crate) async fn connect(
    node: &Node,
    target: &Target,
    addresses: &BTreeSet<IpAddr>,
) -> Result<Box<dyn Stream>, DialError> {
    let mut last = DialError::new(Verdict::Unresolved, "the name has no address");
    // A headless name has several addresses; begin anywhere, so that in time each is met.
    let mut order: Vec<IpAddr> = addresses.iter().copied().collect();
    fastrand::shuffle(&mut order);
    for ip in order {
        match timeout(
            CONNECT_TIMEOUT,
            connect_to(node, target, SocketAddr::new(ip, target.port)),
        )
        .await
        {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = DialError::new(Verdict::Timeout, format!("{ip}: no answer in time")),
        }
    }
    Err(last)
}

async fn connect_to(
    node: &Node,
    target: &Target,
    address: SocketAddr,
) -> Result<Box<dyn Stream>, DialError> {
    let stream = TcpStream::connect(address).await.map_err(|error| {
        let verdict = match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable => Verdict::Timeout,
            _ => Verdict::Refused,
        };
        DialError::new(verdict, format!("{address}: {error}"))
    })?;
    if !target.tls {
        return Ok(Box::new(stream));
    }
    let name = ServerName::try_from(target.host.clone())
        .unwrap_or_else(|_| ServerName::IpAddress(address.ip().into()));
    let stream = node
        .tls
        .connector
        .connect(name, stream)
        .await
        .map_err(|error| {
            DialError::new(Verdict::WrongProtocol, format!("{address}: TLS: {error}"))
        })?;
    Ok(Box::new(stream))
}

/// Resolves and connects.
pub(crate) async fn dial(node: &Node, target: &Target) -> Result<Box<dyn Stream>, DialError> {
    let addresses = resolve(node, target).await?;
    connect(node, target, &addresses).await
}
