//! Which connections the pattern needs: the wiring table, what the configuration really names, the test
//! pods and the routes.

use std::collections::{BTreeMap, BTreeSet};

use am_product::Protocol;
use regex::Regex;

use super::{
    load_balancers::is_of_gke,
    reachability::{Pods, Port},
    routes::{port_of as service_port, service_of},
    services::selected,
};
use crate::{
    component::{Capability, Component},
    context::Context,
    facts::{
        Facts, Reach,
        controllers::{Controller, controllers},
    },
    graph::{Link, Member, Target, awaited, host_links},
    manifest::{Object, Workload, routes},
};

/// A port of a workload that somebody needs, with the reason.
pub(super) type Needs<K> = BTreeMap<K, String>;

/// Needed connections between workloads: index of the client, index of the server, port.
pub(super) fn between_members(context: &Context<'_>) -> Needs<(usize, usize, u16)> {
    let graph = context.graph;
    let mut needs = BTreeMap::new();
    for edge in &context.facts.edges {
        let Some(peer) = edge.peers.get(&context.wired_as()) else {
            continue;
        };
        let several = graph.nodes_of(edge.on).len() >= 2;
        if matches!(edge.reach, Reach::OwnNode | Reach::OwnServer)
            || (edge.highly_available && !several)
        {
            continue;
        }
        if edge.on == *peer && !several {
            // A pod always reaches itself.
            continue;
        }
        for (from, client) in graph.members.iter().enumerate() {
            if client.component != Some(edge.on) {
                continue;
            }
            for (to, server) in graph.members.iter().enumerate() {
                if server.component != Some(*peer) {
                    continue;
                }
                for port in edge.ports() {
                    let number = graph.number_on(server, port);
                    needs
                        .entry((from, to, number))
                        .or_insert_with(|| edge.key.clone());
                }
            }
        }
    }
    for (at, member) in graph.members.iter().enumerate() {
        let ports = member.component.into_iter().flat_map(Component::ports);
        for port in ports.filter(|port| port.speaks == Protocol::Cluster && member.replicas > 1) {
            let number = graph.number_on(member, port.number);
            needs.insert((at, at, number), port.name.clone());
        }
    }
    for (from, client) in graph.members.iter().enumerate() {
        for wait in awaited(graph, client) {
            let Target::Nodes { nodes, port, .. } = &wait.target else {
                continue;
            };
            for node in nodes {
                needs
                    .entry((from, node.member, *port))
                    .or_insert_with(|| format!("container {}", wait.container));
            }
        }
    }
    for link in &graph.links {
        let Target::Nodes { nodes, port, .. } = &link.target else {
            continue;
        };
        if !is_dialled(link, context.facts) {
            continue;
        }
        for node in nodes {
            if *node != link.from {
                needs
                    .entry((link.from.member, node.member, *port))
                    .or_insert_with(|| link.reference.key.to_string());
            }
        }
    }
    for link in host_links(graph, context.facts) {
        let Target::Nodes { nodes, port, .. } = &link.target else {
            continue;
        };
        for node in nodes.iter().filter(|node| **node != link.from) {
            needs
                .entry((link.from.member, node.member, *port))
                .or_insert_with(|| link.key.clone());
        }
    }
    needs
}

/// Whether the node connects to the address itself: the file says so, its switches make use of it, and it is
/// not one that the node only shows to people.
pub(in crate::checks) fn is_dialled(link: &Link, facts: &Facts) -> bool {
    let is_public = facts.is_public_key(&link.reference.key.to_string());
    link.is_written() && link.reference.enabled && !is_public
}

/// Databases, components that run elsewhere, and other servers that live outside: index of the client, port.
pub(super) fn to_outside(context: &Context<'_>) -> Needs<(usize, u16)> {
    let mut needs = BTreeMap::new();
    for link in &context.graph.links {
        let is_outside = matches!(link.target, Target::External | Target::Elsewhere(_));
        if !is_outside || !is_dialled(link, context.facts) {
            continue;
        }
        if let Some(port) = link.reference.address.port_or_default() {
            needs
                .entry((link.from.member, port))
                .or_insert_with(|| link.reference.key.to_string());
        }
    }
    for link in host_links(context.graph, context.facts) {
        if let (Target::External | Target::Elsewhere(_), Some(port)) = (&link.target, link.port) {
            needs.entry((link.from.member, port)).or_insert(link.key);
        }
    }
    needs
}

/// Ports to which components connect that run elsewhere: index of the server, port.
pub(super) fn from_elsewhere(context: &Context<'_>) -> Needs<(usize, u16)> {
    let graph = context.graph;
    let mut needs = BTreeMap::new();
    for edge in &context.facts.edges {
        let peer = edge.peers.get(&context.wired_as());
        if graph.elsewhere(edge.on).is_none() {
            continue;
        }
        for (to, server) in graph.members.iter().enumerate() {
            if server.component.as_ref() != peer || peer.is_none() {
                continue;
            }
            for port in edge.ports() {
                let number = graph.number_on(server, port);
                needs
                    .entry((to, number))
                    .or_insert_with(|| format!("{} of the {}", edge.key, edge.on.title()));
            }
        }
    }
    needs
}

