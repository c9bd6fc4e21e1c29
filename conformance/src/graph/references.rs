//! Every address of every node, with where it leads.

use am_deployment_toml::{effective::Provenance, wiring};

use super::{Graph, NodeId, Target};

/// An address in a node's configuration and where it leads.
#[derive(Debug, Clone)]
pub struct Link {
    /// The node that is told the address.
    pub from: NodeId,
    /// The address, with its key, purpose and place in the file.
    pub reference: wiring::Reference,
    /// Where it leads.
    pub target: Target,
}

impl Link {
    /// Whether the file says so, as opposed to a default that nobody wrote.
    pub fn is_written(&self) -> bool {
        !matches!(self.reference.provenance, Provenance::ProductDefault)
    }
}

/// The links of all nodes, in order.
pub fn links(graph: &Graph<'_>) -> Vec<Link> {
    let resolver = graph.resolver();
    let mut links = Vec::new();
    for node in &graph.nodes {
        let Some(effective) = node.effective() else {
            continue;
        };
        let namespace = graph.member(node.id).workload.object.namespace();
        for reference in wiring::references(effective) {
            let target = resolver.resolve(
                namespace,
                &reference.address.host,
                reference.address.port_or_default(),
            );
            links.push(Link {
                from: node.id,
                reference,
                target,
            });
        }
    }
    links
}
