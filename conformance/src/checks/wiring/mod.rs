//! Every row of the wiring table, judged on the values in force.

mod abroad;
mod advice;
mod edge;
mod elsewhere;
mod exposed;
mod follow;
mod groups;
mod hosts;
pub(in crate::checks) mod labels;
mod no_address;
mod promised;
mod publisher_file;
mod publishers;
#[cfg(test)]
mod publishers_tests;
mod texts;
mod words;

pub(in crate::checks) use abroad::those_for_other_regions_are_on;
pub(in crate::checks) use edge::is_row_of;
pub(in crate::checks) use exposed::{further_ports, hosts_at};

use crate::{
    checks::FamilyChecks,
    context::{Context, Judge},
};

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-WIRE-001", edges),
    ("AM-WIRE-002", edges),
    ("AM-WIRE-003", edges),
    ("AM-WIRE-004", edges),
    ("AM-WIRE-005", edges),
    ("AM-WIRE-006", edges),
    ("AM-WIRE-007", edges),
    ("AM-WIRE-008", edges),
    ("AM-WIRE-009", edges),
    ("AM-WIRE-010", edges),
    ("AM-WIRE-011", edges),
    ("AM-WIRE-012", edges),
    ("AM-WIRE-013", edges),
    ("AM-WIRE-014", labels::labels_are_environments),
    ("AM-WIRE-015", groups::one_group_per_node),
    ("AM-WIRE-016", groups::authentication_pairs_with_receivers),
    ("AM-WIRE-017", hosts::every_host_is_provided),
    ("AM-WIRE-018", texts::every_service_offers_the_port),
    ("AM-WIRE-019", publishers::every_node_is_told),
    ("AM-WIRE-020", elsewhere::only_declared_addresses),
    ("AM-WIRE-021", labels::gateways_have_labels),
    ("AM-WIRE-022", groups::no_group_twice),
    ("AM-WIRE-023", exposed::others_get_there),
    ("AM-WIRE-026", promised::lead_to_apis),
];

/// Judges the rows of the table that name the requirement.
fn edges(context: &Context<'_>, judge: &mut Judge<'_>) {
    let pattern = context.wired_as();
    let requirement = judge.requirement().id.clone();
    for fact in context
        .facts
        .edges
        .iter()
        .filter(|fact| fact.requirement == requirement)
    {
        let Some(peer) = fact.peers.get(&pattern) else {
            continue;
        };
        edge::judge_row(context, judge, fact, *peer);
    }
}
