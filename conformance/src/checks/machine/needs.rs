//! Which connections hosts need from each other.

use std::collections::{BTreeMap, BTreeSet};

use super::hosts::machines;
use crate::{
    checks::network::is_dialled,
    context::Context,
    graph::{Graph, NodeId, Target, host_links},
};

/// Who must get to a port of a host, by the host's name and the number of the port: addresses, each with what it is for.
pub(super) type Needs = BTreeMap<(String, u16), BTreeMap<String, String>>;

/// What connects, by everything that configurations and load balancers say.
pub(super) fn of(context: &Context<'_>) -> Needs {
    let graph = context.graph;
    let mut needs = Needs::new();
    for link in &graph.links {
        let address = &link.reference.address;
        if let (Target::Nodes { nodes, port, .. }, true) =
            (&link.target, is_dialled(link, context.facts))
        {
            let why = link.reference.key.to_string();
            let asked = address.port_or_default().unwrap_or(*port);
            add(
                context,
                &mut needs,
                link.from,
                (&address.host, asked),
                (nodes, *port),
                &why,
            );
        }
    }
    for link in host_links(graph, context.facts) {
        if let Target::Nodes { nodes, port, .. } = &link.target {
            let asked = (link.host.as_str(), link.port.unwrap_or(*port));
            add(
                context,
                &mut needs,
                link.from,
                asked,
                (nodes, *port),
                &link.key,
            );
        }
    }
    for balancer in machines(context).balancers() {
        for front in &balancer.fronts {
            for backend in &front.backends {
                let machine = machines(context).host(&backend.host);
                let Some(machine) = machine.filter(|machine| machine.name != balancer.name) else {
                    continue;
                };
                let ports = [Some(backend.port), backend.check_port];
                for port in ports.into_iter().flatten() {
                    let open = needs.entry((machine.name.clone(), port)).or_default();
                    open.entry(balancer.address.clone())
                        .or_insert_with(|| format!("`{}` of the load balancer", front.name));
                }
            }
        }
    }
    needs
}

/// A connection of a node: to the load balancers where it asks them, else to the hosts of the nodes that it reaches.
fn add(
    context: &Context<'_>,
    needs: &mut Needs,
    from: NodeId,
    (host, asked): (&str, u16),
    (nodes, port): (&BTreeSet<NodeId>, u16),
    why: &str,
) {
    let machines = machines(context);
    let source = text(context.graph, from, "/address");
    let own = text(context.graph, from, "/host");
    let mut to = |name: &str, port: u16| {
        if name != own {
            let open = needs.entry((name.to_owned(), port)).or_default();
            open.entry(source.to_owned())
                .or_insert_with(|| why.to_owned());
        }
    };
    if machines.fronts_at(host, asked).next().is_some() && machines.is_balanced(host) {
        for balancer in machines.balancers() {
            to(&balancer.name, asked);
        }
    } else {
        for node in nodes {
            to(text(context.graph, *node, "/host"), port);
        }
    }
}

/// A text of a node's unit.
fn text<'a>(graph: &Graph<'a>, node: NodeId, at: &str) -> &'a str {
    let object = graph.member(node).workload.object;
    object.str(at).unwrap_or_default()
}
