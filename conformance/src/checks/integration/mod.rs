//! What companions of API Manager say to it and about themselves.

mod active_node;
mod alone;
mod catalogue;
mod clusters;
mod event_sync;
mod neighbours;

use std::{collections::BTreeMap, sync::LazyLock};

use am_product::ConfigurationFormat;
use jsonschema::Validator;
use serde_json::Value;

use crate::{
    checks::FamilyChecks,
    context::{Context, Fault, Judge},
};

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-INT-001", catalogue::is_the_event_hubs),
    ("AM-INT-003", catalogue::services_are_told_their_own_address),
    ("AM-INT-010", active_node::gets_the_events),
    ("AM-INT-011", sections_are_known),
    ("AM-INT-012", neighbours::tenants_are_kept_apart),
    ("AM-INT-013", neighbours::gateways_reach_it),
    ("AM-INT-014", neighbours::catalogue_is_reached),
    ("AM-INT-015", neighbours::account_is_the_tenants),
    ("AM-INT-019", event_sync::is_reached),
    ("AM-INT-023", clusters::meet_apart),
    ("AM-INT-026", alone::is_none_beside_several),
];

/// What a `deployment.yaml` says is what its server reads: a section that nobody knows is passed over, and an unknown key in a known
/// one ends the server. Source: facts/integration.md.
fn sections_are_known(context: &Context<'_>, judge: &mut Judge<'_>) {
    let graph = context.graph;
    let mut files = BTreeMap::new();
    for node in &graph.nodes {
        if let Some((object, text)) = graph.yaml_configuration(node) {
            files.insert((object.reference().to_string(), text), (node, object));
        }
    }
    judge.applies(!files.is_empty(), "no configuration in YAML can be read");
    let validator = match &*VALIDATOR {
        Ok(validator) => validator,
        Err(reason) => return judge.unsupported(reason),
    };
    for ((_, text), (node, object)) in files {
        judge.looked();
        let title = graph.describe(node.id);
        let settings: Value = match serde_saphyr::from_str(text) {
            Ok(settings) => settings,
            Err(error) => {
                let message = format!("the deployment.yaml of the {title} is no YAML: {error}");
                judge.fault(
                    Fault::new(message, "write the file as the product's own one").object(object),
                );
                continue;
            }
        };
        for error in validator.iter_errors(&settings) {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() {
                "/".to_owned()
            } else {
                place
            };
            let message = format!(
                "the deployment.yaml of the {title} has at `{place}` what its server does not read: {error}"
            );
            let help = "write sections and keys as the product's own deployment.yaml has them";
            judge.fault(Fault::new(message, help).object(object).value(place));
        }
    }
}

/// Compiled once for all subjects.
static VALIDATOR: LazyLock<Result<Validator, String>> = LazyLock::new(validator);

fn validator() -> Result<Validator, String> {
    let schema = ConfigurationFormat::Yaml
        .schema()
        .ok_or("there is no schema")?;
    let text = schema.text().map_err(|error| error.to_string())?;
    let schema: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    jsonschema::validator_for(&schema).map_err(|error| error.to_string())
}
