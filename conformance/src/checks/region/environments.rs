//! Gateway environments of several sites: what gateways of one deploy, the control plane of another must offer.

use std::collections::BTreeSet;

use super::others::{ALONE, main_site};
use crate::{
    checks::wiring::labels::{fault, gateways},
    component::Capability,
    context::{Context, Judge, configured},
    graph::Graph,
};

/// Gateways hear of APIs from every control plane: from that of the main site, or from those of all regions. One that does not have
/// the environment announces nothing that these gateways would deploy.
pub(super) fn other_sites_offer_them(context: &Context<'_>, judge: &mut Judge<'_>) {
    let graph = context.graph;
    let main = main_site(graph);
    let is_one_of_equals = main.is_none() && environments(graph).is_some();
    let is_heard = |site: &str| main.map_or(is_one_of_equals, |main| main == site);
    let offered: Vec<(&str, BTreeSet<String>)> = graph
        .sites
        .iter()
        .filter(|(site, _)| is_heard(site))
        .filter_map(|(site, of)| Some((site.as_str(), environments(of)?)))
        .collect();
    let otherwise = if graph.sites.is_empty() {
        ALONE
    } else {
        "no control plane of another site is heard, or none can be seen"
    };
    judge.applies(!offered.is_empty(), otherwise);
    for on in gateways(context) {
        for (site, known) in &offered {
            for label in on.effective.gateway_labels() {
                judge.looked();
                if known.contains(&label) {
                    continue;
                }
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let message = format!(
                    "deploys APIs of the environment `{label}`, which the control plane of site {site} does not have"
                );
                let help = format!(
                    "add an `[[apim.gateway.environment]]` of this name there, or use one that it has: {}",
                    known.join(", ")
                );
                judge.fault(fault(&on, &message, help).value(label.clone()));
            }
        }
    }
}

/// The environments that the portals of a site have; `None` where it has none, or they cannot be seen.
fn environments(graph: &Graph<'_>) -> Option<BTreeSet<String>> {
    let portals = configured(graph).filter(|(_, component, _)| component.has(Capability::Portals));
    let of_nodes = portals.filter_map(|(_, _, configuration)| {
        let effective = configuration.effective.as_ref()?;
        Some(effective.gateway_environments())
    });
    let of_nodes: Vec<Vec<String>> = of_nodes.collect();
    (!of_nodes.is_empty()).then(|| of_nodes.into_iter().flatten().collect())
}
