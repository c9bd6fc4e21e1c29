//! What keeping up a connection takes, whatever it is for.

use std::time::Duration;

use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::edge::{Edge, Purpose, Transport};
use crate::event::Event;
use crate::node::{Links, Node};
use crate::observations::LinkObservation;
use crate::prober::jittered;

/// Shortest and longest wait before a lost connection is tried again.
const SHORTEST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// The wait before the next attempt; doubles up to the longest.
pub(super) struct Backoff(Duration);

impl Backoff {
    pub(super) fn new() -> Self {
        Self(SHORTEST_WAIT)
    }

    pub(super) fn reset(&mut self) {
        self.0 = SHORTEST_WAIT;
    }

    pub(super) async fn wait(&mut self) {
        tokio::time::sleep(jittered(self.0)).await;
        self.0 = (self.0 * 2).min(LONGEST_WAIT);
    }
}

/// Registers a kept-up connection in the observations.
pub(super) fn register(node: &Node, links: Links, key: String, edges: &[Edge]) -> usize {
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
