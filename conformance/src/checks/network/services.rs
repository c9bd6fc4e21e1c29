//! Services: their selectors and their ports, down to a container that listens.

use std::collections::BTreeMap;

use crate::{
    context::{Context, Fault, Judge},
    facts::PortFact,
    graph::{Graph, Member, NodeId},
    manifest::{Service, TargetPort},
};

/// The server workloads whose pods a Service selects.
pub(super) fn selected<'g, 'a>(graph: &'g Graph<'a>, service: Service<'_>) -> Vec<&'g Member<'a>> {
    graph
        .members
        .iter()
        .filter(|member| {
            member.workload.object.namespace() == service.object.namespace()
                && service.selects(&member.workload.pod.labels())
        })
        .collect()
}

/// Port offset in force on the pods of a workload.
pub(super) fn offset_of(graph: &Graph<'_>, member: &Member<'_>) -> u16 {
    graph
        .nodes
        .iter()
        .find(|node| {
            std::ptr::eq(
                graph.member(node.id).workload.object,
                member.workload.object,
            )
        })
        .map_or(0, crate::graph::Node::offset)
}

/// Services that choose their pods by labels.
fn selecting<'g, 'a>(graph: &'g Graph<'a>) -> impl Iterator<Item = &'g Service<'a>> {
    graph
        .services
        .iter()
        .filter(|service| !service.selector().is_empty() && service.external_name().is_none())
}

/// Whether nothing tells where the pods listen: not one of the product's components, and no port declared,
/// which Kubernetes allows.
fn is_undeclared(member: &Member<'_>, target: TargetPort<'_>) -> bool {
    member.component.is_none()
        && matches!(target, TargetPort::Number(_))
        && member
            .workload
            .pod
            .all_containers()
            .iter()
            .all(|container| container.ports().is_empty())
}

pub(super) fn reach_container_ports(context: &Context<'_>, judge: &mut Judge<'_>) {
    let resolver = context.graph.resolver();
    for service in selecting(context.graph) {
        for member in selected(context.graph, *service) {
            for port in service.ports() {
                if is_undeclared(member, port.target) {
                    continue;
                }
                let reached = resolver.container_port(member, port.target);
                let shown = match port.target {
                    TargetPort::Name(name) => name.to_owned(),
                    TargetPort::Number(number) => number.to_string(),
                };
                match reached {
                    // A headless name leads straight to the pod, so its ports are the pod's own.
                    Ok(number) => {
                        judge.require(!service.is_headless() || number == port.number, || {
                            Fault::new(
                                format!(
                                    "headless Service `{}` names port {}, but its pods listen on {number}",
                                    service.name(),
                                    port.number
                                ),
                                format!("name the pods' own port {number}; a headless Service translates nothing"),
                            )
                            .object(service.object)
                            .value(port.number.to_string())
                        });
                        ports_agree(context, *service, member, (port.number, number), judge);
                    }
                    Err(reason) => {
                        judge.looked();
                        judge.fault(
                            Fault::new(
                                format!(
                                    "port {} of Service `{}` leads nowhere: {reason}",
                                    port.number,
                                    service.name()
                                ),
                                "set targetPort to the name or number of a port that the container declares",
                            )
                            .object(service.object)
                            .field("targetPort")
                            .value(shown),
                        );
                    }
                }
            }
        }
    }
}

/// The product's port that `number` is on a node.
pub(in crate::checks) fn product_port_of_node(
    context: &Context<'_>,
    node: NodeId,
    number: u16,
) -> Option<&'static PortFact> {
    let member = context.graph.member(node);
    product_port(number, offset_of(context.graph, member))
}

/// A Service's port that has the number of one of the component's ports leads to that one and no other.
fn ports_agree(
    context: &Context<'_>,
    service: Service<'_>,
    member: &Member<'_>,
    (offered, reached): (u16, u16),
    judge: &mut Judge<'_>,
) {
    let Some(component) = member.component else {
        return;
    };
    let offset = offset_of(context.graph, member);
    let of_component = |number| {
        product_port(number, offset).filter(|fact| component.ports().any(|port| port == *fact))
    };
    let Some(promised) = of_component(offered) else {
        return;
    };
    let found = of_component(reached);
    // Others may have moved a listener by its own key; our charts move all ports together.
    if found.is_none() && !context.is_generated {
        return;
    }
    judge.require(found == Some(promised), || {
        Fault::new(
            format!(
                "port {offered} ({}) of Service `{}` leads to port {reached} ({}) of the {}",
                promised.name,
                service.name(),
                found.map_or("nobody's", |found| &found.name),
                component.title()
            ),
            format!(
                "set targetPort to {offered}, or to the name that the container gives this port"
            ),
        )
        .object(service.object)
        .field("targetPort")
        .value(reached.to_string())
    });
}

