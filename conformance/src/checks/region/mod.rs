//! What may go to other sites of a deployment, and what may not.

mod databases;
mod environments;
mod others;
mod shared;
#[cfg(test)]
mod tests;

use crate::{
    checks::{
        FamilyChecks,
        wiring::{is_row_of, those_for_other_regions_are_on},
    },
    context::{Context, Fault, Judge},
    graph::{Beyond, Link},
};

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-REG-004", components_stay_at_home),
    ("AM-REG-012", shared::nothing_is_of_one_site),
    ("AM-REG-013", databases::each_has_its_own),
    ("AM-REG-014", environments::other_sites_offer_them),
    ("AM-REG-017", those_for_other_regions_are_on),
];

/// Components of a site that runs what they need use nothing of another one: neither its event hub nor its traffic managers.
fn components_stay_at_home(context: &Context<'_>, judge: &mut Judge<'_>) {
    let graph = context.graph;
    let others = &graph.crossings.others;
    judge.applies(!others.is_empty(), "no other site is known");
    if others.is_empty() {
        return;
    }
    for link in &graph.links {
        let configuration = graph
            .node(link.from)
            .and_then(|node| node.configuration.as_ref());
        let Some(configuration) = configuration.filter(|_| is_about_a_component(context, link))
        else {
            continue;
        };
        judge.looked();
        let host = &link.reference.address.host;
        let is_there =
            |other: &&Beyond| !other.is_declared && other.place.host.eq_ignore_ascii_case(host);
        if let Some(other) = others.iter().find(is_there) {
            let key = link.reference.key.to_string();
            let message = format!(
                "on the {}, `{key}` leads to site {}, though this site has what is meant",
                graph.describe(link.from),
                other.site
            );
            let help = "write the address of this site: events cross by publishers alone, and limits are counted within a site";
            judge.fault(
                Fault::new(message, help)
                    .at(configuration, key, link.reference.span)
                    .value(host.clone()),
            );
        }
    }
}

/// Whether a row of the wiring table says who is meant. Lists of gateway environments may name gateways of any site.
fn is_about_a_component(context: &Context<'_>, link: &Link) -> bool {
    let component = context.graph.component(link.from);
    let is_its = |fact: &&crate::facts::EdgeFact| {
        Some(fact.on) == component
            && fact.peers.contains_key(&context.wired_as())
            && is_row_of(fact, &link.reference.purpose)
    };
    let row = context.facts.edges.iter().find(is_its);
    link.is_written() && link.reference.enabled && row.is_some_and(|row| !row.key.contains("[]"))
}
