//! What runs on hosts, and where.

use am_generator::chart::{Chart, Part};

use crate::document::machines::Machines;
use crate::integrators::Cluster;

/// A component, or a cluster of integrators, with its nodes.
#[derive(Debug)]
pub(crate) struct Component<'a, 'm> {
    /// What hosts call it.
    pub(crate) name: &'a str,
    pub(crate) part: Part<'m>,
    pub(crate) chart: Chart<'m>,
    /// None of API Manager's own.
    pub(crate) cluster: Option<&'a Cluster<'m>>,
    pub(crate) offset: u16,
    /// In the order of the document.
    pub(crate) nodes: Vec<Node<'m>>,
}

/// A component on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node<'m> {
    pub(crate) host: &'m str,
    pub(crate) address: &'m str,
}

impl Component<'_, '_> {
    /// The number of a port at its nodes.
    pub(crate) fn number(&self, port: &str) -> u16 {
        let port = self.chart.model.ports.get(port);
        let number = port.map_or(0, |port| port.number.value);
        number.saturating_add(self.offset)
    }
}

/// The hosts that run something.
pub(super) fn nodes<'m>(machines: &'m Machines, name: &str) -> Vec<Node<'m>> {
    let nodes = machines.nodes(name);
    nodes
        .map(|(name, host, _)| Node {
            host: &name.value,
            address: &host.address.value,
        })
        .collect()
}
