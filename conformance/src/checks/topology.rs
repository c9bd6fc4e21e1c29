//! The components of the pattern, their nodes, and nothing else.

use crate::{
    checks::FamilyChecks,
    component::{Capability, Component},
    context::{Context, Fault, Judge},
    manifest::Service,
};

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-TOPO-001", components_are_there),
    ("AM-TOPO-002", minimum_nodes),
    ("AM-TOPO-003", nothing_else),
    ("AM-TOPO-004", configuration_on_every_node),
    ("AM-TOPO-005", workload_kinds),
    ("AM-TOPO-006", nodes_have_addresses),
    ("AM-TOPO-007", readable_before_ready),
];

fn components_are_there(context: &Context<'_>, judge: &mut Judge<'_>) {
    for component in context.pattern().keys() {
        let is_there = context.graph.elsewhere(*component).is_some();
        judge.require(
            is_there || context.graph.members_of(*component).next().is_some(),
            || {
                Fault::new(
                    format!(
                        "pattern {} has a {}, but no workload runs one",
                        context.subject.pattern,
                        component.title()
                    ),
                    format!(
                        "deploy the {}, declare where it runs, or name the pattern that is meant",
                        component.title()
                    ),
                )
            },
        );
    }
}

fn minimum_nodes(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (component, minimum) in context.pattern() {
        let mut members = context.graph.members_of(*component).peekable();
        let Some(first) = members.peek().map(|member| member.workload.object) else {
            continue;
        };
        let nodes: usize = members.map(|member| member.replicas).sum();
        // A development overlay may run one node of everything; it says that it is not for production.
        let minimum = if context.subject.platform == "dev" {
            (*minimum).min(1)
        } else {
            *minimum
        };
        judge.require(nodes >= minimum, || {
            Fault::new(
                format!(
                    "the {} has {nodes} of at least {minimum} nodes",
                    component.title()
                ),
                format!("run {minimum} or more nodes (`replicas`, or the autoscaler's minimum)"),
            )
            .object(first)
            .value(nodes.to_string())
        });
    }
}

fn nothing_else(context: &Context<'_>, judge: &mut Judge<'_>) {
    for member in &context.graph.members {
        let Some(component) = member.component else {
            continue;
        };
        judge.require(context.pattern().contains_key(&component), || {
            Fault::new(
                format!(
                    "pattern {} has no {}",
                    context.subject.pattern,
                    component.title()
                ),
                "remove it, or name the pattern that is meant",
            )
            .object(member.workload.object)
        });
        judge.require(!context.graph.declared.contains_key(&component), || {
            Fault::new(
                format!(
                    "the {} is declared to run elsewhere, and runs here as well",
                    component.title()
                ),
                "remove it, or the declaration",
            )
            .object(member.workload.object)
        });
    }
}

fn configuration_on_every_node(context: &Context<'_>, judge: &mut Judge<'_>) {
    for node in &context.graph.nodes {
        let member = context.graph.member(node.id);
        if member.component.is_none() {
            continue;
        }
        judge.require(node.configuration.is_some(), || {
            Fault::new(
                format!(
                    "{} ({}) has no deployment.toml of its own",
                    context.graph.describe(node.id),
                    node.pod_name
                ),
                "mount one at wso2-config-volume/repository/conf/deployment.toml, for every node",
            )
            .object(member.workload.object)
        });
    }
}

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

fn readable_before_ready(context: &Context<'_>, judge: &mut Judge<'_>) {
    for member in &context.graph.members {
        if member.component.is_none() || !member.workload.is_stateful_set() {
            continue;
        }
        let namespace = member.workload.object.namespace();
        let governing = context.graph.services.iter().find(|service| {
            member.workload.service_name() == Some(service.name())
                && service.object.namespace() == namespace
        });
        let Some(service) = governing else { continue };
        judge.require(service.publishes_not_ready(), || {
            Fault::new(
                format!("Service `{}` hides nodes that are not ready, though they must find each other to become so", service.name()),
                "set publishNotReadyAddresses: true",
            )
            .object(service.object)
            .field("publishNotReadyAddresses")
        });
    }
}
