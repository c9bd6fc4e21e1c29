//! `deployment.toml` as the product's own engine reads it, and what must be the same on all nodes.

mod credentials;
mod engine;
mod keystores;
mod on;
mod same;
mod secrets;

use crate::checks::FamilyChecks;

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-CONF-001", engine::is_readable),
    ("AM-CONF-002", engine::variables_are_set),
    ("AM-CONF-003", engine::keys_are_known),
    ("AM-CONF-004", engine::keys_are_of_the_version),
    ("AM-CONF-005", engine::keys_are_of_the_component),
    ("AM-CONF-006", engine::values_have_the_right_type),
    ("AM-CONF-007", engine::required_keys),
    ("AM-CONF-009", same::administrator),
    ("AM-CONF-010", same::keystores),
    ("AM-CONF-011", same::encryption_key),
    ("AM-CONF-012", same::databases),
    ("AM-CONF-013", secrets::none_in_the_text),
    ("AM-CONF-014", credentials::of_peers),
    ("AM-CONF-015", same::offset_of_component),
    ("AM-CONF-021", same::environments),
    ("AM-CONF-027", engine::variables_are_read),
    ("AM-CONF-029", keystores::are_mounted),
    ("AM-CONF-030", keystores::key_is_well_formed),
    ("AM-CONF-035", same::cipher),
    ("AM-CONF-036", same::user_stores),
];

pub(in crate::checks) use on::{On, nodes};
pub(crate) use secrets::{literal_secrets, masked};
