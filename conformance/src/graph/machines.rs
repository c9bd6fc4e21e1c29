//! Where addresses of machines lead.

use std::collections::BTreeSet;

use super::{Graph, NodeId, Resolver, Target};
use crate::manifest::{Balanced, Front, Host, TargetPort};

/// A server that answers at a port of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    /// One of the subject's.
    Own(NodeId),
    /// One of those beside it.
    Beside(NodeId),
}

impl Resolver<'_, '_> {
    /// Where an address of a machine, or of the load balancers, leads; `None` for any other host.
    pub(super) fn on_machines(self, host: &str, port: u16) -> Option<Target> {
        let machines = self.graph.manifest.machines.as_ref()?;
        let dangling = |reason: String| Target::Dangling {
            reason,
            suggestion: None,
        };
        let mut fronts = machines.fronts_at(host, port).peekable();
        if machines.is_balanced(host) && fronts.peek().is_some() {
            let balancers: Vec<&Front> = fronts.collect();
            return Some(self.behind_fronts(&balancers).unwrap_or_else(dangling));
        }
        let Some(machine) = machines.host(host) else {
            return machines.is_balanced(host).then(|| {
                dangling(format!(
                    "the load balancer does not listen on port {port} for `{host}`"
                ))
            });
        };
        let reached: Vec<Answers> = self.answering(machine, port).into_iter().collect();
        let nothing = || format!("nothing on host {} listens on port {port}", machine.name);
        Some(
            self.reached(&reached, port, &machine.name)
                .unwrap_or_else(|| dangling(nothing())),
        )
    }

    /// The servers behind fronts that are alike, such as those of two load balancers.
    fn behind_fronts(self, fronts: &[&Front]) -> Result<Target, String> {
        let mut reached = Vec::new();
        let mut port = None;
        for (front, backend) in fronts
            .iter()
            .flat_map(|front| front.backends.iter().map(move |backend| (front, backend)))
        {
            reached.push(self.server_behind(backend).ok_or_else(|| {
                format!(
                    "`{}` of the load balancer leads to {}:{}, where nothing listens",
                    front.name, backend.host, backend.port
                )
            })?);
            port = Some(backend.port);
        }
        let name = fronts.first().map_or("", |front| front.name.as_str());
        let port = port.ok_or_else(|| format!("`{name}` of the load balancer leads to nobody"))?;
        self.reached(&reached, port, name).ok_or_else(|| {
            format!("`{name}` of the load balancer leads to servers that do not belong together")
        })
    }

    /// Servers as a target; none where there are none, or some are beside the subject and others not.
    fn reached(self, servers: &[Answers], port: u16, service: &str) -> Option<Target> {
        let own: BTreeSet<NodeId> = servers.iter().filter_map(|one| one.own()).collect();
        let beside = servers.iter().filter_map(|one| one.beside());
        let beside: BTreeSet<NodeId> = beside.collect();
        match (own.is_empty(), beside.is_empty()) {
            (false, true) => Some(Target::Nodes {
                nodes: own,
                port,
                service: service.to_owned(),
            }),
            (true, false) => {
                let graph = self.graph.beside.as_deref()?;
                let release = |node: &NodeId| &graph.member(*node).workload.object.release;
                let releases: BTreeSet<&String> = beside.iter().map(release).collect();
                let there = graph.there(&beside, port).filter(|_| releases.len() == 1)?;
                Some(Target::Elsewhere(there))
            }
            _ => None,
        }
    }

    /// The node of the subject that answers where a load balancer leads.
    pub(crate) fn node_behind(self, backend: &Balanced) -> Option<NodeId> {
        self.server_behind(backend)?.own()
    }

    /// The server that answers where a load balancer leads.
    pub(crate) fn server_behind(self, backend: &Balanced) -> Option<Answers> {
        let machines = self.graph.manifest.machines.as_ref()?;
        self.answering(machines.host(&backend.host)?, backend.port)
    }

    fn answering(self, machine: &Host, port: u16) -> Option<Answers> {
        let own = self.unit_at(machine, port).map(Answers::Own);
        let beside = || {
            let beside: &Graph<'_> = self.graph.beside.as_deref()?;
            beside.resolver().unit_at(machine, port)
        };
        own.or_else(|| beside().map(Answers::Beside))
    }

    fn unit_at(self, machine: &Host, port: u16) -> Option<NodeId> {
        let members = self.graph.members.iter().enumerate();
        let mut listening = members.filter(|(_, member)| {
            member.workload.is_unit()
                && member.host() == machine.name
                && self
                    .container_port(member, TargetPort::Number(port))
                    .is_ok()
        });
        listening.next().map(|(index, _)| NodeId {
            member: index,
            ordinal: 0,
        })
    }
}

impl Answers {
    /// The node, if it is the subject's.
    pub(crate) fn own(self) -> Option<NodeId> {
        match self {
            Self::Own(node) => Some(node),
            Self::Beside(_) => None,
        }
    }

    /// The node, if it is beside the subject.
    pub(crate) fn beside(self) -> Option<NodeId> {
        match self {
            Self::Own(_) => None,
            Self::Beside(node) => Some(node),
        }
    }
}
