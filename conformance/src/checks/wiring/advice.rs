//! What to write instead of a wrong address.

use std::collections::BTreeSet;

use super::{
    edge::{Row, is_row_of},
    elsewhere::addresses,
};
use crate::{
    facts::Reach,
    graph::{Link, NodeId, Target},
};

/// An address that would be right.
struct RightAddress {
    host: String,
    address: String,
    nodes: BTreeSet<NodeId>,
}

impl Row<'_, '_> {
    /// Addresses that would be right, each with the nodes that it reaches, from the Services that there are.
    fn right_addresses(&self) -> Vec<RightAddress> {
        let graph = self.context.graph;
        let resolver = graph.resolver();
        let namespace = graph.member(self.node.id).workload.object.namespace();
        let (scheme, wanted, path) = self.fact.shape.parts();
        let mut found = Vec::new();
        let mut add = |host: String, port: u16| {
            let Target::Nodes {
                nodes, port: end, ..
            } = resolver.resolve(namespace, &host, Some(port))
            else {
                return;
            };
            let is_whole = match self.fact.reach {
                Reach::Service => nodes == self.peers,
                _ => nodes.len() == 1 && nodes.is_subset(&self.peers),
            };
            if is_whole && end == self.number_on(&nodes, wanted) {
                let address = format!("{scheme}://{host}:{port}{path}");
                found.push(RightAddress {
                    host,
                    address,
                    nodes,
                });
            }
        };
        for service in &graph.services {
            let host = if service.object.namespace() == namespace {
                service.name().to_owned()
            } else {
                format!("{}.{}", service.name(), service.object.namespace())
            };
            if service.is_headless() {
                for peer in &self.peers {
                    let Some(node) = graph.node(*peer) else {
                        continue;
                    };
                    let member = graph.member(*peer);
                    if member.workload.is_stateful_set() {
                        add(format!("{}.{host}", node.pod_name), node.moved(wanted));
                    }
                }
            } else {
                for port in service.ports() {
                    add(host.clone(), port.number);
                }
            }
        }
        found
    }

    /// The address that was probably meant instead of a wrong one: of a node that no other address of the row names,
    /// at the host that is spelt most alike.
    pub(super) fn nearest_right(&self, link: &Link) -> Option<String> {
        let graph = self.context.graph;
        let right = self.right_addresses();
        let named: BTreeSet<NodeId> = graph
            .links
            .iter()
            .filter(|other| {
                other.from == self.node.id
                    && other.reference.key != link.reference.key
                    && is_row_of(self.fact, &other.reference.purpose)
            })
            .flat_map(|other| match &other.target {
                Target::Nodes { nodes, .. } => nodes.clone(),
                // Its port is wrong, but it is clear which node is meant.
                _ => right
                    .iter()
                    .find(|right| right.host == other.reference.address.host)
                    .map(|right| right.nodes.clone())
                    .unwrap_or_default(),
            })
            .collect();
        let host = &link.reference.address.host;
        right
            .into_iter()
            .filter(|right| match self.fact.reach {
                Reach::Service | Reach::EveryNode => true,
                Reach::OwnNode | Reach::OwnServer => right.nodes.contains(&self.node.id),
                Reach::OtherNodes | Reach::AnotherNode => !right.nodes.contains(&self.node.id),
            })
            .filter(|right| self.fact.reach == Reach::Service || right.nodes.is_disjoint(&named))
            .min_by_key(|right| (am_suggest::edits(host, &right.host), right.host.clone()))
            .map(|right| right.address)
    }

    /// Addresses that would be right, in words.
    pub(super) fn wanted_address(&self) -> String {
        let (scheme, port, path) = self.fact.shape.parts();
        if self.fact.reach == Reach::OwnServer {
            return format!("{scheme}://localhost:${{mgt.transport.https.port}}{path}");
        }
        if let Some(declared) = self.context.graph.elsewhere(self.peer) {
            return addresses(declared, self.fact).join(", ");
        }
        let mut addresses: Vec<String> = Vec::new();
        let mut named: BTreeSet<NodeId> = BTreeSet::new();
        for right in self.right_addresses() {
            let is_own = right.nodes.contains(&self.node.id);
            let is_meant = match self.fact.reach {
                Reach::Service => addresses.is_empty(),
                Reach::EveryNode => named.is_disjoint(&right.nodes),
                Reach::OwnNode => is_own,
                Reach::OtherNodes => !is_own && named.is_disjoint(&right.nodes),
                Reach::AnotherNode => !is_own && addresses.is_empty(),
                Reach::OwnServer => false,
            };
            if is_meant {
                addresses.push(right.address);
                named.extend(right.nodes);
            }
        }
        if addresses.is_empty() {
            let port = self.number_on(&self.peers, port);
            return format!("{scheme}://<{}>:{port}{path}", self.peer.name());
        }
        addresses.join(", ")
    }
}
