//! Releases that are there too, and what addresses reach of them.

use std::collections::BTreeSet;

use super::{Graph, Member, Resolver, Target, There};

/// The label of pods that are a tenant's, as our charts have it.
const TENANT: &str = "am-charts/tenant";

impl<'a> Graph<'a> {
    /// The tenant whose servers these are: as it is declared, or by their label.
    pub fn tenant<'m>(&'m self, member: &Member<'m>) -> Option<&'m str> {
        let declared = self.tenants.get(&member.workload.object.release);
        let labels = member.workload.pod.labels();
        declared
            .map(String::as_str)
            .or_else(|| labels.get(TENANT).copied())
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
            Target::Nodes { nodes, port, .. } => {
                let Some((id, component)) = nodes
                    .iter()
                    .find_map(|id| Some((*id, graph.component(*id)?)))
                else {
                    return Some(Target::External);
                };
                let member = graph.member(id);
                let own = graph.port_on(member, port);
                Target::Elsewhere(There {
                    component,
                    is_service: nodes.len() == graph.nodes_of(component).len(),
                    nodes: nodes
                        .iter()
                        .map(|node| node.ordinal)
                        .collect::<BTreeSet<_>>(),
                    port: own.map_or(port, |own| own.number),
                })
            }
            other => other,
        })
    }
}
