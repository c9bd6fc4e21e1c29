//! Where addresses of machines lead.

use std::collections::BTreeSet;

use super::{NodeId, Resolver, Target};
use crate::manifest::{Balanced, Front, Host, TargetPort};

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
        Some(match self.unit_at(machine, port) {
            Some(node) => Target::Nodes {
                nodes: BTreeSet::from([node]),
                port,
                service: machine.name.clone(),
            },
            None => dangling(format!(
                "nothing on host {} listens on port {port}",
                machine.name
            )),
        })
    }

    /// The nodes behind fronts that are alike, such as those of two load balancers.
    fn behind_fronts(self, fronts: &[&Front]) -> Result<Target, String> {
        let mut nodes = BTreeSet::new();
        let mut port = None;
        for (front, backend) in fronts
            .iter()
            .flat_map(|front| front.backends.iter().map(move |backend| (front, backend)))
        {
            let node = self.node_behind(backend).ok_or_else(|| {
                format!(
                    "`{}` of the load balancer leads to {}:{}, where nothing listens",
                    front.name, backend.host, backend.port
                )
            })?;
            nodes.insert(node);
            port = Some(backend.port);
        }
        let name = fronts.first().map_or("", |front| front.name.as_str());
        let port = port.ok_or_else(|| format!("`{name}` of the load balancer leads to nobody"))?;
        Ok(Target::Nodes {
            nodes,
            port,
            service: name.to_owned(),
        })
    }

    /// The node that answers where a load balancer leads.
    pub(crate) fn node_behind(self, backend: &Balanced) -> Option<NodeId> {
        let machines = self.graph.manifest.machines.as_ref()?;
        self.unit_at(machines.host(&backend.host)?, backend.port)
    }

    fn unit_at(self, machine: &Host, port: u16) -> Option<NodeId> {
        let members = self.graph.members.iter().enumerate();
        let mut listening = members.filter(|(_, member)| {
            member.workload.is_unit()
                && member.workload.object.str("/host") == Some(machine.name.as_str())
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
