//! Rows whose peer none of the releases runs: judged against the addresses that are declared for it.

use std::collections::BTreeSet;

use super::edge::{Row, is_row_of};
use crate::{
    context::{Context, Fault, Judge, configured},
    facts::{EdgeFact, Reach},
    graph::{Elsewhere, Link, Place, Target, There},
};

/// Judges that what an edge to a component elsewhere names is declared for it, and not only declared to be outside.
pub(super) fn only_declared_addresses(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (node, component, configuration) in configured(context.graph) {
        for (fact, declared) in rows_there(context).filter(|(fact, _)| fact.on == component) {
            let links = context.graph.links.iter().filter(|link| {
                link.from == node.id
                    && link.is_written()
                    && is_row_of(fact, &link.reference.purpose)
            });
            for link in links {
                judge.require(link.target != Target::External, || {
                    let peer = fact.peers.get(&context.wired_as());
                    let peer = peer.map_or("peer", |peer| peer.title());
                    let key = link.reference.key.to_string();
                    let message = format!(
                        "on the {}, `{key}` names `{}`, which is not among the addresses of the {peer}",
                        context.graph.describe(node.id),
                        link.reference.address.host
                    );
                    let addresses = addresses(declared, fact).join(", ");
                    Fault::new(message, format!("write {addresses}"))
                        .at(configuration, key, link.reference.span)
                        .value(link.reference.raw.clone())
                        .peer(peer)
                });
            }
        }
    }
}

/// The rows of the pattern whose peer is elsewhere.
fn rows_there<'c>(context: &'c Context<'_>) -> impl Iterator<Item = (&'c EdgeFact, &'c Elsewhere)> {
    context.facts.edges.iter().filter_map(|fact| {
        let peer = fact.peers.get(&context.wired_as())?;
        Some((fact, context.graph.elsewhere(*peer)?))
    })
}

/// The addresses that a row may name.
pub(super) fn addresses(declared: &Elsewhere, fact: &EdgeFact) -> Vec<String> {
    let (scheme, port, path) = fact.shape.parts();
    let name = fact.shape.port_name();
    let places: Vec<&Place> = if fact.reach == Reach::Service {
        declared.service.iter().collect()
    } else {
        declared.nodes.iter().collect()
    };
    places
        .into_iter()
        .map(|place| format!("{scheme}://{}:{}{path}", place.host, place.port(name, port)))
        .collect()
}

impl Row<'_, '_> {
    /// Judges the addresses of a row whose peer is elsewhere.
    pub(super) fn judge_there(&self, judge: &mut Judge<'_>, links: &[&Link], declared: &Elsewhere) {
        let mut reached = BTreeSet::new();
        let mut is_whole = true;
        for link in links {
            match self.form(link).and_then(|()| self.follow_there(link)) {
                Ok(Some(there)) if self.fact.reach == Reach::Service && there.is_service => {
                    reached.extend(0..declared.node_count());
                }
                Ok(Some(there)) => reached.extend(there.nodes.iter().copied()),
                // It lives outside, as declared, but not there: AM-WIRE-020.
                Ok(None) => is_whole = false,
                Err(fault) => {
                    is_whole = false;
                    judge.fault(*fault);
                }
            }
        }
        let missing: Vec<String> = (0..declared.node_count())
            .filter(|node| !reached.contains(node))
            .map(|node| match declared.nodes.get(node) {
                Some(place) => format!("`{}`", place.host),
                None => format!("node {node}"),
            })
            .collect();
        if is_whole && !missing.is_empty() {
            let message = format!("does not reach {}", missing.join(", "));
            judge.fault(self.fault(
                links[0],
                &message,
                format!("write {}", self.wanted_address()),
            ));
        }
    }

    /// What a link reaches there; `None` when it lives outside, as declared.
    fn follow_there<'l>(&self, link: &'l Link) -> Result<Option<&'l There>, Box<Fault<'_>>> {
        let wrong = |message: String| {
            let help = format!("write {}", self.wanted_address());
            Err(Box::new(self.fault(link, &message, help)))
        };
        let there = match &link.target {
            Target::External => return Ok(None),
            Target::Elsewhere(there) => there,
            Target::Dangling { reason, .. } => {
                return wrong(format!("leads nowhere: {reason}"));
            }
            Target::Unknown { reason } => {
                return wrong(format!("cannot be followed: {reason}"));
            }
            Target::Nodes { .. } | Target::Own { .. } | Target::Route { .. } => {
                return wrong(format!(
                    "stays in the releases, though the {}, which runs elsewhere, is meant",
                    self.peer.title()
                ));
            }
        };
        let (_, port, _) = self.fact.shape.parts();
        if there.component != self.peer {
            return Err(self.stranger(link, there.component.title()));
        }
        if there.port != port {
            return wrong(format!(
                "leads to port {} of the {}, not {port}",
                there.port,
                self.peer.title()
            ));
        }
        if self.fact.reach != Reach::Service && there.nodes.len() != 1 {
            return wrong(
                "is the one name of several nodes, and each connection reaches only one".to_owned(),
            );
        }
        Ok(Some(there))
    }
}
