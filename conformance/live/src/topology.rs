//! The picture of a pattern as its nodes see it.

use std::collections::BTreeMap;

use am_conformance::Component;
use am_conformance::facts::{EdgeFact, Facts};
use am_conformance::report::{Edge, EdgeVerdict, Node, Topology};
use am_standin::observations::{EdgeObservation, Verdict};
use serde_json::Value;

use crate::api::text;
use crate::wiring::{Observed, ends_elsewhere, requirement_of};

/// Components, and the edges of the wiring table between them.
pub(crate) fn topology(
    facts: &Facts,
    away: &[EdgeFact],
    nodes: &[Observed],
    workloads: &[Value],
) -> Topology {
    let mut edges: BTreeMap<(Component, Option<Component>, u16, String), Edge> = BTreeMap::new();
    for node in nodes {
        let of_table = node
            .observations
            .edges
            .iter()
            .filter_map(|edge| Some((edge, requirement_of(facts, edge.edge.purpose)?)));
        for (observed, requirement) in of_table {
            let mut edge = edge_of(node.component, observed, requirement);
            if ends_elsewhere(away, node.component, observed) {
                edge.verdict = EdgeVerdict::External;
                edge.broken_by.clear();
            }
            let place = (edge.from, edge.to, edge.port, edge.key.clone());
            edges.entry(place).or_insert(edge);
        }
    }
    Topology {
        nodes: nodes_of(nodes, workloads),
        edges: edges.into_values().collect(),
        exposures: Vec::new(),
        crossings: Vec::new(),
    }
}

fn edge_of(from: Component, observed: &EdgeObservation, requirement: &str) -> Edge {
    let edge = &observed.edge;
    let verdict = match observed.verdict {
        Verdict::Reached => EdgeVerdict::Resolves,
        Verdict::Untried | Verdict::Unknown => EdgeVerdict::Unknown,
        _ => EdgeVerdict::Dangles,
    };
    let broken_by = (verdict == EdgeVerdict::Dangles).then(|| requirement.to_owned());
    Edge {
        from,
        to: observed
            .peers
            .last()
            .and_then(|met| Component::from_name(met.identity.role.as_str())),
        host: edge.host.clone(),
        port: edge.port,
        scheme: edge
            .url
            .split_once("://")
            .map(|(scheme, _)| scheme.to_owned())
            .unwrap_or_default(),
        key: without_indexes(&edge.key),
        verdict,
        broken_by: broken_by.into_iter().collect(),
    }
}

/// `a[1].b` as `a[].b`: nodes of a list are one edge of the picture.
fn without_indexes(key: &str) -> String {
    let mut inside = false;
    key.chars()
        .filter(|letter| match letter {
            '[' => {
                inside = true;
                true
            }
            ']' => {
                inside = false;
                true
            }
            _ => !inside,
        })
        .collect()
}

fn nodes_of(nodes: &[Observed], workloads: &[Value]) -> Vec<Node> {
    let mut components: BTreeMap<Component, Vec<&Observed>> = BTreeMap::new();
    for node in nodes {
        components.entry(node.component).or_default().push(node);
    }
    components
        .into_iter()
        .map(|(component, nodes)| Node {
            component,
            replicas: nodes.len(),
            workloads: workloads
                .iter()
                .filter(|workload| {
                    text(workload, "/metadata/labels/app.kubernetes.io~1component")
                        == component.name()
                })
                .map(|workload| {
                    let name = text(workload, "/metadata/name");
                    format!("{}/{name}", text(workload, "/kind"))
                })
                .collect(),
            ports: nodes[0]
                .observations
                .ports
                .iter()
                .map(|port| format!("{}:{}", port.name, port.number))
                .collect(),
            services: Vec::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::without_indexes;

    #[test]
    fn nodes_of_a_list_are_one_edge() {
        assert_eq!(without_indexes("a.b[12].c[0]"), "a.b[].c[]");
        assert_eq!(without_indexes("a.b"), "a.b");
    }
}
