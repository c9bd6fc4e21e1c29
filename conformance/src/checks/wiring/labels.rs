//! Gateway labels and the environments of the control plane.

use std::collections::BTreeSet;

use crate::{
    component::Component,
    context::{Context, Fault, Judge, configured},
};

const KEY: &str = "apim.sync_runtime_artifacts.gateway.gateway_labels";

/// A gateway deploys only the APIs of environments that it lists; a label that no environment has deploys
/// nothing, and nothing is logged on the gateway.
pub(super) fn labels_are_environments(context: &Context<'_>, judge: &mut Judge<'_>) {
    let mut environments: BTreeSet<String> = BTreeSet::new();
    let mut readable = false;
    for (_, component, configuration) in configured(context.graph) {
        let (Component::AllInOne | Component::ControlPlane, Some(effective)) =
            (component, &configuration.effective)
        else {
            continue;
        };
        readable = true;
        environments.extend(effective.gateway_environments());
    }
    if !readable {
        judge.not_applicable("no control plane can be read");
        return;
    }
    // Without a gateway of its own, the all-in-one is the pattern's gateway.
    let is_separate = !context.graph.nodes_of(Component::Gateway).is_empty();
    let gateway = if is_separate {
        Component::Gateway
    } else {
        Component::AllInOne
    };
    for (node, component, configuration) in configured(context.graph) {
        let Some(effective) = configuration
            .effective
            .as_ref()
            .filter(|_| component == gateway)
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
