//! The JMS broker, the thrift receiver and its authentication port.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{interval, timeout};

use crate::database::Asker;
use crate::event::Topic;
use crate::identity::Identity;
use crate::links::{ALIVE_INTERVAL, next};
use crate::node::Node;
use crate::ports::Port;
use crate::protocol::{Frame, FrameWriter, Framed, Stream};
use crate::{story, streams};

/// How long a client may take to say who it is.
const GREETING_TIMEOUT: Duration = Duration::from_secs(10);
/// Frames that wait for a slow client.
const QUEUE: usize = 64;

/// Greets, and learns who is there; strangers are counted and sent away.
async fn greet(
    node: &Node,
    port: &Port,
    stream: Box<dyn Stream>,
    from: IpAddr,
) -> Option<(Framed<Box<dyn Stream>>, Identity)> {
    let mut framed = Framed::new(stream);
    let hello = Frame::Hello {
        identity: node.identity.clone(),
        port: port.name.clone(),
    };
    framed.send(&hello).await.ok()?;
    let heard = timeout(GREETING_TIMEOUT, framed.receive()).await;
    let identity = match heard {
        Ok(Ok(Some(Frame::Hello { identity, .. }))) => Some(identity),
        _ => None,
    };
    node.observe_inbound(&port.name, from, identity.as_ref());
    identity.map(|identity| (framed, identity))
}

/// JMS: topics for subscribers, copies from peers.
pub(super) async fn broker(node: Arc<Node>, port: &Port, stream: Box<dyn Stream>, from: IpAddr) {
    let Some((framed, _)) = greet(&node, port, stream, from).await else {
        return;
    };
    let (mut reader, writer) = framed.split();
    let (answers, queue) = mpsc::channel(QUEUE);
    let sender = tokio::spawn(send_events(Arc::clone(&node), writer, queue));
    while let Ok(Some(frame)) = reader.receive().await {
        let answer = match frame {
            Frame::Subscribe { topics } => Answer::Subscribed(topics),
            Frame::Event { event } => {
                let id = event.id.clone();
                story::broker(&node, event, true);
                Answer::Frame(Frame::Accepted { id })
            }
            _ => continue,
        };
        if answers.send(answer).await.is_err() {
            break;
        }
    }
    sender.abort();
}

enum Answer {
    Frame(Frame),
    Subscribed(Vec<Topic>),
}

async fn send_events(
    node: Arc<Node>,
    mut writer: FrameWriter<Box<dyn Stream>>,
    mut answers: mpsc::Receiver<Answer>,
) {
    let mut events = node.topics.subscribe();
    let mut subscribed: Vec<Topic> = Vec::new();
    let mut alive = interval(ALIVE_INTERVAL);
    loop {
        let frame = tokio::select! {
            answer = answers.recv() => match answer {
                Some(Answer::Frame(frame)) => frame,
                Some(Answer::Subscribed(topics)) => {
                    subscribed = topics;
                    continue;
                }
                None => return,
            },
            event = next(&mut events) => match event {
                Some(event) if event.topic().is_some_and(|topic| subscribed.contains(&topic)) => Frame::Event { event },
                Some(_) => continue,
                None => return,
            },
            _ = alive.tick() => Frame::Alive,
        };
        if writer.send(&frame).await.is_err() {
            return;
        }
    }
}

/// Thrift: takes events from those who logged in at this node.
pub(super) async fn receiver(node: Arc<Node>, port: &Port, stream: Box<dyn Stream>, from: IpAddr) {
    if let Some((framed, _)) = greet(&node, port, stream, from).await {
        // The client sees that the connection ended; there is nobody else to tell.
        let _ended = receive_events(&node, framed).await;
    }
}

async fn receive_events(node: &Node, mut framed: Framed<Box<dyn Stream>>) -> io::Result<()> {
    let mut logged_in = false;
    while let Some(frame) = framed.receive().await? {
        let answer = match frame {
            Frame::Session { session } => {
                logged_in = session == node.session;
                if logged_in {
                    Frame::Session { session }
                } else {
                    Frame::Refused {
                        reason: "the session was given by another node".to_owned(),
                    }
                }
            }
            Frame::Event { event } if logged_in => {
                let id = event.id.clone();
                story::broker(node, event, false);
                Frame::Accepted { id }
            }
            Frame::Event { .. } => Frame::Refused {
                reason: "log in first".to_owned(),
            },
            _ => continue,
        };
        framed.send(&answer).await?;
    }
    Ok(())
}

/// Thrift over TLS: gives sessions.
pub(super) async fn authentication(
    node: Arc<Node>,
    port: &Port,
    stream: Box<dyn Stream>,
    from: IpAddr,
) {
    let Some((mut framed, _)) = greet(&node, port, stream, from).await else {
        return;
    };
    while let Ok(Some(frame)) = framed.receive().await {
        let session = Frame::Session {
            session: node.session.clone(),
        };
        if frame == Frame::Authenticate && framed.send(&session).await.is_err() {
            return;
        }
    }
}

/// Events for apps on streams: from a sender, which only the active node takes, or from the active node.
pub(super) async fn events(
    node: &Node,
    port: &Port,
    stream: Box<dyn Stream>,
    from: IpAddr,
    is_source: bool,
) {
    let Some((mut framed, _)) = greet(node, port, stream, from).await else {
        return;
    };
    while let Ok(Some(frame)) = framed.receive().await {
        let Frame::Event { event } = frame else {
            continue;
        };
        let answer = if is_source {
            streams::take(node, event).await
        } else {
            streams::told(node, event)
        };
        if framed.send(&answer).await.is_err() {
            return;
        }
    }
}

/// The database says who it is and learns who asked; a client that is no stand-in may say what it likes.
pub(super) async fn database(node: &Node, port: &Port, stream: Box<dyn Stream>, from: IpAddr) {
    let Some((mut framed, identity)) = greet(node, port, stream, from).await else {
        return;
    };
    let asker = Asker {
        connection: fastrand::u64(..),
        pod: identity.pod,
    };
    while let Ok(Some(frame)) = framed.receive().await {
        let Frame::Ask { question } = frame else {
            continue;
        };
        let answer = node.databases().answer(&asker, question);
        if framed.send(&Frame::Answer { answer }).await.is_err() {
            break;
        }
    }
    node.databases().leave(asker.connection);
}
