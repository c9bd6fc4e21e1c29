//! What works in a pattern although something else is broken.

use std::collections::BTreeSet;

use super::super::{EdgeVerdict, Topology};

/// Hosts and ports that connections without a fault use. A finding that names one of them does not blame it.
#[derive(Debug, Default)]
pub(in crate::report) struct Intact {
    hosts: BTreeSet<String>,
    ports: BTreeSet<u16>,
    listening: BTreeSet<u16>,
}

impl Intact {
    /// What works in `topology`.
    pub(in crate::report) fn of(topology: &Topology) -> Self {
        let works = |verdict| matches!(verdict, EdgeVerdict::Resolves | EdgeVerdict::External);
        let edges = topology
            .edges
            .iter()
            .filter(|edge| works(edge.verdict) && !edge.is_broken());
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
