//! Documents as the API server sees them: schemas, names, references, and what schemas do not say.

pub(super) mod annotations;
pub(super) mod api_versions;
pub(super) mod choices;
mod claims;
pub(super) mod fields;
pub(super) mod identities;
pub(super) mod labels;
pub(super) mod named;
pub(super) mod names;
pub(super) mod quantities;
pub(super) mod references;
pub(super) mod schemas;
pub(in crate::checks) mod tables;
mod used;

use crate::checks::FamilyChecks;

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-K8S-001", schemas::kubernetes_objects_are_valid),
    ("AM-K8S-002", schemas::custom_objects_are_valid),
    ("AM-K8S-003", names::names_are_valid),
    ("AM-K8S-006", identities::objects_are_unique),
    ("AM-K8S-011", references::references_resolve),
    ("AM-K8S-012", api_versions::none_is_retired),
    ("AM-K8S-013", quantities::quantities_are_valid),
    ("AM-K8S-016", fields::fields_hold_accepted_values),
    ("AM-K8S-017", choices::one_of_several_is_written),
    ("AM-K8S-018", choices::nothing_needed_is_left_out),
    ("AM-K8S-027", api_versions::kinds_exist),
    (
        "AM-K8S-019",
        annotations::controllers_understand_annotations,
    ),
    ("AM-K8S-023", quantities::requests_fit_below_limits),
    ("AM-K8S-025", fields::topologies_are_spelt_well),
    ("AM-K8S-028", claims::volumes_satisfy_claims),
    ("AM-K8S-029", used::objects_are_used),
];

/// Whether the tables of this family can be used.
pub(super) fn check_tables() -> Result<(), String> {
    tables::TABLES.as_ref().map_err(Clone::clone)?;
    named::TABLES.as_ref().map_err(Clone::clone)?;
    annotations::KNOWN.as_ref().map(drop).map_err(Clone::clone)
}

#[cfg(test)]
mod tests;
