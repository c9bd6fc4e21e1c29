//! Probes, shutdown, memory, drains, spread, rollouts and storage: does the deployment survive a day in
//! operation?

mod availability;
mod commands;
mod first_start;
mod listeners;
pub(in crate::checks) mod probes;
mod quantity;
mod question;
mod redirects;
mod resources;
mod rollout;
mod shutdown;
#[cfg(test)]
mod start_tests;
mod storage;
#[cfg(test)]
mod tests;

use crate::checks::FamilyChecks;

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-OPS-002", probes::wait_for_the_start),
    ("AM-OPS-003", probes::are_answered),
    ("AM-OPS-004", probes::tell_that_apis_are_deployed),
    ("AM-OPS-005", shutdown::fits_the_grace_period),
    ("AM-OPS-006", shutdown::stops_the_server),
    ("AM-OPS-008", resources::hold_the_heap),
    ("AM-OPS-009", availability::allows_a_drain),
    ("AM-OPS-010", availability::has_a_budget),
    ("AM-OPS-011", availability::spreads_over_zones),
    ("AM-OPS-012", availability::spreads_over_nodes),
    ("AM-OPS-013", availability::updates_one_by_one),
    ("AM-OPS-014", rollout::follows_changes),
    ("AM-OPS-015", storage::is_per_node),
    ("AM-OPS-016", storage::is_set_up),
    ("AM-OPS-017", shutdown::waits_for_its_clients),
    ("AM-OPS-018", commands::can_be_run),
    ("AM-OPS-019", probes::notice_in_time),
    ("AM-OPS-022", storage::is_used),
    ("AM-OPS-023", listeners::wait_for_their_hub),
    ("AM-OPS-024", first_start::one_server_goes_first),
    ("AM-OPS-025", first_start::nobody_waits_in_a_circle),
    ("AM-OPS-026", redirects::are_no_answer),
    ("AM-OPS-027", redirects::are_compared),
    ("AM-OPS-030", resources::write_the_heap),
    ("AM-OPS-031", storage::keeps_everything),
];
