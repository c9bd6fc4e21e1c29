//! What survives an upgrade, what may not change, and which pods it restarts.

mod changes;
mod defaults;
mod immutable;
mod own_values;
mod restarts;
mod secrets;
mod versions;

use crate::checks::FamilyChecks;

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-UPG-001", immutable::stable_over_values),
    ("AM-UPG-002", immutable::stable_over_product_versions),
    ("AM-UPG-004", versions::nothing_vanishes),
    (
        "AM-UPG-005",
        restarts::upgrade_without_change_restarts_nothing,
    ),
    (
        "AM-UPG-006",
        restarts::changed_configuration_restarts_its_readers,
    ),
    ("AM-UPG-007", restarts::change_restarts_only_its_component),
    ("AM-UPG-010", secrets::generated_secrets_are_read_back),
    ("AM-UPG-011", secrets::generated_secrets_are_kept),
    ("AM-UPG-012", defaults::lists_write_the_defaults),
    ("AM-UPG-014", restarts::larger_volumes_restart_nothing),
    ("AM-UPG-015", own_values::arrive_at_their_component),
];

/// Whether the tables of this family can be used.
pub(super) fn check_tables() -> Result<(), String> {
    defaults::check_table()?;
    own_values::check_table()
}
