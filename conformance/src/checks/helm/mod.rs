//! The chart as Helm and its users see it: values, names, repeatability, and what a chart must bring along.

mod chart_file;
mod chosen_names;
mod curl;
mod documentation;
mod files;
mod given;
mod labels;
mod names;
mod namespaces;
mod placeholders;
mod release_tests;
mod repeatability;
mod schema;
mod texts;
mod unread;
mod values;

pub(crate) use placeholders::ID as PLACEHOLDERS;
pub(crate) use repeatability::difference;

use crate::checks::FamilyChecks;

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-HELM-001", values::every_value_is_used),
    ("AM-HELM-002", documentation::every_value_is_documented),
    ("AM-HELM-003", schema::every_value_is_in_the_schema),
    ("AM-HELM-004", values::every_read_is_declared),
    ("AM-HELM-005", schema::unknown_values_are_refused),
    ("AM-HELM-006", schema::mistyped_values_are_refused),
    ("AM-HELM-007", repeatability::renders_are_equal),
    ("AM-HELM-008", names::any_release_name_works),
    ("AM-HELM-009", names::releases_share_no_object),
    ("AM-HELM-010", names::cluster_scoped_names_are_unique),
    ("AM-HELM-011", namespaces::objects_follow_the_namespace),
    ("AM-HELM-012", repeatability::helm_versions_agree),
    ("AM-HELM-013", chart_file::lint_is_clean),
    ("AM-HELM-015", chart_file::notes_are_there),
    ("AM-HELM-018", labels::objects_tell_where_they_belong),
    ("AM-HELM-020", release_tests::every_component_is_tested),
    ("AM-HELM-021", given::values_arrive),
    ("AM-HELM-023", release_tests::options_are_curls),
    ("AM-HELM-024", release_tests::somebody_answers),
    ("AM-HELM-025", release_tests::tests_tell_the_truth),
    ("AM-HELM-026", release_tests::tests_wait_for_the_server),
    ("AM-HELM-027", documentation::every_comment_is_marked),
    ("AM-HELM-028", given::policies_govern_every_server),
    ("AM-HELM-029", texts::releases_render),
    ("AM-HELM-030", texts::documents_are_yaml),
    ("AM-HELM-031", texts::no_key_is_given_twice),
    ("AM-HELM-032", unread::every_given_value_is_read),
    (placeholders::ID, placeholders::no_value_is_one),
    ("AM-HELM-037", namespaces::namespaces_are_told_alike),
];

/// Whether the tables of this family can be used.
pub(super) fn check_tables() -> Result<(), String> {
    curl::OPTIONS.as_ref().map(drop).map_err(Clone::clone)?;
    placeholders::PATTERNS
        .as_ref()
        .map(drop)
        .map_err(Clone::clone)
}
