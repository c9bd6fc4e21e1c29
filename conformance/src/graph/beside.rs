//! Releases that are there too, and what addresses reach of them.

use std::collections::BTreeSet;

use super::{Graph, Member, NodeId, Resolver, Target, There};
use crate::manifest::TENANT;

impl<'a> Graph<'a> {
    /// The tenant whose servers these are: as it is declared, or by their label.
    pub fn tenant<'m>(&'m self, member: &Member<'m>) -> Option<&'m str> {
        let declared = self.tenants.get(&member.workload.object.release);
        let labels = member.workload.pod.labels();
        declared
            .map(String::as_str)
            .or_else(|| labels.get(TENANT).copied())
    }

    /// What nodes of one release are to those of another one; none where they are nothing of the product.
    pub(super) fn there(&self, nodes: &BTreeSet<NodeId>, port: u16) -> Option<There> {
        let (id, component) = nodes
            .iter()
            .find_map(|id| Some((*id, self.component(*id)?)))?;
        let member = self.member(id);
        let release = |node: NodeId| &self.member(node).workload.object.release;
        let all = self.nodes_of(component);
        let all = all.iter().map(|node| node.id);
        let all: Vec<NodeId> = all.filter(|node| release(*node) == release(id)).collect();
        let own = self.port_on(member, port);
        Some(There {
            component,
            is_service: nodes.len() == all.len(),
            nodes: nodes
                .iter()
                .filter_map(|node| all.iter().position(|one| one == node))
                .collect(),
            port: own.map_or(port, |own| own.number),
        })
    }

    /// Servers of releases that are there too.
    pub fn neighbours(&self) -> impl Iterator<Item = &Member<'a>> {
        self.beside.iter().flat_map(|beside| &beside.members)
    }
}

impl Resolver<'_, '_> {
    /// Where a host leads that a release beside these has a Service for; `None` for any other host.
    pub(super) fn beside(self, namespace: &str, host: &str, port: u16) -> Option<Target> {
        let graph = self.graph.beside.as_deref()?;
        let beside = graph.resolver();
        beside.service_of(namespace, host)?;
        Some(match beside.in_cluster(namespace, host, port)? {
            Target::Nodes { nodes, port, .. } => graph
                .there(&nodes, port)
                .map_or(Target::External, Target::Elsewhere),
            other => other,
        })
    }
}
