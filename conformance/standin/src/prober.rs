//! Connects again and again to every address of the configuration and judges who answers.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::dial::{DialError, Target, connect, resolve};
use crate::edge::{Edge, Purpose, Transport, is_served_by};
use crate::http_client::{Question, ask_over};
use crate::identity::Identity;
use crate::node::Node;
use crate::observations::{EdgeObservation, PeerObservation, Verdict, now_ms};
use crate::protocol::{Frame, Framed, Stream};

/// How long a peer may take to say who it is.
const HELLO_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a database may take; a real one says nothing or something else.
const DATABASE_TIMEOUT: Duration = Duration::from_millis(500);
/// Addresses that are never judged are tried this many times less often.
const UNJUDGED_FACTOR: u32 = 12;

/// Starts one task for each address.
pub(crate) fn start(node: &Arc<Node>) {
    for (index, edge) in node.configuration.edges.iter().enumerate() {
        let (node, edge) = (Arc::clone(node), edge.clone());
        tokio::spawn(async move {
            loop {
                attempt(&node, index, &edge).await;
                let factor = if edge.purpose == Purpose::Other {
                    UNJUDGED_FACTOR
                } else {
                    1
                };
                sleep(jittered(node.settings.probe_interval * factor)).await;
            }
        });
    }
}

/// A duration between three and five quarters of `interval`, so that the pods of a release do not knock together.
pub(crate) fn jittered(interval: Duration) -> Duration {
    interval.mul_f64(0.75 + fastrand::f64() / 2.0)
}

async fn attempt(node: &Node, index: usize, edge: &Edge) {
    let target = Target::from(edge);
    let resolved = resolve(node, &target).await;
    let addresses = resolved.as_ref().ok().cloned().unwrap_or_default();
    let result = match resolved {
        Ok(addresses) => match connect(node, &target, &addresses).await {
            Ok(stream) => meet(node, edge, &target, stream).await,
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    node.observe_edge(index, |observed| {
        observed.addresses = addresses.iter().map(ToString::to_string).collect();
        record(observed, result);
    });
}

/// Learns who is at the other end.
async fn meet(
    node: &Node,
    edge: &Edge,
    target: &Target,
    stream: Box<dyn Stream>,
) -> Result<Option<Identity>, DialError> {
    match edge.transport {
        Transport::Https | Transport::Http => {
            let question = Question::get("/standin/hello");
            Ok(ask_over(node, target, stream, question).await?.identity)
        }
        Transport::Jms | Transport::Thrift | Transport::ThriftAuth => {
            let meant = match edge.transport {
                Transport::Jms => "jms",
                Transport::Thrift => "thrift",
                _ => "thrift-ssl",
            };
            let mut framed = Framed::new(stream);
            let met = timeout(HELLO_TIMEOUT, greet(node, &mut framed, meant)).await;
            met.map_err(|_| {
                DialError::new(Verdict::Timeout, "connected, but the peer says nothing")
            })?
            .map(Some)
        }
        // A real database would not understand a greeting: listen only.
        Transport::Tcp => {
            let mut framed = Framed::new(stream);
            let Ok(Ok(Some(Frame::Hello { identity, .. }))) =
                timeout(DATABASE_TIMEOUT, framed.receive()).await
            else {
                return Ok(None);
            };
            let hello = Frame::Hello {
                identity: node.identity.clone(),
                port: "database".to_owned(),
            };
            // It answered already; whether it also learns who asked is its own affair.
            let _sent = framed.send(&hello).await;
            Ok(Some(identity))
        }
    }
}

/// Exchanges greetings and tells who answered. A port that speaks something else than what is meant breaks off, as the
/// product's protocols do.
pub(crate) async fn greet<S: Stream>(
    node: &Node,
    framed: &mut Framed<S>,
    meant: &str,
) -> Result<Identity, DialError> {
    let wrong = |reason: String| DialError::new(Verdict::WrongProtocol, reason);
    let hello = Frame::Hello {
        identity: node.identity.clone(),
        port: meant.to_owned(),
    };
    framed
        .send(&hello)
        .await
        .map_err(|error| wrong(error.to_string()))?;
    match framed.receive().await {
        Ok(Some(Frame::Hello { identity, port })) if port == meant => Ok(identity),
        Ok(Some(Frame::Hello { port, .. })) => {
            Err(wrong(format!("{meant} is meant, and {port} answers")))
        }
        Ok(Some(_)) => Err(wrong("the peer does not greet".to_owned())),
        Ok(None) => Err(wrong("the peer closed the connection".to_owned())),
        Err(error) => Err(wrong(error.to_string())),
    }
}

fn record(observed: &mut EdgeObservation, result: Result<Option<Identity>, DialError>) {
    let now = now_ms();
    observed.attempts += 1;
    observed.last_attempt_ms = Some(now);
    observed.verdict = match result {
        Err(error) => {
            observed.last_error = Some(error.reason);
            error.verdict
        }
        // No real database says who it is; that it takes connections is all that is asked.
        Ok(None) if observed.edge.purpose == Purpose::Database => Verdict::Reached,
        Ok(None) => Verdict::Unknown,
        Ok(Some(identity)) => {
            let served = is_served_by(observed.edge.purpose, identity.role);
            remember(&mut observed.peers, identity, now);
            if served == Some(false) {
                Verdict::WrongRole
            } else {
                Verdict::Reached
            }
        }
    };
    if observed.verdict == Verdict::Reached {
        observed.reached += 1;
        observed.first_reached_ms.get_or_insert(now);
        observed.last_reached_ms = Some(now);
    }
}

/// Most peers that are remembered for one address; pods come and go.
const MOST_PEERS: usize = 50;

fn remember(peers: &mut Vec<PeerObservation>, identity: Identity, now: u64) {
    if let Some(known) = peers.iter_mut().find(|known| known.identity == identity) {
        known.count += 1;
        known.last_ms = now;
        return;
    }
    if peers.len() >= MOST_PEERS {
        peers.remove(0);
    }
    peers.push(PeerObservation {
        identity,
        count: 1,
        first_ms: now,
        last_ms: now,
    });
}
