//! JMS publishers: events of a stream for the first broker of a list that accepts.

use std::sync::Arc;

use tokio::time::{sleep, timeout};

use super::brokers::{Brokers, Connection, SILENCE, hand_over};
use super::upkeep::{next, register};
use crate::event::Event;
use crate::event_publishers::EventPublisher;
use crate::node::{Links, Node};
use crate::observations::LinkObservation;
use crate::prober::jittered;
use crate::protocol::Frame;

/// A publisher at work.
struct Publisher {
    node: Arc<Node>,
    name: String,
    brokers: Brokers,
    link: usize,
    connection: Option<Connection>,
}

/// Publishes the events of one topic. A broker list is a failover list, so that an event reaches one broker of it, and
/// an event that none accepts is lost. Source: seen on 4.5.0 (facts: observed-on-the-product.md, What breaks, 3).
pub(super) fn start(node: &Arc<Node>, publisher: &EventPublisher) {
    let (name, topic) = (publisher.name.clone(), publisher.topic);
    let mut publisher = Publisher {
        node: Arc::clone(node),
        link: register(node, Links::Publishers, name.clone(), &publisher.brokers),
        brokers: Brokers::new(publisher.brokers.clone()),
        name,
        connection: None,
    };
    let mut events = node.published.subscribe();
    tokio::spawn(async move {
        // The product connects before there is anything to publish, and so tells a wrong address early.
        publisher.connect().await;
        loop {
            let event = tokio::select! {
                () = publisher.watch() => continue,
                event = next(&mut events) => event,
            };
            let Some(event) = event else { return };
            if event.topic() == Some(topic) {
                publisher.publish(event).await;
            }
        }
    });
}

impl Publisher {
    /// Returns when the connection was lost or made.
    async fn watch(&mut self) {
        let Some(connection) = &mut self.connection else {
            sleep(jittered(self.node.settings.reconnect_delay)).await;
            self.connect().await;
            return;
        };
        // The broker shows that it is there; silence or an end mean that it is gone.
        while let Ok(Ok(Some(_))) = timeout(SILENCE, connection.framed.receive()).await {}
        self.lose();
    }

    async fn publish(&mut self, event: Event) {
        // A connection may turn out to be dead: then the next broker of the list gets the event.
        for _ in 0..2 {
            if self.connection.is_none() {
                self.connect().await;
            }
            let Some(connection) = &mut self.connection else {
                break;
            };
            if hand_over(&mut connection.framed, event.clone()).await {
                return;
            }
            self.lose();
        }
        self.node.warn(format!(
            "event publisher {}: no broker of its list accepts: event {} is dropped",
            self.name, event.id
        ));
    }

    async fn connect(&mut self) {
        let connected = self.brokers.connect(&self.node, &Frame::Alive).await;
        self.node
            .observe_link(Links::Publishers, self.link, |link| match &connected {
                Ok(connection) => link.connected(&connection.url, &connection.peer),
                Err(error) => link.last_error = Some(error.reason.clone()),
            });
        self.connection = connected.ok();
    }

    fn lose(&mut self) {
        self.connection = None;
        self.node
            .observe_link(Links::Publishers, self.link, LinkObservation::ended);
    }
}
