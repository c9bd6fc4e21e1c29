//! Who is active, and what follows from it: open sources, and copies for the other node.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, timeout};

use crate::database::{self, Answer, Member, Request};
use crate::deployment_yaml::Group;
use crate::dial::{DialError, Target, dial};
use crate::event::Event;
use crate::identity::Identity;
use crate::node::Node;
use crate::observations::{Verdict, now_ms};
use crate::ports::{Port, Service};
use crate::prober::greet;
use crate::protocol::{Frame, Framed, Stream};

/// How long the other node may take to take a copy.
const COPY_TIMEOUT: Duration = Duration::from_secs(2);

/// Opens a port.
type Open = fn(&Arc<Node>, &Port) -> io::Result<JoinHandle<()>>;

/// Begins to beat, where there is another node; a node that is alone is active at once.
pub(crate) fn start(node: &Arc<Node>, open_port: Open) {
    let Some(settings) = node.configuration.streams.clone() else {
        return;
    };
    {
        let told = &mut node.state().story.streams;
        let told = told.get_or_insert_default();
        told.id.clone_from(&settings.id);
        told.group = settings.group.as_ref().map(|group| group.name.clone());
    }
    let mut sources = Sources {
        node: Arc::clone(node),
        open_port,
        open: Vec::new(),
    };
    let Some(mut group) = settings.group else {
        sources.set_active(true);
        return;
    };
    let own = Duration::from_millis(group.interval).mul_f64(node.settings.beat_scale);
    group.interval = u64::try_from(own.as_millis()).unwrap_or(u64::MAX);
    let node = Arc::clone(node);
    tokio::spawn(async move {
        let mut beats = interval(Duration::from_millis(group.interval.max(10)));
        let mut last_answer = Instant::now();
        loop {
            beats.tick().await;
            match beat(&node, &settings.id, &group).await {
                Ok((active, others)) => {
                    last_answer = Instant::now();
                    let other = others.into_iter().next();
                    node.state().story.streams.get_or_insert_default().other =
                        other.as_ref().map(|it| format!("{}:{}", it.host, it.port));
                    *node.other.lock().await = other;
                    sources.set_active(active);
                }
                Err(reason) => {
                    failed(&node, reason);
                    // Whoever cannot beat cannot know that nobody else is active.
                    let patience = Duration::from_millis(group.patience());
                    if last_answer.elapsed() > patience {
                        sources.set_active(false);
                    }
                }
            }
        }
    });
}

fn failed(node: &Node, reason: String) {
    let mut state = node.state();
    state.story.streams.get_or_insert_default().last_error = Some(reason);
}

/// Tells the database that this node is there; whether it is active, and the nodes of other ids.
async fn beat(node: &Node, id: &str, group: &Group) -> Result<(bool, Vec<Member>), String> {
    let request = Request::Beat {
        group: group.name.clone(),
        member: Member {
            id: id.to_owned(),
            host: group.host.clone(),
            port: group.port,
        },
        patience_ms: group.patience(),
    };
    match database::ask(node, request).await? {
        Some(Answer::Members { active, members }) => {
            let others = members.into_iter().filter(|member| member.id != id);
            Ok((active == id, others.collect()))
        }
        _ => Err("the coordination database is none that a stand-in plays".to_owned()),
    }
}

/// The ports that only the active node has open.
struct Sources {
    node: Arc<Node>,
    open_port: Open,
    open: Vec<JoinHandle<()>>,
}

impl Sources {
    fn set_active(&mut self, active: bool) {
        let mut state = self.node.state();
        let told = state.story.streams.get_or_insert_default();
        if told.active == active {
            return;
        }
        told.active = active;
        let now = now_ms();
        if active {
            told.periods.push((now, None));
        } else if let Some(last) = told.periods.last_mut() {
            last.1 = Some(now);
        }
        drop(state);
        println!(
            "this node is {} (stand-in)",
            if active { "active" } else { "passive" }
        );
        for listener in self.open.drain(..) {
            listener.abort();
        }
        let ports = self.node.configuration.ports.iter();
        let is_source = |port: &&Port| port.service == Service::Source;
        for port in ports.filter(is_source).filter(|_| active) {
            match (self.open_port)(&self.node, port) {
                Ok(listener) => self.open.push(listener),
                Err(error) => self.node.warn(format!("port {}: {error}", port.name)),
            }
        }
    }
}

/// A source takes an event: only on the active node, which tells the other one.
pub(crate) async fn take(node: &Node, event: Event) -> Frame {
    let id = event.id.clone();
    {
        let mut state = node.state();
        let told = state.story.streams.get_or_insert_default();
        if !told.active {
            let reason = "this node is passive".to_owned();
            return Frame::Refused { reason };
        }
        told.taken.push(id.clone());
    }
    let other = node.other.lock().await.clone();
    if let Some(other) = other
        && let Err(error) = copy(node, &other, event).await
    {
        failed(node, format!("{}: {error}", other.host));
    }
    Frame::Accepted { id }
}

/// The active node tells of an event.
pub(crate) fn told(node: &Node, event: Event) -> Frame {
    let id = event.id;
    let mut state = node.state();
    let told = state.story.streams.get_or_insert_default();
    told.copied.push(id.clone());
    Frame::Accepted { id }
}

async fn copy(node: &Node, other: &Member, event: Event) -> Result<(), DialError> {
    let target = Target {
        host: other.host.clone(),
        port: other.port,
        tls: false,
        own_node: false,
    };
    let stream = dial(node, &target).await?;
    let mut ports = node.configuration.ports.iter();
    let own = ports.find(|port| port.service == Service::Cluster);
    let name = own.map_or("", |port| port.name.as_str());
    deliver(node, stream, name, event).await.map(drop)
}

/// Greets whoever is at a port of this name, and hands it an event; who took it.
pub(super) async fn deliver(
    node: &Node,
    stream: Box<dyn Stream>,
    port: &str,
    event: Event,
) -> Result<Identity, DialError> {
    let exchange = async {
        let mut framed = Framed::new(stream);
        let peer = greet(node, &mut framed, port).await?;
        let broken = |error: io::Error| DialError::new(Verdict::WrongProtocol, error);
        framed.send(&Frame::Event { event }).await.map_err(broken)?;
        match framed.receive().await.map_err(broken)? {
            Some(Frame::Accepted { .. }) => Ok(peer),
            Some(Frame::Refused { reason }) => Err(DialError::new(Verdict::Refused, reason)),
            _ => Err(DialError::new(
                Verdict::WrongProtocol,
                "nothing is accepted",
            )),
        }
    };
    match timeout(COPY_TIMEOUT, exchange).await {
        Ok(done) => done,
        Err(_) => Err(DialError::new(Verdict::Timeout, "no answer in time")),
    }
}
