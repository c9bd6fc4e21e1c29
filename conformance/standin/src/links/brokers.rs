//! A list of brokers, as JMS clients of the product take it: a failover list of one connection.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::dial::{DialError, Target, dial};
use crate::edge::Edge;
use crate::event::Event;
use crate::identity::Identity;
use crate::node::Node;
use crate::observations::{LinkObservation, Verdict};
use crate::prober::greet;
use crate::protocol::{Frame, Framed, Stream};

/// A broker that says nothing for so long is gone; it shows itself three times as often.
pub(super) const SILENCE: Duration = Duration::from_secs(9);
/// How often a broker shows a silent subscriber that it is there.
pub(crate) const ALIVE_INTERVAL: Duration = Duration::from_secs(3);
/// How long a peer may take to greet or to accept an event.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often a broker that refuses is tried again, and after which wait. Source: `?retries='5'%26connectdelay='50'`,
/// which the product's templates append to each broker (facts: wiring.yaml; observed-on-the-product.md).
const RETRIES: u32 = 5;
const RETRY_DELAY: Duration = Duration::from_millis(50);

/// The brokers of a list, and which of them is next.
pub(super) struct Brokers {
    edges: Vec<Edge>,
    next: usize,
}

/// A connection to one of the brokers.
pub(super) struct Connection {
    pub(super) framed: Framed<Box<dyn Stream>>,
    pub(super) url: String,
    pub(super) peer: Identity,
}

impl Brokers {
    pub(super) fn new(edges: Vec<Edge>) -> Self {
        Self { edges, next: 0 }
    }

    /// Connects to the first broker that accepts, from the next one on and once round. After that one's end the broker
    /// behind it is next.
    pub(super) async fn connect(
        &mut self,
        node: &Node,
        first: &Frame,
    ) -> Result<Connection, DialError> {
        let mut last = DialError::new(Verdict::Unresolved, "the list is empty");
        for offset in 0..self.edges.len() {
            let number = (self.next + offset) % self.edges.len();
            let Some(edge) = self.edges.get(number) else {
                continue;
            };
            match connect(node, edge, first).await {
                Ok(connection) => {
                    self.next = number + 1;
                    return Ok(connection);
                }
                Err(error) => {
                    last = DialError::new(error.verdict, format!("{}: {error}", edge.url));
                }
            }
        }
        Err(last)
    }
}

async fn connect(node: &Node, edge: &Edge, first: &Frame) -> Result<Connection, DialError> {
    let mut tries = 0;
    loop {
        match open(node, edge, first).await {
            Err(error) if error.verdict == Verdict::Refused && tries < RETRIES => {
                tries += 1;
                sleep(RETRY_DELAY).await;
            }
            other => return other,
        }
    }
}

async fn open(node: &Node, edge: &Edge, first: &Frame) -> Result<Connection, DialError> {
    let mut framed = Framed::new(dial(node, &Target::from(edge)).await?);
    let greeted = timeout(PATIENCE, greet(node, &mut framed, "jms")).await;
    let peer =
        greeted.map_err(|_| DialError::new(Verdict::Timeout, "the broker says nothing"))??;
    framed
        .send(first)
        .await
        .map_err(|error| DialError::new(Verdict::WrongProtocol, error))?;
    Ok(Connection {
        framed,
        url: edge.url.clone(),
        peer,
    })
}

/// Sends an event and waits until it is accepted.
pub(super) async fn hand_over(framed: &mut Framed<Box<dyn Stream>>, event: Event) -> bool {
    let id = event.id.clone();
    if framed.send(&Frame::Event { event }).await.is_err() {
        return false;
    }
    let accepted = async {
        while let Ok(Some(frame)) = framed.receive().await {
            match frame {
                Frame::Accepted { id: accepted } if accepted == id => return true,
                Frame::Refused { .. } => return false,
                _ => {}
            }
        }
        false
    };
    timeout(PATIENCE, accepted).await.unwrap_or(false)
}

impl LinkObservation {
    pub(super) fn connected(&mut self, url: &str, peer: &Identity) {
        self.url = Some(url.to_owned());
        self.peer = Some(peer.clone());
        self.connections += 1;
    }

    pub(super) fn ended(&mut self) {
        self.url = None;
        self.peer = None;
    }
}
