//! Where other sites are told to reach components of this one: something must lead there from outside.

use std::collections::BTreeSet;

use am_product::FurtherPort;
use serde_json::Value;

use crate::{
    component::Component,
    context::{Context, Fault, Judge},
    graph::{Node, NodeId, Place, Target},
    manifest::{Front, Machines, Service, array_at, integer_at, routes},
};

/// The number behind which routes of a name are.
const HTTPS: u16 = 443;

pub(super) fn others_get_there(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (component, exposed) in &context.graph.crossings.exposed {
        for (place, node) in exposed.places() {
            for (name, number) in &place.ports {
                let way = Way {
                    context,
                    component: *component,
                    node,
                    number: *number,
                };
                judge.require(way.is_there(place), || way.fault(place, name));
            }
        }
    }
}

/// The way to a port of a component, or of one of its nodes.
struct Way<'c, 'a> {
    context: &'c Context<'a>,
    component: Component,
    node: Option<usize>,
    number: u16,
}

/// The numbers on which a node listens for nobody in its release, such as that of the broker with TLS.
pub(in crate::checks) fn further_ports(node: &Node<'_>) -> Vec<u16> {
    let Some(effective) = node.effective() else {
        return Vec::new();
    };
    let number = |further: &FurtherPort| {
        let mut listeners = node.listeners.iter();
        let has_it = further
            .beside
            .as_ref()
            .is_none_or(|name| listeners.any(|listener| listener.port.name == *name));
        let switch = effective.get(&further.switched_by)?;
        let number = effective.get(&further.moved_by)?.value.scalar_text()?;
        let number: u16 = number.trim().parse().ok()?;
        (has_it && switch.value.is_true()).then(|| number.saturating_add(node.offset()))
    };
    FurtherPort::all().iter().filter_map(number).collect()
}

/// The machines on which other sites reach a component at a port: the host of the node that is meant; for all nodes those of the load
/// balancers that lead to them, or of the only one.
pub(in crate::checks) fn hosts_at<'a>(
    context: &Context<'a>,
    component: Component,
    node: Option<usize>,
    number: u16,
) -> Vec<&'a str> {
    let graph = context.graph;
    let nodes = graph.nodes_of(component);
    let listens = |node: &Node<'_>| {
        let mut listeners = node.listeners.iter();
        listeners.any(|listener| listener.said == number) || further_ports(node).contains(&number)
    };
    let leads = |front: &Front| {
        let resolver = graph.resolver();
        let mut reached = front.backends.iter().map(|one| resolver.node_behind(one));
        let is_its = |node: Option<NodeId>| {
            node.is_some_and(|node| graph.component(node) == Some(component))
        };
        front.port == number && !front.backends.is_empty() && reached.all(is_its)
    };
    let meant = match (node, nodes.as_slice()) {
        (Some(at), nodes) => nodes.get(at).copied(),
        (None, [only]) => Some(*only),
        _ => None,
    };
    if let Some(own) = meant.filter(|node| listens(node)) {
        return vec![graph.member(own.id).host()];
    }
    let balancers = context
        .manifest
        .machines
        .iter()
        .flat_map(Machines::balancers);
    let balancers = balancers.filter(|host| node.is_none() && host.fronts.iter().any(leads));
    balancers.map(|host| host.name.as_str()).collect()
}

impl<'a> Way<'_, 'a> {
    fn is_there(&self, place: &Place) -> bool {
        if self.context.manifest.machines.is_some() {
            return !hosts_at(self.context, self.component, self.node, self.number).is_empty();
        }
        let services = self.context.graph.services.iter();
        let by_service = services.clone().any(|service| self.leads(*service));
        by_service || self.node.is_none() && self.number == HTTPS && self.is_routed(&place.host)
    }

    fn is_routed(&self, host: &str) -> bool {
        let routes = routes(self.context.manifest);
        routes.iter().any(|route| route.answers(host))
    }

    /// Whether a Service leads there from outside of the cluster, and to nothing else.
    fn leads(&self, service: Service<'a>) -> bool {
        let kind = service.object.str("/spec/type").unwrap_or_default();
        let key = match kind {
            "LoadBalancer" => "/port",
            "NodePort" => "/nodePort",
            _ => return false,
        };
        let written = array_at(&service.object.value, "/spec/ports").iter();
        let has = |port: &&Value| integer_at(port, key) == Some(i64::from(self.number));
        let port = written
            .filter(has)
            .find_map(|port| integer_at(port, "/port"));
        let Some(port) = port.and_then(|port| u16::try_from(port).ok()) else {
            return false;
        };
        let graph = self.context.graph;
        let Target::Nodes { nodes, .. } = graph.resolver().service_port(service, port) else {
            return false;
        };
        let is_ours = |node: &NodeId| graph.component(*node) == Some(self.component);
        nodes.iter().all(is_ours) && self.is_meant(service, &nodes)
    }

    /// Whether these nodes are the one that is meant, or all of them.
    fn is_meant(&self, service: Service<'_>, nodes: &BTreeSet<NodeId>) -> bool {
        let Some(number) = self.node else {
            return service.only_pod().is_none();
        };
        let all = self.context.graph.nodes_of(self.component);
        let meant = all.get(number).map(|node| node.id);
        nodes.len() == 1 && nodes.first().copied() == meant
    }

    fn fault(&self, place: &Place, name: &str) -> Fault<'a> {
        let title = self.component.title();
        let (what, advice) = match self.node {
            Some(node) => (
                format!("node {node} of the {title}"),
                "make a Service for this node alone with this port (`nodeServices` of our charts)",
            ),
            None => (
                format!("the {title}"),
                "make a Service for it with this port, or a route with this host",
            ),
        };
        Fault::new(
            format!(
                "other sites reach {what} at {}:{} ({name}), and nothing leads there from outside of the cluster",
                place.host, self.number
            ),
            format!("{advice}, or correct what other sites are told"),
        )
        .value(format!("{}:{}", place.host, self.number))
    }
}
