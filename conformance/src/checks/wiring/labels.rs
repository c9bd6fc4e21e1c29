//! Gateway labels and the environments of the control plane.

use std::collections::BTreeSet;

use crate::{
    component::{Capability, Component},
    context::{Context, Fault, Judge, configured},
};

const KEY: &str = "apim.sync_runtime_artifacts.gateway.gateway_labels";

/// A gateway deploys only the APIs of environments that it lists; a label that no environment has deploys
/// nothing, and nothing is logged on the gateway.
pub(super) fn labels_are_environments(context: &Context<'_>, judge: &mut Judge<'_>) {
    let mut environments: BTreeSet<String> = BTreeSet::new();
    let mut readable = false;
    for (_, component, configuration) in configured(context.graph) {
        let Some(effective) = &configuration.effective else {
            continue;
        };
        if !component.has(Capability::Portals) {
            continue;
        }
        readable = true;
        environments.extend(effective.gateway_environments());
    }
    if !readable {
        judge.not_applicable("no control plane can be read");
        return;
    }
    // Without gateways of its own, a pattern is served by whatever has the portals as well.
    let is_separate = Component::all().any(|component| {
        is_gateway_alone(component) && !context.graph.nodes_of(component).is_empty()
    });
    let is_gateway = |component: Component| {
        is_gateway_alone(component) || (!is_separate && component.has(Capability::ServesTraffic))
    };
    for (node, component, configuration) in configured(context.graph) {
        let Some(effective) = configuration
            .effective
            .as_ref()
            .filter(|_| is_gateway(component))
        else {
            continue;
        };
        let span = effective.get(KEY).and_then(|found| found.provenance.span());
        let labels = effective.gateway_labels();
        judge.require(!labels.is_empty(), || {
            Fault::new(
                format!(
                    "the {} lists no environment, so it deploys no API",
                    context.graph.describe(node.id)
                ),
                format!("set `{KEY}` to names of `[[apim.gateway.environment]]`"),
            )
            .at(configuration, KEY, span)
        });
        for label in labels {
            judge.require(environments.contains(&label), || {
                let known: Vec<&str> = environments.iter().map(String::as_str).collect();
                Fault::new(
                    format!(
                        "the {} deploys APIs of the environment `{label}`, which the control plane does not have",
                        context.graph.describe(node.id),
                    ),
                    format!("use the name of an `[[apim.gateway.environment]]`: {}", known.join(", ")),
                )
                .at(configuration, KEY, span)
                .value(label.clone())
            });
        }
    }
    judge.not_applicable("no gateway's configuration can be read");
}

/// Whether a component serves traffic and manages none of it.
fn is_gateway_alone(component: Component) -> bool {
    component.has(Capability::ServesTraffic) && !component.has(Capability::Portals)
}
