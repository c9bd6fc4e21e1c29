//! Thrift: events to the receivers of a group, by the group's rule.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::brokers::hand_over;
use super::upkeep::{Backoff, next, register};
use crate::configuration::Group;
use crate::dial::{DialError, Target, dial};
use crate::edge::Edge;
use crate::event::{Event, Happening};
use crate::identity::Identity;
use crate::node::{Links, Node};
use crate::observations::{LinkObservation, Verdict};
use crate::prober::greet;
use crate::protocol::{Frame, Framed};

/// How long a login may take, both connections included.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(5);
/// Rounds over all receivers after which an event is dropped, as from the product's full queue.
const ROUNDS: u32 = 40;

/// Which events a group gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    /// Requests, for the traffic manager.
    Requests,
    /// What the event hub tells.
    Events,
}

impl Stream {
    fn holds(self, event: &Event) -> bool {
        matches!(event.what, Happening::Requested { .. }) == (self == Self::Requests)
    }
}

/// A receiver and the connection to it, if there is one.
struct Receiver {
    address: Edge,
    auth: Edge,
    link: usize,
    connection: Option<Framed<Box<dyn crate::protocol::Stream>>>,
}

/// Keeps sending the events of `stream` to a group.
pub(super) fn start(node: &Arc<Node>, group: &Group, stream: Stream) {
    let node = Arc::clone(node);
    let load_balance = group.load_balance;
    let mut receivers: Vec<Receiver> = group
        .receivers
        .iter()
        .map(|(address, auth)| Receiver {
            link: register(
                &node,
                Links::Publishers,
                address.key.clone(),
                std::slice::from_ref(address),
            ),
            address: address.clone(),
            auth: auth.clone(),
            connection: None,
        })
        .collect();
    let mut events = node.outgoing.subscribe();
    tokio::spawn(async move {
        // The product connects before there is anything to send, and so tells a wrong address early.
        for receiver in &mut receivers {
            receiver.connect(&node).await;
        }
        let mut turn = 0;
        while let Some(event) = next(&mut events).await {
            if !stream.holds(&event) {
                continue;
            }
            if load_balance {
                turn = (turn + 1) % receivers.len();
            }
            publish(&node, &mut receivers, turn, &event).await;
        }
    });
}

/// Offers the event to each receiver from number `first` on, until one accepts it.
async fn publish(node: &Node, receivers: &mut [Receiver], first: usize, event: &Event) {
    let mut backoff = Backoff::new();
    for _ in 0..ROUNDS {
        for offset in 0..receivers.len() {
            let number = (first + offset) % receivers.len();
            if let Some(receiver) = receivers.get_mut(number)
                && receiver.take(node, event).await
            {
                return;
            }
        }
        backoff.wait().await;
    }
    node.warn("Event queue is full, unable to process the event for an endpoint group");
}

impl Receiver {
    /// Hands the event over; a connection that turns out to be dead is made anew once.
    async fn take(&mut self, node: &Node, event: &Event) -> bool {
        for _ in 0..2 {
            let fresh = self.connection.is_none();
            if fresh && !self.connect(node).await {
                return false;
            }
            if let Some(connection) = &mut self.connection
                && hand_over(connection, event.clone()).await
            {
                return true;
            }
            self.connection = None;
            node.observe_link(Links::Publishers, self.link, LinkObservation::ended);
            if fresh {
                return false;
            }
        }
        false
    }

    async fn connect(&mut self, node: &Node) -> bool {
        let login = timeout(LOGIN_TIMEOUT, login(node, &self.address, &self.auth)).await;
        match login.unwrap_or_else(|_| Err(DialError::new(Verdict::Timeout, "no answer in time"))) {
            Ok((connection, peer)) => {
                node.observe_link(Links::Publishers, self.link, |link| {
                    link.connected(&self.address.url, &peer);
                });
                self.connection = Some(connection);
                true
            }
            Err(error) if error.verdict == Verdict::WrongRole => {
                node.warn(format!("{}: {error}", self.address.key));
                false
            }
            Err(_) => false,
        }
    }
}

/// Logs in at the authentication port and shows the session to the receiver, which must be on the same node.
async fn login(
    node: &Node,
    address: &Edge,
    auth: &Edge,
) -> Result<(Framed<Box<dyn crate::protocol::Stream>>, Identity), DialError> {
    let wrong = |error: std::io::Error| DialError::new(Verdict::WrongProtocol, error);
    let mut login = Framed::new(dial(node, &Target::from(auth)).await?);
    greet(node, &mut login, "thrift-ssl").await?;
    login.send(&Frame::Authenticate).await.map_err(wrong)?;
    let Ok(Some(Frame::Session { session })) = login.receive().await else {
        return Err(DialError::new(
            Verdict::WrongProtocol,
            "no session from the authentication port",
        ));
    };
    let mut connection = Framed::new(dial(node, &Target::from(address)).await?);
    let peer = greet(node, &mut connection, "thrift").await?;
    connection
        .send(&Frame::Session { session })
        .await
        .map_err(wrong)?;
    match connection.receive().await {
        Ok(Some(Frame::Session { .. })) => Ok((connection, peer)),
        Ok(Some(Frame::Refused { reason })) => Err(DialError::new(Verdict::WrongRole, reason)),
        _ => Err(DialError::new(
            Verdict::WrongProtocol,
            "the receiver does not take the session",
        )),
    }
}
