//! Listeners on a broker's topics.

use std::sync::Arc;

use tokio::time::{sleep, timeout};

use super::brokers::{Brokers, SILENCE};
use super::upkeep::register;
use crate::edge::{Edge, Purpose};
use crate::event::Topic;
use crate::node::{Links, Node};
use crate::observations::LinkObservation;
use crate::prober::jittered;
use crate::protocol::Frame;
use crate::story;

/// Listens to topics at the first broker of a list that accepts: the product joins the endpoints of the key into one
/// broker list (facts: wiring.yaml; observed-on-the-product.md, What breaks, 3).
pub(super) fn start(node: &Arc<Node>, purpose: Purpose, topics: Vec<Topic>) {
    let edges: Vec<Edge> = node.configuration.edges_for(purpose).cloned().collect();
    let Some(first) = edges.first() else { return };
    let key = first.list();
    let link = register(node, Links::Subscriptions, key.clone(), &edges);
    let (node, mut brokers) = (Arc::clone(node), Brokers::new(edges));
    tokio::spawn(async move {
        let subscribe = Frame::Subscribe { topics };
        // The product's listener looks at a connection that it does not have, and its thread ends before its loop of
        // retries: it is deaf for as long as the server runs, which is ready all the same. Source: seen on 4.5.0
        // (facts: observed-on-the-product.md, What breaks, 1).
        let mut connection = match brokers.connect(&node, &subscribe).await {
            Ok(connection) => connection,
            Err(error) => {
                node.observe_link(Links::Subscriptions, link, |link| {
                    link.deaf = true;
                    link.last_error = Some(error.reason.clone());
                });
                node.warn(format!(
                    "JMS Provider is not yet started: {key}: {error}: the listener ends and hears nothing until this \
                     server is restarted"
                ));
                return;
            }
        };
        loop {
            node.observe_link(Links::Subscriptions, link, |link| {
                link.connected(&connection.url, &connection.peer);
            });
            while let Ok(Ok(Some(frame))) = timeout(SILENCE, connection.framed.receive()).await {
                node.observe_link(Links::Subscriptions, link, |link| link.frames += 1);
                if let Frame::Event { event } = frame {
                    story::take(&node, &event);
                }
            }
            node.observe_link(Links::Subscriptions, link, LinkObservation::ended);
            // One that was connected once comes back, and is not told what happened meanwhile, nor looks for it.
            // Source: seen on 4.5.0 (facts: observed-on-the-product.md, What breaks, 10).
            connection = loop {
                match brokers.connect(&node, &subscribe).await {
                    Ok(connection) => break connection,
                    Err(error) => node.observe_link(Links::Subscriptions, link, |link| {
                        link.last_error = Some(error.reason);
                    }),
                }
                sleep(jittered(node.settings.reconnect_delay)).await;
            };
        }
    });
}
