//! The wiring table against what the stand-ins saw: every edge reached, by the right peer, and no other.

use std::collections::BTreeSet;

use am_conformance::Component;
use am_conformance::facts::{EdgeFact, Facts, Reach};
use am_product::Pattern;
use am_standin::edge::{Provenance, Purpose};
use am_standin::observations::{EdgeObservation, Observations, Verdict};

use crate::record::Fault;

/// A node of a release: its pod and what the stand-in in it saw.
#[derive(Debug, Clone)]
pub(crate) struct Observed {
    /// Component, from the pod's label.
    pub(crate) component: Component,
    /// Pod.
    pub(crate) pod: String,
    /// Namespace.
    pub(crate) namespace: String,
    /// What it saw.
    pub(crate) observations: Observations,
}

/// The judgement of a release's wiring.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    /// Edges that the table asks for, one for each pair of nodes (or node and Service).
    pub(crate) expected: usize,
    /// Those of them that were reached.
    pub(crate) reached: usize,
    /// Edges reached, by requirement.
    pub(crate) passed: Vec<String>,
    /// What is wrong, with the requirement.
    pub(crate) faults: Vec<(String, Fault)>,
}

/// What the stand-in calls the addresses of a row.
fn purposes(fact: &EdgeFact) -> impl Iterator<Item = Purpose> {
    Purpose::at_key(&fact.key)
}

/// Whether a requirement is about a row of the table.
pub(crate) fn is_row(facts: &Facts, requirement: &str) -> bool {
    facts
        .edges
        .iter()
        .any(|fact| fact.requirement == requirement)
}

/// The requirement of the table that is about a purpose.
pub(crate) fn requirement_of(facts: &Facts, purpose: Purpose) -> Option<&str> {
    let key = purpose.key()?;
    let row = facts.edges.iter().find(|fact| fact.key == key)?;
    Some(&row.requirement)
}

/// Judges one release. Edges of the rows `away` end elsewhere, where nobody here can tell who answers.
pub(crate) fn judge(
    facts: &Facts,
    pattern: Pattern,
    nodes: &[Observed],
    away: &[EdgeFact],
) -> Judgement {
    let mut judgement = Judgement::default();
    for node in nodes {
        for fact in facts.edges.iter().filter(|fact| fact.on == node.component) {
            if let Some(peer) = asked_for(fact, pattern, nodes) {
                let used = |purpose: &Purpose| !is_switched_off(node, *purpose);
                for purpose in purposes(fact).filter(used) {
                    judge_row(&mut judgement, fact, peer, purpose, node, nodes);
                }
            }
        }
        let ends_here = |edge: &&EdgeObservation| !ends_elsewhere(away, node.component, edge);
        for edge in node.observations.edges.iter().filter(ends_here) {
            judge_unexpected(&mut judgement, facts, pattern, node, nodes, edge);
        }
    }
    judgement
}

/// Whether an edge is one of the rows that lead to components elsewhere.
pub(crate) fn ends_elsewhere(away: &[EdgeFact], on: Component, edge: &EdgeObservation) -> bool {
    away.iter()
        .filter(|fact| fact.on == on)
        .any(|fact| purposes(fact).any(|purpose| purpose == edge.edge.purpose))
}

/// Traffic managers decide; with this switch the product does not listen to its own decisions.
fn is_switched_off(node: &Observed, purpose: Purpose) -> bool {
    purpose == Purpose::ThrottleDecision
        && node.observations.effective.iter().any(|entry| {
            entry.key == "apim.throttling.enable_decision_connection" && entry.value == "false"
        })
}

/// The peer that a row of the table names, when it asks for something here.
fn asked_for(fact: &EdgeFact, pattern: Pattern, nodes: &[Observed]) -> Option<Component> {
    let own = nodes
        .iter()
        .filter(|node| node.component == fact.on)
        .count();
    let peer = fact.peers.get(&pattern)?;
    (!fact.highly_available || own > 1).then_some(*peer)
}

