//! Connections that a component keeps up: listeners on topics, publishers of events by JMS and thrift,
//! artifacts.

mod artifacts;
mod brokers;
mod event_publisher;
mod listener;
mod publisher;
mod upkeep;

use am_product::Capability;
use std::sync::Arc;
use std::time::Duration;

use crate::database::{self, Request};
use crate::edge::Purpose;
use crate::event::Topic;
use crate::node::Node;

pub(crate) use artifacts::notify_event_hub;
pub(crate) use brokers::ALIVE_INTERVAL;
pub(crate) use upkeep::next;

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
            let _alive = database::ask(&node, Request::Read).await;
        }
    });
}
