//! Components and edges of a subject, for pictures.

use std::collections::{BTreeMap, BTreeSet};

use am_deployment_toml::wiring::Purpose;

use crate::{
    component::Component,
    graph::{Graph, Link, MountedFile, Target, mounted_files},
    manifest::{TargetPort, routes},
    report::{Crossing, Edge, EdgeVerdict, Exposure, Node, SubjectResult, Topology},
};

/// The picture of a judged subject: an edge is broken when a finding points at its key.
pub(crate) fn topology_of(graph: &Graph<'_>, result: &SubjectResult) -> Topology {
    let broken = broken_keys(result);
    let mut edges: BTreeMap<(Component, Option<Component>, u16, String), Edge> = BTreeMap::new();
    for link in graph.links.iter().filter(|link| is_drawn(link)) {
        let Some(from) = graph.component(link.from) else {
            continue;
        };
        let source = graph
            .node(link.from)
            .and_then(|node| node.configuration.as_ref())
            .map(crate::graph::Configuration::source);
        let key = link.reference.key.to_string();
        let broken_by: Vec<String> = source
            .and_then(|source| broken.get(&(source, key.clone())))
            .map(|ids| ids.iter().cloned().collect())
            .unwrap_or_default();
        let edge = edge_of(graph, link, from, broken_by);
        let pattern = link.reference.key.pattern();
        edges
            .entry((from, edge.to, edge.port, pattern))
            .and_modify(|known| {
                if known.broken_by.is_empty() {
                    known.broken_by.clone_from(&edge.broken_by);
                }
            })
            .or_insert(edge);
    }
    Topology {
        nodes: nodes_of(graph),
        edges: edges.into_values().collect(),
        exposures: exposures_of(graph),
        crossings: crossings_of(graph),
    }
}

/// What files of nodes say of places in other sites: configurations, and what publishers of events read beside them.
fn crossings_of(graph: &Graph<'_>) -> Vec<Crossing> {
    let mut found = BTreeSet::new();
    for node in &graph.nodes {
        let member = graph.member(node.id);
        let (Some(from), Some(main)) = (member.component, member.main) else {
            continue;
        };
        let (files, _) = mounted_files(graph.manifest, &member.workload, &main, &node.pod_name);
        for beyond in &graph.crossings.others {
            for port in beyond.place.ports.values() {
                let address = format!("{}:{port}", beyond.place.host);
                let says =
                    |file: &&MountedFile<'_>| file.text.is_some_and(|text| text.contains(&address));
                if let Some(file) = files.iter().find(says) {
                    found.insert(Crossing {
                        from,
                        site: beyond.site.clone(),
                        to: beyond.component,
                        host: beyond.place.host.clone(),
                        port: *port,
                        file: file.path.rsplit('/').next().unwrap_or_default().to_owned(),
                    });
                }
            }
        }
    }
    // Each node of a component says the same.
    found.into_iter().collect()
}

fn is_drawn(link: &Link) -> bool {
    link.is_written() && link.reference.enabled && link.reference.purpose != Purpose::Other
}

/// Requirements by the source and key that their findings point at.
fn broken_keys(result: &SubjectResult) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut broken: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for finding in result.findings() {
        if let Some(configuration) = &finding.configuration {
            let place = (configuration.source.clone(), configuration.key.clone());
            broken
                .entry(place)
                .or_default()
                .insert(finding.requirement.clone());
        }
    }
    broken
}

fn edge_of(graph: &Graph<'_>, link: &Link, from: Component, broken_by: Vec<String>) -> Edge {
    let address = &link.reference.address;
    let (to, verdict, port) = match &link.target {
        Target::Nodes { nodes, port, .. } => (
            nodes.first().and_then(|node| graph.component(*node)),
            EdgeVerdict::Resolves,
            *port,
        ),
        Target::Own { port } => (Some(from), EdgeVerdict::Resolves, *port),
        Target::Route { .. } => (
            None,
            EdgeVerdict::Resolves,
            address.port_or_default().unwrap_or(0),
        ),
        Target::Elsewhere(_) | Target::External => (
            None,
            EdgeVerdict::External,
            address.port_or_default().unwrap_or(0),
        ),
        Target::Dangling { .. } => (
            None,
            EdgeVerdict::Dangles,
            address.port_or_default().unwrap_or(0),
        ),
        Target::Unknown { .. } => (
            None,
            EdgeVerdict::Unknown,
            address.port_or_default().unwrap_or(0),
        ),
    };
    Edge {
        from,
        to,
        host: address.host.clone(),
        port,
        scheme: address.scheme.clone(),
        key: link.reference.key.to_string(),
        verdict,
        broken_by,
    }
}

fn nodes_of(graph: &Graph<'_>) -> Vec<Node> {
    Component::all()
        .filter_map(|component| {
            let members: Vec<_> = graph.members_of(component).collect();
            let first = members.first()?;
            let ports = first.main.map(|main| main.ports()).unwrap_or_default();
            Some(Node {
                component,
                replicas: members.iter().map(|member| member.replicas).sum(),
                workloads: members
                    .iter()
                    .map(|member| member.workload.object.reference().to_string())
                    .collect(),
                ports: ports
                    .iter()
                    .map(|port| {
                        port.name.map_or_else(
                            || port.number.to_string(),
                            |name| format!("{name}:{}", port.number),
                        )
                    })
                    .collect(),
                services: graph
                    .services
                    .iter()
                    .filter(|service| service.selects(&first.workload.pod.labels()))
                    .map(|service| service.name().to_owned())
                    .collect(),
            })
        })
        .collect()
}

fn exposures_of(graph: &Graph<'_>) -> Vec<Exposure> {
    let mut exposures = Vec::new();
    for route in routes(graph.manifest) {
        for backend in &route.backends {
            let Some(service) = graph
                .services
                .iter()
                .find(|service| service.name() == backend.service)
            else {
                continue;
            };
            let member = graph
                .members
                .iter()
                .find(|member| service.selects(&member.workload.pod.labels()));
            let Some((to, _)) = member.and_then(|member| Some((member.component?, member))) else {
                continue;
            };
            let port = service.ports().into_iter().find(|port| match backend.port {
                Some(TargetPort::Number(number)) => port.number == number,
                Some(TargetPort::Name(name)) => port.name == Some(name),
                None => true,
            });
            let Some(port) = port else { continue };
            exposures.extend(route.hosts.iter().map(|host| Exposure {
                to,
                host: (*host).to_owned(),
                port: port.number,
                kind: route.object.kind().to_owned(),
                name: route.object.name().to_owned(),
            }));
        }
    }
    exposures.sort();
    exposures.dedup();
    exposures
}