fn judge_row(
    judgement: &mut Judgement,
    fact: &EdgeFact,
    peer: Component,
    purpose: Purpose,
    node: &Observed,
    nodes: &[Observed],
) {
    let edges: Vec<&EdgeObservation> = node
        .observations
        .edges
        .iter()
        .filter(|edge| edge.edge.purpose == purpose)
        .collect();
    let peers = nodes.iter().filter(|other| other.component == peer);
    let wanted: Vec<Option<&str>> = match fact.reach {
        // Of other nodes one is enough, whichever the chart chose.
        Reach::Service | Reach::AnotherNode => vec![None],
        Reach::EveryNode => peers.map(|other| Some(other.pod.as_str())).collect(),
        Reach::OwnNode | Reach::OwnServer => vec![Some(node.pod.as_str())],
        Reach::OtherNodes => peers
            .filter(|other| other.pod != node.pod)
            .map(|other| Some(other.pod.as_str()))
            .collect(),
    };
    for target in wanted {
        judgement.expected += 1;
        let serving = edges.iter().find(|edge| serves(edge, node, peer, target));
        if serving.is_some() {
            judgement.reached += 1;
            judgement.passed.push(fact.requirement.clone());
        } else {
            let fault = unreached(fact, peer, target, node, &edges);
            judgement.faults.push((fact.requirement.clone(), fault));
        }
    }
}

/// Whether an edge was reached and leads to the peer: to a certain pod, or to whichever of the component.
fn serves(edge: &EdgeObservation, node: &Observed, peer: Component, target: Option<&str>) -> bool {
    let mut met = edge
        .peers
        .iter()
        .filter(|met| met.identity.namespace == node.namespace)
        .filter(|met| met.identity.role.as_str() == peer.name());
    edge.verdict == Verdict::Reached
        && match target {
            Some(pod) => met.any(|met| met.identity.pod == pod),
            // Behind a Service there must be nobody else.
            None => {
                !edge.peers.is_empty()
                    && edge
                        .peers
                        .iter()
                        .all(|met| met.identity.role.as_str() == peer.name())
            }
        }
}

fn unreached(
    fact: &EdgeFact,
    peer: Component,
    target: Option<&str>,
    node: &Observed,
    edges: &[&EdgeObservation],
) -> Fault {
    let wanted = target.map_or_else(
        || format!("the Service of the {}", peer.title()),
        |pod| format!("{} node {pod}", peer.title()),
    );
    let (message, value) = match edges.iter().find(|edge| edge.verdict != Verdict::Reached) {
        Some(edge) => (
            format!(
                "{} does not reach {wanted}: {} is {}",
                node.pod,
                edge.edge.url,
                tell(edge)
            ),
            Some(edge.edge.url.clone()),
        ),
        None if edges.is_empty() => (format!("{} has no address of {wanted}", node.pod), None),
        None => {
            let met: BTreeSet<&str> = edges
                .iter()
                .flat_map(|edge| &edge.peers)
                .map(|met| met.identity.pod.as_str())
                .collect();
            let met: Vec<&str> = met.into_iter().collect();
            let addresses: Vec<&str> = edges.iter().map(|edge| edge.edge.url.as_str()).collect();
            (
                format!(
                    "{} does not reach {wanted}: its addresses lead to {}",
                    node.pod,
                    met.join(", ")
                ),
                Some(addresses.join(", ")),
            )
        }
    };
    let fallback = edges.iter().any(|edge| !is_written(&edge.edge.provenance));
    let help = if fallback {
        format!(
            "write `{}` in the {}'s configuration: without it the product falls back silently",
            fact.key,
            fact.on.title()
        )
    } else {
        format!(
            "let `{}` of the {} name {wanted}",
            fact.key,
            fact.on.title()
        )
    };
    let mut fault = Fault::new(message, help).at("Pod", &node.pod).peer(wanted);
    fault.value = value;
    fault
}