/// A port that users reach from outside through a route.
pub(super) struct Way {
    /// Index of the server.
    pub(super) to: usize,
    pub(super) port: u16,
    pub(super) route: String,
    /// Who sends, where that is no pod of the cluster.
    pub(super) balancer: Option<&'static Controller>,
}

/// Ports that users reach from outside through routes; each once for everybody who sends.
pub(super) fn from_outside(context: &Context<'_>) -> Vec<Way> {
    let mut ways: Vec<Way> = Vec::new();
    for way in ways_of_routes(context) {
        let title = |way: &Way| way.balancer.map(|balancer| balancer.title.as_str());
        let is_there = ways
            .iter()
            .any(|other| (other.to, other.port, title(other)) == (way.to, way.port, title(&way)));
        if !is_there {
            ways.push(way);
        }
    }
    ways
}

fn ways_of_routes(context: &Context<'_>) -> Vec<Way> {
    let graph = context.graph;
    let resolver = graph.resolver();
    let mut found = Vec::new();
    for route in routes(context.manifest) {
        let balancer = balancer_of(context, route.object);
        for backend in &route.backends {
            let Some(service) = service_of(context, route.object, backend) else {
                continue;
            };
            let Some(port) = service_port(*service, backend) else {
                continue;
            };
            let chosen = selected(graph, *service);
            for (to, member) in graph.members.iter().enumerate() {
                let is_selected = chosen.iter().any(|other| std::ptr::eq(*other, member));
                if let (true, Ok(port)) =
                    (is_selected, resolver.container_port(member, port.target))
                {
                    found.push(Way {
                        to,
                        port,
                        route: route.object.reference().to_string(),
                        balancer,
                    });
                }
            }
        }
    }
    found
}

/// The controller of a route whose load balancer is no pod.
fn balancer_of(context: &Context<'_>, route: &Object) -> Option<&'static Controller> {
    let table = controllers();
    let those = match route.kind() {
        "Ingress" => table.of_ingress(context.manifest, route),
        _ if is_of_gke(context, route) => table.of_class("gce"),
        _ => Vec::new(),
    };
    let is_outside = those.iter().all(|controller| controller.outside);
    those.first().copied().filter(|_| is_outside)
}

/// A pod of a hook or job, and what it asks.
#[derive(Debug)]
pub(super) struct Asker<'a> {
    pub(super) workload: Workload<'a>,
    pub(super) asks: BTreeSet<(usize, u16)>,
}

/// Test pods and other jobs whose arguments name servers of the pattern.
pub(super) fn askers<'a>(context: &Context<'a>) -> Vec<Asker<'a>> {
    let Ok(url) = Regex::new(r"(?:[a-z]+://)?([A-Za-z0-9][A-Za-z0-9.-]*):([0-9]{2,5})\b") else {
        return Vec::new();
    };
    let resolver = context.graph.resolver();
    context
        .manifest
        .workloads()
        .into_iter()
        .filter(|workload| !workload.is_server())
        .filter_map(|workload| {
            let mut asks = BTreeSet::new();
            for container in workload.pod.all_containers() {
                for text in container.arguments() {
                    for found in url.captures_iter(text) {
                        let port = found[2].parse().ok();
                        let target = resolver.resolve(workload.object.namespace(), &found[1], port);
                        if let Target::Nodes { nodes, port, .. } = target {
                            asks.extend(nodes.iter().map(|node| (node.member, port)));
                        }
                    }
                }
            }
            (!asks.is_empty()).then_some(Asker { workload, asks })
        })
        .collect()
}

/// A workload's pods as policies see them.
pub(super) fn pods_of<'a>(workload: &Workload<'a>) -> Pods<'a> {
    Pods {
        namespace: workload.object.namespace(),
        labels: workload.pod.labels(),
    }
}

/// A port of a workload's pods, with the name under which it is declared.
pub(super) fn port_of<'a>(member: &Member<'a>, number: u16) -> Port<'a> {
    let name = member
        .workload
        .pod
        .all_containers()
        .into_iter()
        .flat_map(|container| container.ports())
        .find(|port| port.number == number)
        .and_then(|port| port.name);
    Port { number, name }
}

/// Ports of the product that are for users and their browsers, by component.
pub fn is_for_users(component: Component, port_name: &str) -> bool {
    component
        .ports()
        .any(|port| port.name == port_name && port.is_for_users_of(component))
}

/// What a component calls anywhere, if it does: gateways pass API traffic on, and the portals check endpoints, import
/// definitions, send mail and ask identity providers.
pub(super) fn calls_outside(component: Component) -> Option<&'static str> {
    if component.has(Capability::ServesTraffic) {
        Some("any backend of an API")
    } else if component.has(Capability::Portals) {
        Some("what its portals call")
    } else if component.has(Capability::Integrates) || component.has(Capability::Streams) {
        Some("what its integrations call")
    } else {
        None
    }
}
