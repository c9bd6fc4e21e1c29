//! Names by which clients reach single nodes.

use crate::{
    component::{Capability, Component},
    context::{Context, Fault, Judge},
    manifest::Service,
};

/// Where a component has several nodes that clients list one by one, each needs a name of its own.
pub(super) fn nodes_have_addresses(context: &Context<'_>, judge: &mut Judge<'_>) {
    for component in Component::all().filter(|one| one.has(Capability::StableNodes)) {
        let nodes = context.graph.nodes_of(component);
        if nodes.len() < 2 {
            continue;
        }
        for node in nodes {
            let member = context.graph.member(node.id);
            let labels = member.workload.pod.labels();
            let selecting: Vec<&Service<'_>> = context
                .graph
                .services
                .iter()
                .filter(|service| {
                    service.selects(&labels)
                        && service.object.namespace() == member.workload.object.namespace()
                })
                .collect();
            let by_pod_name = member.workload.is_stateful_set()
                && selecting.iter().any(|service| {
                    service.is_headless() && member.workload.service_name() == Some(service.name())
                });
            let by_service = member.replicas == 1
                && selecting.iter().any(|service| {
                    let selected = context
                        .graph
                        .members
                        .iter()
                        .filter(|other| service.selects(&other.workload.pod.labels()));
                    selected.count() == 1
                });
            judge.require(by_pod_name || by_service, || {
                Fault::new(
                    format!("{} has no address of its own", context.graph.describe(node.id)),
                    "govern the StatefulSet by a headless Service that selects its pods, or give each node a Service",
                )
                .object(member.workload.object)
            });
        }
    }
}