/// The product's port that `number` is on a node with this offset.
pub(super) fn product_port(number: u16, offset: u16) -> Option<&'static PortFact> {
    PortFact::all()
        .iter()
        .find(|fact| fact.number.checked_add(offset) == Some(number))
}

pub(super) fn offer_only_open_ports(context: &Context<'_>, judge: &mut Judge<'_>) {
    let resolver = context.graph.resolver();
    for service in selecting(context.graph) {
        for member in selected(context.graph, *service) {
            let Some(component) = member.component else {
                continue;
            };
            let offset = offset_of(context.graph, member);
            for port in service.ports() {
                let Ok(number) = resolver.container_port(member, port.target) else {
                    continue;
                };
                let Some(fact) = product_port(number, offset) else {
                    continue;
                };
                judge.require(component.ports().any(|port| port == fact), || {
                    Fault::new(
                        format!(
                            "Service `{}` offers port {number} ({}), which the {} keeps closed",
                            service.name(),
                            fact.name,
                            component.title()
                        ),
                        "remove the port, or send its clients to a component that listens on it",
                    )
                    .object(service.object)
                    .value(number.to_string())
                });
            }
        }
    }
}

/// In the generated layout a component's Services offer all of its ports, under the names of the table.
pub(super) fn offer_every_port(context: &Context<'_>, judge: &mut Judge<'_>) {
    for service in selecting(context.graph) {
        for member in selected(context.graph, *service) {
            let Some(component) = member.component else {
                continue;
            };
            let offset = offset_of(context.graph, member);
            let offered: BTreeMap<u16, Option<&str>> = service
                .ports()
                .iter()
                .map(|port| (port.number, port.name))
                .collect();
            for fact in component.ports() {
                let number = fact.number.saturating_add(offset);
                let name = offered.get(&number).copied();
                judge.require(name == Some(Some(fact.name.as_str())), || {
                    let message = match name {
                        None => format!(
                            "Service `{}` does not offer port {number} of the {}",
                            service.name(),
                            component.title()
                        ),
                        Some(name) => format!(
                            "Service `{}` calls port {number} `{}`",
                            service.name(),
                            name.unwrap_or_default()
                        ),
                    };
                    Fault::new(
                        message,
                        format!(
                            "add the port as `{}`, the name it has everywhere else",
                            fact.name
                        ),
                    )
                    .object(service.object)
                });
            }
        }
    }
}

pub(super) fn differ_in_selectors(context: &Context<'_>, judge: &mut Judge<'_>) {
    let mut seen: BTreeMap<(&str, BTreeMap<&str, &str>), &str> = BTreeMap::new();
    for service in selecting(context.graph) {
        let key = (service.object.namespace(), service.selector());
        let first = *seen.entry(key).or_insert_with(|| service.name());
        judge.require(first == service.name(), || {
            Fault::new(
                format!(
                    "Services `{first}` and `{}` have the same selector",
                    service.name()
                ),
                "give the pods one more label and select by it; AKS Automatic refuses two Services with one selector",
            )
            .object(service.object)
        });
    }
}

pub(super) fn govern_stateful_sets(context: &Context<'_>, judge: &mut Judge<'_>) {
    for member in &context.graph.members {
        let workload = &member.workload;
        if !workload.is_stateful_set() {
            continue;
        }
        let Some(name) = workload.service_name() else {
            // Optional since Kubernetes 1.33; pods of components need it to be addressed one by one.
            judge.require(member.component.is_none(), || {
                Fault::new(
                    format!("{} names no governing Service", workload.object.reference()),
                    "set spec.serviceName to a headless Service",
                )
                .object(workload.object)
                .field("serviceName")
            });
            continue;
        };
        let service = context.graph.services.iter().find(|service| {
            service.name() == name && service.object.namespace() == workload.object.namespace()
        });
        let problem = match service {
            None => Some("there is no such Service"),
            Some(service) if !service.selects(&workload.pod.labels()) => {
                Some("that Service does not select its pods")
            }
            Some(service) if member.component.is_some() && !service.is_headless() => {
                Some("that Service is not headless")
            }
            Some(_) => None,
        };
        judge.require(problem.is_none(), || {
            Fault::new(
                format!(
                    "{} is governed by `{name}`, but {}",
                    workload.object.reference(),
                    problem.unwrap_or_default()
                ),
                "name a headless Service (clusterIP: None) that selects the pods; their addresses come from it",
            )
            .object(workload.object)
            .field("clusterIP")
            .value(name)
        });
    }
}
