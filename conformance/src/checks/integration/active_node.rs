//! Of the two nodes of a pair one takes events.

use am_product::Protocol;

use crate::{
    checks::machine,
    component::Capability,
    context::{Context, Fault, Judge},
    graph::Member,
    manifest::Service,
};

/// The label by which a Service chooses one pod of a `StatefulSet` by its number.
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

/// Neither a Service nor a load balancer spreads events over both nodes.
pub(super) fn gets_the_events(context: &Context<'_>, judge: &mut Judge<'_>) {
    let graph = context.graph;
    let is_pair = |member: &Member<'_>| {
        let component = member.component;
        let streams = component.filter(|component| component.has(Capability::Streams));
        streams.is_some_and(|component| graph.nodes_of(component).len() > 1)
    };
    judge.applies(
        false,
        "nothing leads to two nodes of which one takes events",
    );
    for service in &graph.services {
        let selected = graph.resolver().selected(*service);
        let pair = selected.iter().find(|(_, member)| is_pair(member));
        let is_of_one = service.only_pod().is_some() || service.selector().contains_key(POD_INDEX);
        if let (Some((_, member)), false, false) = (pair, is_of_one, service.is_headless()) {
            judge.require(!spreads_events(context, *service, member), || {
                let reference = service.object.reference();
                Fault::new(
                    format!("{reference} spreads events over an active node and a passive one, which takes none"),
                    "make a Service for each node, and let the sender list both",
                )
                .object(service.object)
                .field("ports")
            });
        }
    }
    machine::follow_the_active_node(context, judge);
}

/// Whether a Service has a port that is none of administration.
fn spreads_events(context: &Context<'_>, service: Service<'_>, member: &Member<'_>) -> bool {
    let graph = context.graph;
    service.ports().iter().any(|port| {
        let number = graph.resolver().container_port(member, port.target);
        let known = number.ok().and_then(|number| graph.port_on(member, number));
        known.is_none_or(|port| port.speaks != Protocol::Inner)
    })
}
