//! Gateway labels and the environments of the control plane.

use std::collections::BTreeSet;

use crate::{
    checks::configuration::{On, nodes},
    component::{Capability, Component},
    context::{Context, Fault, Judge},
};

pub(in crate::checks) const KEY: &str = "apim.sync_runtime_artifacts.gateway.gateway_labels";

/// A gateway deploys only the APIs of environments that it lists; a label that no environment has deploys
/// nothing, and nothing is logged on the gateway.
pub(super) fn labels_are_environments(context: &Context<'_>, judge: &mut Judge<'_>) {
    let portals = nodes(context).filter(|on| on.component.has(Capability::Portals));
    let known: Vec<BTreeSet<String>> = portals
        .map(|on| on.effective.gateway_environments().into_iter().collect())
        .collect();
    // What a control plane elsewhere has is not known here.
    if known.is_empty() {
        return;
    }
    let known: BTreeSet<String> = known.into_iter().flatten().collect();
    for on in gateways(context) {
        for label in on.effective.gateway_labels() {
            judge.require(known.contains(&label), || {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let message = format!("deploys APIs of the environment `{label}`, which the control plane does not have");
                let help = format!("use the name of an `[[apim.gateway.environment]]`: {}", known.join(", "));
                fault(&on, &message, help).value(label.clone())
            });
        }
    }
}

/// A gateway without a label deploys no API.
pub(super) fn gateways_have_labels(context: &Context<'_>, judge: &mut Judge<'_>) {
    for on in gateways(context) {
        judge.require(!on.effective.gateway_labels().is_empty(), || {
            let help = format!("set `{KEY}` to names of `[[apim.gateway.environment]]`");
            fault(&on, "lists no environment, so it deploys no API", help)
        });
    }
}

/// What is wrong with the labels of a gateway.
pub(in crate::checks) fn fault<'a>(on: &On<'_, 'a>, message: &str, help: String) -> Fault<'a> {
    let span = on
        .effective
        .get(KEY)
        .and_then(|found| found.provenance.span());
    let who = on.context.graph.describe(on.node.id);
    Fault::new(format!("the {who} {message}"), help).at(on.configuration, KEY, span)
}

/// The nodes that serve traffic. Without gateways of its own, a pattern is served by whatever has the portals as well.
pub(in crate::checks) fn gateways<'o>(
    context: &'o Context<'_>,
) -> impl Iterator<Item = On<'o, 'o>> {
    let is_separate = Component::all().any(|component| {
        is_gateway_alone(component) && !context.graph.nodes_of(component).is_empty()
    });
    nodes(context).filter(move |on| {
        is_gateway_alone(on.component)
            || (!is_separate && on.component.has(Capability::ServesTraffic))
    })
}

/// Whether a component serves traffic and manages none of it.
fn is_gateway_alone(component: Component) -> bool {
    component.has(Capability::ServesTraffic) && !component.has(Capability::Portals)
}
