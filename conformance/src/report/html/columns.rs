//! Who stands at the top of a topology's picture, from left to right.

use super::{
    super::{Edge, EdgeVerdict, Node, Topology},
    escape::shortened,
};
use crate::component::Component;

/// Width of a component's box.
pub(super) const BOX_WIDTH: usize = 204;
/// Space between two boxes.
pub(super) const GAP: usize = 36;
/// Space around the picture.
pub(super) const MARGIN: usize = 24;
/// Characters that fit into a box.
const BOX_CHARACTERS: usize = 29;

/// What stands at the top of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Party {
    Clients,
    Component(Component),
    Outside,
}

#[derive(Debug)]
pub(super) struct Column {
    pub(super) party: Party,
    /// Middle.
    pub(super) x: usize,
    pub(super) title: String,
    /// Number of nodes; none for parties that are no component.
    pub(super) replicas: Option<usize>,
    pub(super) lines: Vec<String>,
}

/// The columns of `topology`.
pub(super) fn columns(topology: &Topology) -> Vec<Column> {
    let mut parties = Vec::new();
    let by_route = |edge: &Edge| edge.to.is_none() && edge.verdict == EdgeVerdict::Resolves;
    if !topology.exposures.is_empty() || topology.edges.iter().any(by_route) {
        let mut hosts: Vec<String> = topology
            .exposures
            .iter()
            .map(|exposure| exposure.host.clone())
            .collect();
        hosts.sort();
        hosts.dedup();
        parties.push((Party::Clients, "Clients".to_owned(), None, hosts));
    }
    let mut components: Vec<Component> = Component::all().collect();
    components.sort_by_key(|component| component.picture());
    for component in components {
        let node = topology
            .nodes
            .iter()
            .find(|node| node.component == component);
        let named = topology
            .edges
            .iter()
            .any(|edge| edge.from == component || edge.to == Some(component))
            || topology
                .exposures
                .iter()
                .any(|exposure| exposure.to == component);
        if node.is_some() || named {
            let lines = node.map_or_else(|| vec!["not deployed".to_owned()], node_lines);
            let replicas = node.map_or(0, |node| node.replicas);
            parties.push((
                Party::Component(component),
                capitalised(component.title()),
                Some(replicas),
                lines,
            ));
        }
    }
    let mut outside: Vec<String> = topology
        .edges
        .iter()
        .filter(|edge| leads_outside(edge))
        .map(|edge| edge.host.clone())
        .collect();
    outside.sort();
    outside.dedup();
    if !outside.is_empty() {
        parties.push((Party::Outside, "Outside".to_owned(), None, outside));
    }
    parties
        .into_iter()
        .enumerate()
        .map(|(index, (party, title, replicas, lines))| Column {
            party,
            x: MARGIN + BOX_WIDTH / 2 + index * (BOX_WIDTH + GAP),
            title,
            replicas,
            lines: lines
                .iter()
                .map(|line| shortened(line, BOX_CHARACTERS))
                .collect(),
        })
        .collect()
}

fn leads_outside(edge: &Edge) -> bool {
    edge.to.is_none() && edge.verdict == EdgeVerdict::External
}

fn node_lines(node: &Node) -> Vec<String> {
    let mut lines = node.workloads.clone();
    lines.extend(
        node.services
            .iter()
            .map(|service| format!("Service {service}")),
    );
    lines.extend(
        node.ports
            .iter()
            .map(|port| format!("• {}", port.replace(':', " "))),
    );
    lines
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}
