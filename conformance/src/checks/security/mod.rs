//! Pod Security and secrets. The other requirements of the family are rows.

mod databases;
mod literals;
mod pod_security;
mod secrets;
mod settings;

/// Whether the tables of this family can be used.
pub(super) fn check_tables() -> Result<(), String> {
    pod_security::CONTROLS
        .as_ref()
        .map(drop)
        .map_err(Clone::clone)
}

#[cfg(test)]
mod tests;

use crate::checks::FamilyChecks;

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-SEC-001", pod_security::obeys_control),
    ("AM-SEC-002", pod_security::obeys_control),
    ("AM-SEC-003", pod_security::obeys_control),
    ("AM-SEC-004", pod_security::obeys_control),
    ("AM-SEC-005", pod_security::obeys_control),
    ("AM-SEC-006", pod_security::obeys_control),
    ("AM-SEC-007", pod_security::obeys_control),
    ("AM-SEC-008", pod_security::obeys_control),
    ("AM-SEC-009", pod_security::obeys_control),
    ("AM-SEC-010", pod_security::obeys_control),
    ("AM-SEC-011", pod_security::obeys_control),
    ("AM-SEC-012", pod_security::obeys_control),
    ("AM-SEC-013", pod_security::obeys_control),
    ("AM-SEC-014", pod_security::obeys_control),
    ("AM-SEC-018", secrets::none_in_config_maps),
    ("AM-SEC-019", secrets::none_in_environment),
    ("AM-SEC-020", secrets::none_in_arguments),
    ("AM-SEC-021", secrets::no_defaults),
    ("AM-SEC-025", databases::passwords_are_read),
];
