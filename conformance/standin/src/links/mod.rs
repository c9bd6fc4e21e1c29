//! Connections that a component keeps up: subscriptions to topics, copies for peers, senders of events, artifacts.

mod artifacts;
mod publisher;
mod topics;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::edge::{Edge, Purpose};
use crate::node::{Links, Node};
use crate::observations::LinkObservation;
use crate::protocol::{Event, Topic};

pub(crate) use artifacts::notify_event_hub;
pub(crate) use topics::ALIVE_INTERVAL;

/// Shortest and longest wait before a lost connection is tried again.
const SHORTEST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// Starts everything that this role keeps up.
pub(crate) fn start(node: &Arc<Node>) {
    let role = node.identity.role;
    let configuration = &node.configuration;
    for edge in configuration.edges_for(Purpose::EventListening) {
        topics::subscribe(
            node,
            edge,
            vec![Topic::Notification, Topic::TokenRevocation],
        );
    }
    for edge in configuration.edges_for(Purpose::ThrottleDecision) {
        topics::subscribe(node, edge, vec![Topic::ThrottleData]);
    }
    for edge in configuration
        .edges_for(Purpose::EventDuplicate)
        .filter(|edge| !edge.own_node)
    {
        topics::mirror(
            node,
            edge,
            vec![Topic::Notification, Topic::TokenRevocation],
        );
    }
    for edge in configuration
        .edges_for(Purpose::ThrottleDuplicate)
        .filter(|edge| !edge.own_node)
    {
        topics::mirror(node, edge, vec![Topic::ThrottleData]);
    }
    for group in &configuration.throttle_groups {
        publisher::start(node, group, publisher::Stream::Requests);
    }
    for group in &configuration.publish_groups {
        publisher::start(node, group, publisher::Stream::Events);
    }
    if role.has_gateway() {
        artifacts::start(node);
    }
}

/// The wait before the next attempt; doubles up to the longest.
struct Backoff(Duration);

impl Backoff {
    fn new() -> Self {
        Self(SHORTEST_WAIT)
    }

    fn reset(&mut self) {
        self.0 = SHORTEST_WAIT;
    }

    async fn wait(&mut self) {
        tokio::time::sleep(crate::prober::jittered(self.0)).await;
        self.0 = (self.0 * 2).min(LONGEST_WAIT);
    }
}

/// Registers a kept-up connection in the observations.
fn register(node: &Node, links: Links, edge: &Edge) -> usize {
    node.add_link(
        links,
        LinkObservation {
            purpose: edge.purpose,
            url: edge.url.clone(),
            transport: edge.transport,
            peer: None,
            connections: 0,
        },
    )
}

/// The next event; what a slow receiver missed is gone, as on the product's topics.
pub(crate) async fn next(events: &mut Receiver<Event>) -> Option<Event> {
    loop {
        match events.recv().await {
            Ok(event) => return Some(event),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}
