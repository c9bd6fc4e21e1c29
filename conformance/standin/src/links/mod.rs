//! Connections that a component keeps up: listeners on topics, publishers of events by JMS and thrift,
//! artifacts.

mod artifacts;
mod brokers;
mod event_publisher;
mod listener;
mod publisher;

use am_product::Capability;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::database::Request;
use crate::edge::{Edge, Purpose, Transport};
use crate::node::{Links, Node};
use crate::observations::LinkObservation;
use crate::protocol::{Event, Topic};

pub(crate) use artifacts::notify_event_hub;
pub(crate) use brokers::ALIVE_INTERVAL;

/// Shortest and longest wait before a lost connection is tried again.
const SHORTEST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// How often the pool tries its idle connection to the shared database, and opens another one for one that is dead.
const POOL_INTERVAL: Duration = Duration::from_secs(1);

/// Starts everything that this role keeps up.
pub(crate) fn start(node: &Arc<Node>) {
    let configuration = &node.configuration;
    listener::start(
        node,
        Purpose::EventListening,
        vec![Topic::Notification, Topic::TokenRevocation],
    );
    listener::start(node, Purpose::ThrottleDecision, vec![Topic::ThrottleData]);
    for publisher in &configuration.publishers {
        event_publisher::start(node, publisher);
    }
    for group in &configuration.throttle_groups {
        publisher::start(node, group, publisher::Stream::Requests);
    }
    for group in &configuration.publish_groups {
        publisher::start(node, group, publisher::Stream::Events);
    }
    if node.identity.role.has(Capability::ServesTraffic) {
        artifacts::start(node);
    }
    let node = Arc::clone(node);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(POOL_INTERVAL).await;
            // A database that is away is asked again in a moment.
            let _alive = node.database.ask(&node, Request::Read).await;
        }
    });
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
fn register(node: &Node, links: Links, key: String, edges: &[Edge]) -> usize {
    let first = edges.first();
    node.add_link(
        links,
        LinkObservation {
            purpose: first.map_or(Purpose::Other, |edge| edge.purpose),
            key,
            urls: edges.iter().map(|edge| edge.url.clone()).collect(),
            transport: first.map_or(Transport::Tcp, |edge| edge.transport),
            url: None,
            peer: None,
            connections: 0,
            frames: 0,
            deaf: false,
            last_error: None,
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
