//! The components of the pattern, their nodes, and nothing else.

use crate::{
    checks::FamilyChecks,
    component::{Capability, Component},
    context::{Context, Fault, Judge},
    manifest::Service,
};

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-TOPO-005", workload_kinds),
    ("AM-TOPO-006", nodes_have_addresses),
];

fn workload_kinds(context: &Context<'_>, judge: &mut Judge<'_>) {
    for member in &context.graph.members {
        let Some(component) = member.component else {
            continue;
        };
        let wanted = if component.has(Capability::StableNodes) {
            "StatefulSet"
        } else {
            "Deployment"
        };
        judge.require(member.workload.object.kind() == wanted, || {
            Fault::new(
                format!(
                    "the {} is a {}",
                    component.title(),
                    member.workload.object.kind()
                ),
                format!("make it a {wanted}"),
            )
            .object(member.workload.object)
        });
        let others = context
            .graph
            .members_of(component)
            .filter(|other| other.workload.object.release == member.workload.object.release);
        judge.require(others.count() == 1, || {
            Fault::new(
                format!("the {} is spread over several workloads", component.title()),
                "use one workload with as many replicas as there are nodes",
            )
            .object(member.workload.object)
        });
    }
}

/// Where a component has several nodes that clients list one by one, each needs a name of its own.
fn nodes_have_addresses(context: &Context<'_>, judge: &mut Judge<'_>) {
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
