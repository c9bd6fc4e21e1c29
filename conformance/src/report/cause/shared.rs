//! What works in a pattern although something else is broken.

use std::collections::BTreeSet;

use super::super::{Edge, EdgeVerdict, Topology};
use crate::graph::OwnAddress;

/// Hosts and ports to which connections lead without a fault. A finding that names one of them does not blame it.
#[derive(Debug, Default)]
pub(super) struct Intact {
    hosts: BTreeSet<String>,
    ports: BTreeSet<u16>,
    listening: BTreeSet<u16>,
}

impl Intact {
    /// What works in `topology`: peers of which no connection is reported. What a node asks itself shows nothing about others.
    pub(super) fn of(topology: &Topology) -> Self {
        let peer = |edge: &Edge| {
            (
                edge.to,
                edge.to.is_none().then(|| edge.host.clone()),
                edge.port,
            )
        };
        let broken = topology.edges.iter().filter(|edge| edge.is_broken());
        let broken: BTreeSet<_> = broken.map(peer).collect();
        let works = |edge: &&Edge| {
            matches!(edge.verdict, EdgeVerdict::Resolves | EdgeVerdict::External)
                && !broken.contains(&peer(edge))
                && !OwnAddress::is(&edge.host)
        };
        let edges = topology.edges.iter().filter(works);
        let ports = topology.nodes.iter().flat_map(|node| &node.ports);
        Self {
            hosts: edges.clone().map(|edge| edge.host.clone()).collect(),
            ports: edges.map(|edge| edge.port).collect(),
            listening: ports.filter_map(|port| number(port)).collect(),
        }
    }

    /// Whether a connection without a fault goes to `host`.
    pub(super) fn has_host(&self, host: &str) -> bool {
        self.hosts.contains(host)
    }

    /// Whether a connection without a fault goes to a node behind the Service `name`.
    pub(super) fn has_nodes_of(&self, name: &str) -> bool {
        let is_node = |host: &String| {
            host.split_once('.')
                .is_some_and(|(_, service)| service == name)
        };
        self.hosts.iter().any(is_node)
    }

    /// Whether a connection without a fault uses `port`.
    pub(super) fn has_port(&self, port: u16) -> bool {
        self.ports.contains(&port)
    }

    /// Whether a container of a component listens on `port`.
    pub(super) fn listens_on(&self, port: u16) -> bool {
        self.listening.contains(&port)
    }
}

/// The number of a container port, written `name:number` or as the number.
fn number(port: &str) -> Option<u16> {
    port.rsplit(':').next()?.parse().ok()
}
