//! What survives an upgrade, what may not change, and which pods it restarts.

mod changes;
mod immutable;
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
];
