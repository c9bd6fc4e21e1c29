//! From the start of the process to its open ports.

use std::sync::Arc;

use am_product::Capability;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::error::ServerError;
use super::listener;
use crate::database::{self, FirstStart, Request};
use crate::node::Node;
use crate::ports::{Port, Service};
use crate::{links, prober, registration, streams};

/// Starts up as the product does: looks at the shared database, opens the broker's port, then the others, and then
/// connects to everybody.
pub(super) async fn run(node: &Arc<Node>) -> Result<Vec<JoinHandle<()>>, ServerError> {
    // A server of apps on streams makes its tables itself, and no other one runs into them.
    if !node.identity.role.has(Capability::Streams)
        && let FirstStart::Clash(other) = database::start(node).await
    {
        return hang(node, &other).await;
    }
    // The start takes its time from here: a server that waited for its database has done nothing yet.
    let start = Instant::now();
    let (delay, lead) = (node.settings.startup_delay, node.settings.broker_lead);
    sleep_until(start + delay.saturating_sub(lead)).await;
    let ports = &node.configuration.ports;
    let at_once = ports.iter().filter(|port| port.service != Service::Source);
    let (broker, others): (Vec<&Port>, Vec<&Port>) =
        at_once.partition(|port| port.service == Service::Jms);
    let mut listeners = open(node, &broker)?;
    if !broker.is_empty() {
        filled_database(node).await;
    }
    sleep(lead).await;
    listeners.extend(open(node, &others)?);
    node.state().open = true;
    if broker.is_empty() {
        filled_database(node).await;
    }
    links::start(node);
    registration::start(node);
    streams::start(node, listener::open);
    prober::start(node);
    let numbers: Vec<u16> = ports.iter().map(|port| port.number).collect();
    println!("WSO2 Carbon started (stand-in), ports {numbers:?}");
    Ok(listeners)
}

fn open(node: &Arc<Node>, ports: &[&Port]) -> Result<Vec<JoinHandle<()>>, ServerError> {
    let open = |port: &&Port| {
        listener::open(node, port)
            .map_err(|source| ServerError::port(&port.name, port.number, source))
    };
    ports.iter().map(open).collect()
}

/// The system user and its role are in the database before a broker can let anybody log in.
async fn filled_database(node: &Node) {
    if let Err(reason) = database::ask(node, Request::Started).await {
        node.warn(format!("the shared database cannot be reached: {reason}"));
    }
}

/// The later of two servers that fill one empty database fails and hangs half started: its servlet port never opens, and
/// only the start-up probe ends it. Source: seen on 4.5.0 (facts: observed-on-the-product.md, What breaks, 2).
async fn hang(node: &Node, other: &str) -> Result<Vec<JoinHandle<()>>, ServerError> {
    let reason = format!(
        "unique key violation on the role of the system user: {other} fills the same empty database at this moment"
    );
    eprintln!("ERROR {reason}; this server hangs until it is killed");
    node.state().hangs = Some(reason);
    std::future::pending().await
}