/// A verdict in words, with what is known about it.
fn tell(edge: &EdgeObservation) -> String {
    let word = match edge.verdict {
        Verdict::Untried => "not tried yet",
        Verdict::Reached => "reached",
        Verdict::Unknown => "answered by a stranger",
        Verdict::WrongRole => "answered by the wrong component",
        Verdict::Unresolved => "a name without address",
        Verdict::Refused => "refused",
        Verdict::Timeout => "not answering",
        Verdict::WrongProtocol => "speaking something else",
    };
    match edge.peers.last() {
        Some(met) if edge.verdict == Verdict::WrongRole => {
            format!("{word} ({} {})", met.identity.role, met.identity.pod)
        }
        _ => word.to_owned(),
    }
}

/// An edge that the table does not have must lead to the component itself and work.
fn judge_unexpected(
    judgement: &mut Judgement,
    facts: &Facts,
    pattern: Pattern,
    node: &Observed,
    nodes: &[Observed],
    edge: &EdgeObservation,
) {
    if edge.edge.purpose == Purpose::Database {
        judge_database(judgement, node, edge);
        return;
    }
    let Some(requirement) = requirement_of(facts, edge.edge.purpose) else {
        return;
    };
    // A key may have a row for each way in which patterns use it.
    let rows = || {
        facts
            .edges
            .iter()
            .filter(|fact| fact.on == node.component && fact.requirement == requirement)
    };
    let row = rows()
        .find(|fact| fact.peers.contains_key(&pattern))
        .or_else(|| rows().next());
    let peer = row.and_then(|fact| fact.peers.get(&pattern));
    if edge.verdict == Verdict::Reached {
        for met in &edge.peers {
            // What a component tells itself, over its Service or not, is its own affair.
            let own = met.identity.role == node.observations.identity.role;
            let of_table = peer.is_some_and(|peer| peer.name() == met.identity.role.as_str());
            let foreign = met.identity.namespace != node.namespace;
            if foreign || !(own || of_table) {
                let message = format!(
                    "{} reaches {} {} in {} by {}, which the pattern does not ask for",
                    node.pod,
                    met.identity.role,
                    met.identity.pod,
                    met.identity.namespace,
                    edge.edge.key
                );
                let fault = Fault::new(message, format!("correct or remove `{}`", edge.edge.key))
                    .at("Pod", &node.pod)
                    .value(&edge.edge.url);
                judgement.faults.push((requirement.to_owned(), fault));
            }
        }
        return;
    }
    // Rows that ask for something told their faults already.
    if row
        .and_then(|fact| asked_for(fact, pattern, nodes))
        .is_none()
        && is_written(&edge.edge.provenance)
    {
        let message = format!(
            "{} names {} in {}, which is {}",
            node.pod,
            edge.edge.url,
            edge.edge.key,
            tell(edge)
        );
        let fault = Fault::new(message, format!("correct or remove `{}`", edge.edge.key))
            .at("Pod", &node.pod)
            .value(&edge.edge.url);
        judgement.faults.push((requirement.to_owned(), fault));
    }
}

fn is_written(provenance: &Provenance) -> bool {
    matches!(
        provenance,
        Provenance::Written { .. } | Provenance::Environment { .. } | Provenance::File { .. }
    )
}

fn judge_database(judgement: &mut Judgement, node: &Observed, edge: &EdgeObservation) {
    if edge.verdict == Verdict::Reached {
        judgement.passed.push("AM-CONF-012".to_owned());
        return;
    }
    let message = format!(
        "{} does not reach its database {}: it is {}",
        node.pod,
        edge.edge.url,
        tell(edge)
    );
    let help = format!("let `{}` name the release's database", edge.edge.key);
    let fault = Fault::new(message, help).at("Pod", &node.pod);
    judgement.faults.push(("AM-CONF-012".to_owned(), fault));
}
