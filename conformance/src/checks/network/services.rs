//! Services: their selectors and their ports, down to a container that listens.

use std::collections::BTreeMap;

use crate::{
    component::Component,
    context::{Context, Fault, Judge},
    facts::PortFact,
    graph::{Graph, Member, NodeId},
    manifest::{Service, TargetPort},
};

/// The server workloads whose pods a Service selects.
pub(super) fn selected<'g, 'a>(graph: &'g Graph<'a>, service: Service<'_>) -> Vec<&'g Member<'a>> {
    let selected = graph.resolver().selected(service).into_iter();
    selected.map(|(_, member)| member).collect()
}

/// Services that choose their pods by labels.
fn selecting<'g, 'a>(graph: &'g Graph<'a>) -> impl Iterator<Item = &'g Service<'a>> {
    graph
        .services
        .iter()
        .filter(|service| !service.selector().is_empty() && service.external_name().is_none())
}

/// Whether a Service is for users alone. Source: ARCHITECTURE.md, the chart contract (ways in).
fn publishes(service: Service<'_>) -> bool {
    const SERVES: &str = "am-charts/serves-";
    let selector = service.selector();
    selector.keys().any(|label| label.starts_with(SERVES))
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
    context.graph.node(node)?.port_at(number)
}

/// A port of a Service that has the number of one of the component's own ports.
struct Promise<'p, 'a> {
    service: Service<'a>,
    component: Component,
    offered: u16,
    promised: &'p PortFact,
    reached: u16,
    /// The component's own port that is reached, if it is one.
    found: Option<&'p PortFact>,
}

fn promises<'a>(context: &Context<'a>) -> Vec<Promise<'static, 'a>> {
    let resolver = context.graph.resolver();
    let mut kept = Vec::new();
    for service in selecting(context.graph) {
        for member in selected(context.graph, *service) {
            let Some(component) = member.component else {
                continue;
            };
            let of_component = |number| {
                context
                    .graph
                    .port_on(member, number)
                    .filter(|fact| component.ports().any(|port| port == *fact))
            };
            for port in service.ports() {
                let reached = resolver.container_port(member, port.target);
                let (Some(promised), Ok(reached)) = (of_component(port.number), reached) else {
                    continue;
                };
                kept.push(Promise {
                    service: *service,
                    component,
                    offered: port.number,
                    promised,
                    reached,
                    found: of_component(reached),
                });
            }
        }
    }
    kept
}

/// A Service's port that has the number of one of the component's ports leads to no other of them.
pub(super) fn mix_up_no_ports(context: &Context<'_>, judge: &mut Judge<'_>) {
    for promise in promises(context) {
        let is_other = promise.found.is_some_and(|found| found != promise.promised);
        judge.require(!is_other, || promise.broken());
    }
}

/// Others may move a listener by its own key; our charts move all ports together.
pub(super) fn lead_to_the_products_ports(context: &Context<'_>, judge: &mut Judge<'_>) {
    for promise in promises(context) {
        judge.require(promise.found.is_some(), || promise.broken());
    }
}

impl<'a> Promise<'_, 'a> {
    fn broken(&self) -> Fault<'a> {
        let (offered, reached) = (self.offered, self.reached);
        Fault::new(
            format!(
                "port {offered} ({}) of Service `{}` leads to port {reached} ({}) of the {}",
                self.promised.name,
                self.service.name(),
                self.found.map_or("nobody's", |found| &found.name),
                self.component.title()
            ),
            format!(
                "set targetPort to {offered}, or to the name that the container gives this port"
            ),
        )
        .object(self.service.object)
        .field("targetPort")
        .value(reached.to_string())
    }
}

pub(super) fn offer_only_open_ports(context: &Context<'_>, judge: &mut Judge<'_>) {
    let resolver = context.graph.resolver();
    for service in selecting(context.graph) {
        for member in selected(context.graph, *service) {
            let Some(component) = member.component else {
                continue;
            };
            for port in service.ports() {
                let Ok(number) = resolver.container_port(member, port.target) else {
                    continue;
                };
                let Some(fact) = context.graph.port_on(member, number) else {
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

/// In the generated layout a component's Service and headless Service offer all of its ports, under the names of the table. Others, such
/// as one that publishes APIs or leads to one node, offer what they are for.
pub(super) fn offer_every_port(context: &Context<'_>, judge: &mut Judge<'_>) {
    for service in selecting(context.graph)
        .filter(|service| !publishes(**service) && service.only_pod().is_none())
    {
        for member in selected(context.graph, *service) {
            let Some(component) = member.component else {
                continue;
            };
            let offered: BTreeMap<u16, Option<&str>> = service
                .ports()
                .iter()
                .map(|port| (port.number, port.name))
                .collect();
            for fact in component.ports() {
                let number = context.graph.number_on(member, fact.number);
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
