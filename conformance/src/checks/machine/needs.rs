//! Which connections hosts need from each other.

use std::collections::{BTreeMap, BTreeSet};

use am_product::Protocol;
use serde_json::Value;

use super::hosts::machines;
use crate::{
    checks::network::is_dialled,
    component::{Capability, Component},
    context::Context,
    graph::{Graph, Member, Node, NodeId, Target, host_links},
};

/// Who is to get to a port of a host, by the host's name and the number of the port: addresses, each with what it is for.
type Open = BTreeMap<(String, u16), BTreeMap<String, String>>;

/// Who must get to ports of hosts, and who may: callers, of whom documents do not say what they call.
#[derive(Default)]
pub(super) struct Needs {
    required: Open,
    allowed: Open,
}

impl Needs {
    /// Who must get to a port of a host, each with what it is for.
    pub(super) fn required(&self, host: &str, port: u16) -> impl Iterator<Item = (&str, &str)> {
        let open = self.required.get(&(host.to_owned(), port));
        let open = open.into_iter().flatten();
        open.map(|(source, why)| (source.as_str(), why.as_str()))
    }

    /// Everybody who may get there.
    pub(super) fn welcome(&self, host: &str, port: u16) -> BTreeSet<&str> {
        let key = (host.to_owned(), port);
        let open = [&self.required, &self.allowed];
        let open = open.into_iter().filter_map(|open| open.get(&key));
        open.flat_map(BTreeMap::keys).map(String::as_str).collect()
    }
}

/// What connects, by everything that configurations and load balancers say; those of servers beside the subject, too.
pub(super) fn of(context: &Context<'_>) -> Needs {
    let mut needs = Needs::default();
    let open = &mut needs.required;
    of_configurations(context, context.graph, open);
    if let Some(beside) = context.graph.beside.as_deref() {
        of_configurations(context, beside, open);
    }
    for node in &context.graph.nodes {
        of_pair(context, node, open);
    }
    for balancer in machines(context).balancers() {
        for front in &balancer.fronts {
            for backend in &front.backends {
                let machine = machines(context).host(&backend.host);
                let Some(machine) = machine.filter(|machine| machine.name != balancer.name) else {
                    continue;
                };
                let ports = [Some(backend.port), backend.check_port()];
                for port in ports.into_iter().flatten() {
                    let open = open.entry((machine.name.clone(), port)).or_default();
                    open.entry(balancer.address.clone())
                        .or_insert_with(|| format!("`{}` of the load balancer", front.name));
                }
            }
        }
    }
    of_callers(context, &mut needs.allowed);
    needs
}

/// Where configurations of some servers lead, as far as that is to the subject's.
fn of_configurations(context: &Context<'_>, graph: &Graph<'_>, open: &mut Open) {
    let mut add = |from: NodeId, (host, port): (&str, Option<u16>), why: &str| {
        let member = graph.member(from);
        let namespace = member.workload.object.namespace();
        let resolver = context.graph.resolver();
        if let Target::Nodes {
            nodes, port: own, ..
        } = resolver.resolve(namespace, host, port)
        {
            let asked = (host, port.unwrap_or(own));
            connect(context, open, member, asked, (&nodes, own), why);
        }
    };
    for link in &graph.links {
        let address = &link.reference.address;
        if is_dialled(link, context.facts) {
            let asked = (address.host.as_str(), address.port_or_default());
            add(link.from, asked, &link.reference.key.to_string());
        }
    }
    for link in host_links(graph, context.facts) {
        add(link.from, (&link.host, link.port), &link.key);
    }
}

/// A connection of a server: to the load balancers where it asks them, else to the hosts of the nodes that it reaches.
fn connect(
    context: &Context<'_>,
    open: &mut Open,
    from: &Member<'_>,
    (host, asked): (&str, u16),
    (nodes, port): (&BTreeSet<NodeId>, u16),
    why: &str,
) {
    let machines = machines(context);
    let mut to = |name: &str, port: u16| {
        if name != from.host() {
            let open = open.entry((name.to_owned(), port)).or_default();
            open.entry(from.address().to_owned())
                .or_insert_with(|| why.to_owned());
        }
    };
    if machines.fronts_at(host, asked).next().is_some() && machines.is_balanced(host) {
        for balancer in machines.balancers() {
            to(&balancer.name, asked);
        }
    } else {
        for node in nodes {
            to(context.graph.member(*node).host(), port);
        }
    }
}

/// What the two nodes of a pair tell each other.
fn of_pair(context: &Context<'_>, node: &Node<'_>, open: &mut Open) {
    let graph = context.graph;
    let is_pair = || {
        let (_, text) = graph.yaml_configuration(node)?;
        let settings: Value = serde_saphyr::from_str(text).ok()?;
        Some(settings.get("deployment.config")?.get("type")?.as_str()? == "ha")
    };
    let listeners = node.listeners.iter();
    let mut syncs = listeners.filter(|listener| listener.port.speaks == Protocol::Cluster);
    let (Some(sync), Some(true)) = (syncs.next(), is_pair()) else {
        return;
    };
    let own = graph.member(node.id);
    let others = graph.members.iter();
    let others =
        others.filter(|other| other.component == own.component && other.host() != own.host());
    for other in others {
        let port = (own.host().to_owned(), sync.said);
        let open = open.entry(port).or_default();
        open.insert(other.address().to_owned(), sync.port.name.clone());
    }
}

/// Whoever calls servers beside API Manager, by what these run and no document of a site tells: gateways for users, servers of
/// the same tenant, and whom the subject declares.
fn of_callers(context: &Context<'_>, open: &mut Open) {
    let graph = context.graph;
    for node in &graph.nodes {
        let member = graph.member(node.id);
        let calls = |other: &&Member<'_>| {
            let has = |component: Component| {
                component.has(Capability::ServesTraffic)
                    || component.distribution().is_companion()
                        && graph.tenant(other) == graph.tenant(member)
            };
            other.component.is_some_and(has)
        };
        let callers: Vec<&Member<'_>> = graph.neighbours().filter(calls).collect();
        let called = node.listeners.iter().filter(|listener| {
            matches!(
                listener.port.speaks,
                Protocol::Integrations | Protocol::Streams
            )
        });
        for listener in called {
            let mut at = vec![(member.host(), listener.said)];
            for balancer in machines(context).balancers() {
                let fronts = balancer.fronts.iter().filter(|front| {
                    let mut backends = front.backends.iter();
                    backends.any(|backend| {
                        backend.port == listener.said
                            && graph.resolver().node_behind(backend) == Some(node.id)
                    })
                });
                at.extend(fronts.map(|front| (balancer.name.as_str(), front.port)));
            }
            for (host, port) in at {
                let open = open.entry((host.to_owned(), port)).or_default();
                let declared = graph.clients.get(&member.workload.object.release);
                let declared = declared.into_iter().flatten().map(String::as_str);
                let addresses = callers.iter().map(|caller| caller.address());
                for address in addresses.chain(declared) {
                    open.insert(address.to_owned(), listener.port.name.clone());
                }
            }
        }
    }
}
