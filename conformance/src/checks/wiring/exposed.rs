//! Where other sites are told to reach components of this one: something must lead there from outside.

use std::collections::BTreeSet;

use am_product::Protocol;
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

/// The broker's listener with TLS, beside the one that releases use themselves.
const ENCRYPTED_BROKER: &str = "broker.transport.amqp.ssl_connection";

/// The number on which a node's broker speaks TLS, if it does.
fn encrypted_broker(node: &Node<'_>) -> Option<u16> {
    let effective = node.effective()?;
    let has_broker = node
        .listeners
        .iter()
        .any(|listener| listener.port.speaks == Protocol::Jms);
    let value = |key: &str| effective.get(&format!("{ENCRYPTED_BROKER}.{key}"));
    let is_on = value("enabled").is_some_and(|found| found.value.is_true());
    let own: u16 = value("port")?.value.scalar_text()?.trim().parse().ok()?;
    (has_broker && is_on).then(|| own.saturating_add(node.offset()))
}

impl<'a> Way<'_, 'a> {
    fn is_there(&self, place: &Place) -> bool {
        if let Some(machines) = &self.context.manifest.machines {
            return self.is_on(machines);
        }
        let services = self.context.graph.services.iter();
        let by_service = services.clone().any(|service| self.leads(*service));
        by_service || self.node.is_none() && self.number == HTTPS && self.is_routed(&place.host)
    }

    /// Whether a machine listens there: the host of the node, or for all nodes a load balancer that leads to them, or the only one.
    fn is_on(&self, machines: &Machines) -> bool {
        let graph = self.context.graph;
        let nodes = graph.nodes_of(self.component);
        let listens = |node: &Node<'_>| {
            let mut listeners = node.listeners.iter();
            listeners.any(|listener| listener.said == self.number)
                || encrypted_broker(node) == Some(self.number)
        };
        let leads = |front: &Front| {
            let resolver = graph.resolver();
            let mut reached = front.backends.iter().map(|one| resolver.node_behind(one));
            let is_its = |node: Option<NodeId>| {
                node.is_some_and(|node| graph.component(node) == Some(self.component))
            };
            front.port == self.number && !front.backends.is_empty() && reached.all(is_its)
        };
        match (self.node, nodes.as_slice()) {
            (Some(at), nodes) => nodes.get(at).is_some_and(|node| listens(node)),
            (None, [only]) if listens(only) => true,
            _ => machines
                .balancers()
                .flat_map(|host| &host.fronts)
                .any(leads),
        }
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
