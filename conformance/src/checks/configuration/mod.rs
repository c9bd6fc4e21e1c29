//! `deployment.toml` as the product's own engine reads it, and what must be the same on all nodes.

mod credentials;
mod engine;
mod entries;
mod on;
mod public;
mod same;
mod secrets;

use crate::{
    checks::FamilyChecks,
    context::{Context, Judge},
};

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-CONF-001", engine::is_readable),
    ("AM-CONF-002", engine::variables_are_set),
    ("AM-CONF-003", engine::keys_are_known),
    ("AM-CONF-004", engine::keys_are_of_the_version),
    ("AM-CONF-005", engine::keys_are_of_the_component),
    ("AM-CONF-006", engine::values_have_the_right_type),
    ("AM-CONF-007", required_keys),
    ("AM-CONF-008", engine::server_role),
    ("AM-CONF-009", same::administrator),
    ("AM-CONF-010", same::keystores),
    ("AM-CONF-011", same::encryption_key),
    ("AM-CONF-012", same::databases),
    ("AM-CONF-013", secrets::none_in_the_text),
    ("AM-CONF-014", credentials::of_peers),
    ("AM-CONF-015", same::offset_of_component),
    ("AM-CONF-016", entries::are_whole),
    ("AM-CONF-017", public::links_lead_somewhere),
    ("AM-CONF-020", entries::promise_addresses),
    ("AM-CONF-021", entries::agree),
    ("AM-CONF-022", entries::are_known_listeners),
    ("AM-CONF-024", entries::have_known_gateway_types),
    ("AM-CONF-025", entries::are_of_our_gateways),
    ("AM-CONF-027", engine::variables_are_read),
    ("AM-CONF-028", credentials::are_written_out),
    ("AM-CONF-029", same::keystores_are_mounted),
    ("AM-CONF-030", same::key_is_well_formed),
    ("AM-CONF-026", entries::notify_as_the_resident_key_manager),
];

pub(crate) use secrets::masked;

fn required_keys(context: &Context<'_>, judge: &mut Judge<'_>) {
    engine::required_keys(context, judge);
    credentials::of_databases(context, judge);
}
