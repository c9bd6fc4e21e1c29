//! Load balancers lead to the nodes that they are there for.

use std::collections::{BTreeMap, BTreeSet};

use am_product::{Port, Protocol};

use super::hosts::{document_of, machines};
use crate::{
    component::{Capability, Component},
    context::{Context, Fault, Judge},
    graph::NodeId,
    manifest::{Balanced, Front, LOAD_BALANCER, Object},
};

/// A front with its load balancer's document.
struct At<'a> {
    object: &'a Object,
    front: &'a Front,
}

impl<'a> At<'a> {
    fn all(context: &Context<'a>) -> Vec<Self> {
        let mut found = Vec::new();
        for host in machines(context).balancers() {
            if let Some(object) = document_of(context, LOAD_BALANCER, &host.name) {
                found.extend(host.fronts.iter().map(|front| Self { object, front }));
            }
        }
        found
    }

    fn fault(&self, line: Option<usize>, message: &str, help: impl Into<String>) -> Fault<'a> {
        let of = self.object.str("/host").unwrap_or_default();
        let message = format!("`{}` of the load balancer {of} {message}", self.front.name);
        Fault::new(message, help).template(self.object, line)
    }

    /// The line of its first server.
    fn line(&self) -> Option<usize> {
        Some(self.front.backends.first()?.line)
    }
}

/// The node at which a load balancer's server is, with its component and port.
fn behind(context: &Context<'_>, backend: &Balanced) -> Option<(NodeId, Component, &'static Port)> {
    let graph = context.graph;
    let node = graph.resolver().node_behind(backend)?;
    let port = graph.node(node)?.port_at(backend.port)?;
    Some((node, graph.component(node)?, port))
}

/// Whether users come to a front: it has host names, or it leads to a port for users to which no front with host names does.
pub(super) fn is_public(context: &Context<'_>, front: &Front) -> bool {
    let leads_to = |front: &Front| {
        let (_, component, port) = behind(context, front.backends.first()?)?;
        Some((component, port))
    };
    let Some((component, port)) = leads_to(front).filter(|_| front.names.is_empty()) else {
        return !front.names.is_empty();
    };
    let mut fronts = machines(context).balancers().flat_map(|host| &host.fronts);
    port.is_for_users_of(component)
        && !fronts
            .any(|other| !other.names.is_empty() && leads_to(other) == Some((component, port)))
}

/// Every front leads to all nodes of one component at one port, and keeps the sessions of portals.
pub(super) fn lead_to_every_node(context: &Context<'_>, judge: &mut Judge<'_>) {
    let all = At::all(context);
    judge.applies(!all.is_empty(), "there is no load balancer");
    for at in all {
        judge.looked();
        if at.front.backends.is_empty() {
            let help = "list every node of the component as a server";
            judge.fault(at.fault(None, "leads to nobody", help));
        }
        let mut reached: BTreeMap<(Component, &str), BTreeSet<NodeId>> = BTreeMap::new();
        for backend in &at.front.backends {
            match behind(context, backend) {
                Some((node, component, port)) => {
                    let nodes = reached.entry((component, &port.name)).or_default();
                    nodes.insert(node);
                }
                None => judge.fault(
                    at.fault(
                        Some(backend.line),
                        &format!(
                            "leads to {}:{}, where nothing listens",
                            backend.host, backend.port
                        ),
                        "write the address of a host and the port of what runs there",
                    )
                    .value(format!("{}:{}", backend.host, backend.port)),
                ),
            }
        }
        judge_reached(context, &at, &reached, judge);
    }
}

fn judge_reached(
    context: &Context<'_>,
    at: &At<'_>,
    reached: &BTreeMap<(Component, &str), BTreeSet<NodeId>>,
    judge: &mut Judge<'_>,
) {
    let graph = context.graph;
    let said =
        |(component, port): &(Component, &str)| format!("{port} of the {}", component.title());
    if reached.len() > 1 {
        let all: Vec<String> = reached.keys().map(said).collect();
        let message = format!("leads to {}", all.join(" and to "));
        let help = "let one section lead to one port of one component";
        judge.fault(at.fault(at.line(), &message, help));
        return;
    }
    let Some(((component, port), nodes)) = reached.first_key_value() else {
        return;
    };
    for node in graph.nodes_of(*component) {
        judge.require(nodes.contains(&node.id), || {
            let message = format!("does not lead to {}", graph.describe(node.id));
            let help = "list every node as a server: one that is left out has no users, and nobody takes its place";
            at.fault(at.line(), &message, help).value(node.pod_name.clone())
        });
    }
    let is_of_portals = component.has(Capability::Portals)
        && is_public(context, at.front)
        && Port::all()
            .iter()
            .any(|one| one.name == *port && one.speaks == Protocol::Servlets);
    judge.require(!is_of_portals || nodes.len() < 2 || at.front.is_sticky, || {
        let message = format!("sends users of the {} to any of its nodes", component.title());
        let help = "keep them at one node (`cookie` in HAProxy, `ip_hash` in nginx): the next click reaches the other one otherwise, and asks for the password again";
        at.fault(at.line(), &message, help)
    });
}

/// Events go to each node, never to one of several.
pub(super) fn pass_no_events(context: &Context<'_>, judge: &mut Judge<'_>) {
    let all = At::all(context);
    judge.applies(!all.is_empty(), "there is no load balancer");
    for at in all {
        judge.looked();
        let events = at.front.backends.iter().find_map(|backend| {
            let (.., port) = behind(context, backend)?;
            port.speaks.is_of_events().then_some((backend, port))
        });
        if let Some((backend, port)) = events {
            let message = format!(
                "leads to {} of {}, which is for events",
                port.name, backend.host
            );
            let help = "remove it, and let clients connect to every node by its own address";
            judge.fault(at.fault(Some(backend.line), &message, help));
        }
    }
}
