//! JMS: subscriptions to a broker's topics, and copies of events for the brokers of the peers.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::{Backoff, next, register};
use crate::dial::{DialError, Stream, Target, dial};
use crate::edge::{Edge, Purpose};
use crate::identity::Identity;
use crate::node::{Links, Node};
use crate::observations::Verdict;
use crate::prober::greet;
use crate::protocol::{Event, Frame, Framed, Topic};
use crate::story;

/// A broker that says nothing for so long is gone; it shows itself three times as often.
const SILENCE: Duration = Duration::from_secs(9);
/// How often a broker shows a silent subscriber that it is there.
pub(crate) const ALIVE_INTERVAL: Duration = Duration::from_secs(3);
/// How long a peer may take to greet or to accept an event.
const PATIENCE: Duration = Duration::from_secs(3);

/// Keeps a subscription up.
pub(super) fn subscribe(node: &Arc<Node>, edge: &Edge, topics: Vec<Topic>) {
    let (node, edge) = (Arc::clone(node), edge.clone());
    let index = register(&node, Links::Subscriptions, &edge);
    tokio::spawn(async move {
        let mut backoff = Backoff::new();
        loop {
            if let Ok((mut framed, peer)) = open(
                &node,
                &edge,
                &Frame::Subscribe {
                    topics: topics.clone(),
                },
            )
            .await
            {
                backoff.reset();
                node.observe_link(Links::Subscriptions, index, Some(peer));
                // What happened while there was no connection is not told again: look for it.
                if edge.purpose == Purpose::EventListening {
                    node.fetch.notify_one();
                }
                while let Ok(Ok(Some(frame))) = timeout(SILENCE, framed.receive()).await {
                    if let Frame::Event { event } = frame {
                        story::take(&node, &event);
                    }
                }
                node.observe_link(Links::Subscriptions, index, None);
            }
            backoff.wait().await;
        }
    });
}

/// Keeps giving a peer's broker a copy of the events of `topics`, from what it may have missed on.
pub(super) fn mirror(node: &Arc<Node>, edge: &Edge, topics: Vec<Topic>) {
    let (node, edge) = (Arc::clone(node), edge.clone());
    let index = register(&node, Links::Publishers, &edge);
    tokio::spawn(async move {
        let mut backoff = Backoff::new();
        loop {
            if let Ok((framed, peer)) = open(&node, &edge, &Frame::Alive).await {
                backoff.reset();
                node.observe_link(Links::Publishers, index, Some(peer));
                copy_events(&node, framed, &topics).await;
                node.observe_link(Links::Publishers, index, None);
            }
            backoff.wait().await;
        }
    });
}

async fn open(
    node: &Node,
    edge: &Edge,
    first: &Frame,
) -> Result<(Framed<Box<dyn Stream>>, Identity), DialError> {
    let mut framed = Framed::new(dial(node, &Target::from(edge)).await?);
    let greeted = timeout(PATIENCE, greet(node, &mut framed, "jms")).await;
    let peer =
        greeted.map_err(|_| DialError::new(Verdict::Timeout, "the broker says nothing"))??;
    framed
        .send(first)
        .await
        .map_err(|error| DialError::new(Verdict::WrongProtocol, error))?;
    Ok((framed, peer))
}

/// Copies until the peer is gone. An event that it did not accept is among what it is told after the next connection.
async fn copy_events(node: &Node, mut framed: Framed<Box<dyn Stream>>, topics: &[Topic]) {
    let mut events = node.mirrored.subscribe();
    for event in story::known(node, topics) {
        if !hand_over(&mut framed, event).await {
            return;
        }
    }
    loop {
        tokio::select! {
            // The broker shows that it is there; silence or an end mean that it is gone.
            heard = timeout(SILENCE, framed.receive()) => {
                if !matches!(heard, Ok(Ok(Some(_)))) {
                    return;
                }
            }
            event = next(&mut events) => {
                let Some(event) = event else { return };
                let wanted = event.topic().is_some_and(|topic| topics.contains(&topic));
                if wanted && !hand_over(&mut framed, event).await {
                    return;
                }
            }
        }
    }
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
