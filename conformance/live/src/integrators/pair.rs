//! Of two servers of apps on streams one is active: it alone takes events, and when it is gone the other goes on where it was.

use std::collections::BTreeSet;
use std::time::Duration;

use am_standin::observations::StreamsObservation;
use am_standin::ports::{Port, Service};
use serde_json::{Value, json};

use super::{Checks, Whose};
use crate::api::text;
use crate::patience::Waiting;
use crate::record::Fault;
use crate::wiring::Observed;

/// Nodes of a pair know each other.
pub(crate) const KNOW_EACH_OTHER: &str = "AM-INT-009";
/// Events go to the active one.
pub(crate) const TO_THE_ACTIVE: &str = "AM-INT-010";
pub(crate) const REQUIREMENTS: [&str; 2] = [KNOW_EACH_OTHER, TO_THE_ACTIVE];

/// How often a pair is looked at.
pub(crate) const POLL: Duration = Duration::from_millis(300);
/// How long a pair may take to agree: a few beats.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long both must be the same before that is believed: a node that starts may be active for a beat.
const SETTLED: Duration = Duration::from_secs(7);
/// When the active node dies, after the first event.
pub(crate) const AFTER: Duration = Duration::from_secs(1);
/// Milliseconds for which a sender tries one event.
const OF_AN_EVENT: u64 = 40_000;

/// What a node tells of its pair.
pub(crate) fn told(node: &Observed) -> StreamsObservation {
    node.observations.story.streams.clone().unwrap_or_default()
}

/// The nodes that are active.
pub(crate) fn active(nodes: &[Observed]) -> BTreeSet<String> {
    let active = nodes.iter().filter(|node| told(node).active);
    active.map(|node| node.pod.clone()).collect()
}

/// A look at a pair again and again, until one node is active and stays so.
#[derive(Debug)]
pub(crate) struct Agreement {
    waiting: Waiting,
    same: Waiting,
    last: BTreeSet<String>,
}

impl Agreement {
    pub(crate) fn begin() -> Self {
        Self {
            waiting: Waiting::begin(),
            same: Waiting::begin(),
            last: BTreeSet::new(),
        }
    }

    /// Who is active once that is settled, or why it never is; `None` while it is open.
    pub(crate) fn look(&mut self, nodes: &[Observed]) -> Option<Result<String, Box<Fault>>> {
        let active = active(nodes);
        if active != self.last {
            self.last.clone_from(&active);
            self.same = Waiting::begin();
        }
        if self.same.is_over(SETTLED) && active.len() == 1 {
            return active.into_iter().next().map(Ok);
        }
        self.waiting
            .is_over(PATIENCE)
            .then(|| Err(Box::new(not_one(nodes, &active))))
    }
}

/// Not one node is active.
pub(crate) fn not_one(nodes: &[Observed], active: &BTreeSet<String>) -> Fault {
    let help = "let the nodes beat in one database, in one group, each with an id of its own";
    let about = nodes.iter().map(|node| {
        let told = told(node);
        let error = told.last_error.map(|it| format!(", and says: {it}"));
        format!(
            "{} has the id {}{}",
            node.pod,
            told.id,
            error.unwrap_or_default()
        )
    });
    let about = about.collect::<Vec<_>>().join("; ");
    let who = active.iter().cloned().collect::<Vec<_>>().join(" and ");
    let message = if active.len() > 1 {
        format!("{who} are active at once ({about})")
    } else {
        format!("no node becomes active, or not for long ({about})")
    };
    let pod = active.first().or(nodes.first().map(|node| &node.pod));
    let fault = Fault::new(message, help);
    match pod {
        Some(pod) => fault.at("Pod", pod),
        None => fault,
    }
}

/// A port of a node where events are taken in clear text.
pub(crate) fn source(node: &Observed) -> Option<&Port> {
    let is_source = |port: &&Port| port.service == Service::Source && !port.tls;
    // The last one: the first are for queries.
    node.observations.ports.iter().rfind(is_source)
}

/// What a stand-in is told that sends events to addresses.
pub(crate) fn sending(
    addresses: &[(String, u16)],
    port: &str,
    prefix: &str,
    (count, pause): (u32, u64),
) -> Value {
    json!({
        "addresses": addresses, "port": port, "prefix": prefix, "count": count,
        "pause_ms": pause, "patience_ms": OF_AN_EVENT,
    })
}

/// What became of events.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// Each with the node that took it.
    pub(crate) taken: Vec<(String, String)>,
    pub(crate) lost: Vec<String>,
    pub(crate) refusals: u64,
}

impl Sent {
    /// From what the sender tells.
    pub(crate) fn of(answer: &Value) -> Self {
        let told = |key: &str| answer[key].as_array().cloned().unwrap_or_default();
        let taken = told("taken");
        let taken = taken
            .iter()
            .map(|it| (text(it, "/event").to_owned(), text(it, "/by").to_owned()));
        let lost = told("lost");
        let lost = lost.iter().filter_map(Value::as_str).map(str::to_owned);
        Self {
            taken: taken.collect(),
            lost: lost.collect(),
            refusals: answer["refusals"].as_u64().unwrap_or(0),
        }
    }
}

/// An event that the active node did not take.
pub(crate) fn astray(whose: Whose<'_>, active: &str, sent: &Sent) -> Option<Fault> {
    let wrong = sent.taken.iter().find(|(_, by)| by != active);
    if let Some((event, by)) = wrong {
        let message = format!("{by} takes {event}, and {active} is the active node");
        return Some(Fault::new(message, "close the sources of the passive node").at("Pod", by));
    }
    sent.lost.first().map(|event| {
        let message = format!("{event} is taken by no node of {}", whose.about());
        let help = "let the address of each node, or that of both, lead to its sources, and policies or firewalls allow the way";
        Fault::new(message, help).at("Pod", active)
    })
}

/// What the active node took, the other one knows.
pub(crate) fn copies(nodes: &[Observed], active: &str, sent: &Sent) -> Checks {
    let others = nodes.iter().filter(|node| node.pod != active);
    let checks = others.map(|node| {
        let copied: BTreeSet<String> = told(node).copied.into_iter().collect();
        let mut taken = sent.taken.iter().filter(|(_, by)| by == active);
        let missing = taken.find(|(event, _)| !copied.contains(event));
        let fault = missing.map(|(event, by)| {
            let message = format!("{} is not told of {event}, which {by} took", node.pod);
            let help = "let each node advertise its own address, and policies or firewalls allow the port between them";
            Fault::new(message, help).at("Pod", &node.pod).peer(by)
        });
        (KNOW_EACH_OTHER, fault)
    });
    checks.collect()
}

/// What became of events when the active node died; a sentence about it, and what is wrong.
pub(crate) fn after_death(dead: &str, sent: &Sent) -> (String, Option<Fault>) {
    let after = sent.taken.iter().filter(|(_, by)| *by != dead).count();
    let text = format!(
        "when {dead} died, {after} events went on at the other node, {} were lost; a sender was refused {} times",
        sent.lost.len(),
        sent.refusals
    );
    let help = "let the passive node take over";
    let message = if let Some(event) = sent.lost.first() {
        Some(format!(
            "after {dead} died, {event} is taken by no node: {} of {} events are lost",
            sent.lost.len(),
            sent.lost.len() + sent.taken.len()
        ))
    } else {
        (after == 0).then(|| format!("{dead} died, and no event is taken by the other node"))
    };
    let fault = message.map(|message| Fault::new(message, help).at("Pod", dead));
    (text, fault)
}
