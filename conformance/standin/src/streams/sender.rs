//! A sender of events that lists both nodes of a pair: the one that it reached last, or else the other.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::pair::deliver;
use crate::dial::{Target, dial};
use crate::event::{Event, Happening};
use crate::node::Node;

/// Between two rounds over the addresses while none takes an event.
const PAUSE: Duration = Duration::from_millis(100);

/// What is sent where.
#[derive(Debug, Deserialize)]
pub(crate) struct Sending {
    /// Addresses of the nodes, as host and port.
    addresses: Vec<(String, u16)>,
    /// The name of the port there.
    port: String,
    /// What the ids of the events begin with.
    prefix: String,
    count: u32,
    /// Between two events.
    pause_ms: u64,
    /// How long one event is tried.
    patience_ms: u64,
}

/// Sends event after event, each until a node accepts it: which node took which, and what nobody did.
pub(crate) async fn send(node: &Arc<Node>, sending: &Sending) -> Value {
    let (mut taken, mut lost, mut refusals) = (Vec::new(), Vec::new(), 0_u32);
    let mut next = 0;
    for number in 0..sending.count {
        let event = Event {
            id: format!("{}-{number}", sending.prefix),
            what: Happening::Streamed,
        };
        let start = Instant::now();
        let mut by = None;
        while by.is_none() && start.elapsed() < Duration::from_millis(sending.patience_ms) {
            for _ in 0..sending.addresses.len() {
                if let Ok(pod) = one(node, sending, next, event.clone()).await {
                    by = Some(pod);
                    break;
                }
                refusals += 1;
                next = (next + 1) % sending.addresses.len();
            }
            if by.is_none() {
                sleep(PAUSE).await;
            }
        }
        match by {
            Some(pod) => taken.push(json!({ "event": event.id, "by": pod })),
            None => lost.push(event.id),
        }
        sleep(Duration::from_millis(sending.pause_ms)).await;
    }
    json!({ "taken": taken, "lost": lost, "refusals": refusals })
}

async fn one(node: &Node, sending: &Sending, at: usize, event: Event) -> Result<String, ()> {
    let (host, port) = sending.addresses.get(at).ok_or(())?;
    let target = Target {
        host: host.clone(),
        port: *port,
        tls: false,
        own_node: host == "localhost",
    };
    let stream = dial(node, &target).await.map_err(drop)?;
    let took = deliver(node, stream, &sending.port, event).await;
    took.map(|identity| identity.pod).map_err(drop)
}
