//! Probes, shutdown, memory, rollouts and storage: does the deployment survive a day in operation? Drains, spread and updates are
//! rows.

mod commands;
mod first_start;
mod folders;
mod listeners;
pub(in crate::checks) mod probes;
mod programs;
mod quantity;
mod question;
mod redirects;
mod resources;
mod rollout;
mod scripts;
mod shutdown;
#[cfg(test)]
mod start_tests;
mod storage;
#[cfg(test)]
mod tests;
mod variables;

use crate::checks::FamilyChecks;

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-OPS-003", probes::are_answered),
    ("AM-OPS-005", shutdown::fits_the_grace_period),
    ("AM-OPS-006", shutdown::stops_the_server),
    ("AM-OPS-008", resources::hold_the_heap),
    ("AM-OPS-014", rollout::follows_changes),
    ("AM-OPS-015", storage::is_per_node),
    ("AM-OPS-016", storage::is_set_up),
    ("AM-OPS-017", shutdown::waits_for_its_clients),
    ("AM-OPS-018", commands::can_be_run),
    ("AM-OPS-022", storage::is_used),
    ("AM-OPS-023", listeners::wait_for_their_hub),
    ("AM-OPS-024", first_start::one_server_goes_first),
    ("AM-OPS-025", first_start::nobody_waits_in_a_circle),
    ("AM-OPS-026", redirects::are_no_answer),
    ("AM-OPS-027", redirects::are_compared),
    ("AM-OPS-030", resources::write_the_heap),
    ("AM-OPS-031", storage::keeps_everything),
    ("AM-OPS-034", resources::start_below_the_largest_heap),
    ("AM-OPS-035", resources::request_the_first_heap),
    ("AM-OPS-037", redirects::are_not_followed),
    ("AM-OPS-038", commands::read_what_is_set),
    ("AM-OPS-039", commands::find_their_files_and_ports),
    ("AM-OPS-040", rollout::has_a_checksum_of_every_volume),
    ("AM-OPS-041", rollout::follows_the_content),
    ("AM-OPS-042", programs::may_be_run),
    ("AM-OPS-043", folders::keep_what_the_image_brings),
    ("AM-OPS-045", variables::are_not_almost_right),
];
