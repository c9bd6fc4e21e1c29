//! The JSON Schema of the document, for editors.

use am_generator::Families;
use am_generator::chart::camel_case;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::document::Deployment;
use crate::vocabulary::Vocabulary;

/// Fields of the document's types that name what only data knows.
const KNOWN: &str = "x-known";
const KNOWN_KEYS: &str = "x-known-keys";
const KNOWN_ITEMS: &str = "x-known-items";

/// The schema, with the words that are accepted now.
pub fn schema(families: &Families, vocabulary: &Vocabulary) -> Value {
    let settings = SchemaSettings::draft07();
    let schema = settings
        .into_generator()
        .into_root_schema_for::<Deployment>();
    let mut schema = schema.to_value();
    let words = |name: &str| words(name, families, vocabulary);
    fill(&mut schema, &words);
    schema
}

fn fill(node: &mut Value, words: &impl Fn(&str) -> Vec<Value>) {
    match node {
        Value::Object(entries) => {
            if let Some(Value::String(name)) = entries.shift_remove(KNOWN) {
                entries.insert("enum".into(), words(&name).into());
            }
            if let Some(Value::String(name)) = entries.shift_remove(KNOWN_KEYS) {
                entries.insert("propertyNames".into(), json!({"enum": words(&name)}));
            }
            if let Some(Value::String(name)) = entries.shift_remove(KNOWN_ITEMS) {
                entries["items"]["enum"] = words(&name).into();
            }
            for (_, value) in entries.iter_mut() {
                fill(value, words);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, words)),
        _ => {}
    }
}

/// The words that a kind of field accepts; none for a kind that is not known, which a test of the schema would notice.
fn words(name: &str, families: &Families, vocabulary: &Vocabulary) -> Vec<Value> {
    let model = families.main();
    let texts = |names: Vec<&str>| names.into_iter().map(Value::from).collect();
    match name {
        "apiVersion" => vec![vocabulary.api_version.as_str().into()],
        "kind" => vec![vocabulary.kind.as_str().into()],
        "productVersions" => texts(
            model
                .versions
                .iter()
                .map(|it| it.version.value.as_str())
                .collect(),
        ),
        "topologies" => texts(vocabulary.topologies.names().collect()),
        "encryptions" => texts(vocabulary.encryptions.iter().map(String::as_str).collect()),
        "environmentTypes" => texts(
            vocabulary
                .environment
                .types
                .iter()
                .map(String::as_str)
                .collect(),
        ),
        "services" => texts(vocabulary.services.iter().map(String::as_str).collect()),
        "parts" => texts(vocabulary.parts.names().collect()),
        "patterns" => model.patterns.iter().map(|it| it.number.into()).collect(),
        "platforms" => texts(
            model
                .platforms
                .iter()
                .map(|it| it.name.value.as_str())
                .collect(),
        ),
        "databases" => {
            let external = model.databases.iter().filter(|(_, it)| it.schema.is_some());
            texts(external.map(|(name, _)| name.value.as_str()).collect())
        }
        "components" => model
            .components
            .keys()
            .map(|it| camel_case(it).into())
            .collect(),
        "componentNames" => texts(model.components.keys().map(String::as_str).collect()),
        "loadBalancers" => texts(vocabulary.machines.load_balancers.names().collect()),
        "hostnames" => {
            let mut keys: Vec<&str> = Vec::new();
            for (_, endpoint) in model.endpoints.iter() {
                keys.push(&endpoint.hostname.value);
            }
            texts(keys)
        }
        "integrators" => texts(vocabulary.integrators.names().collect()),
        "integratorHostnames" => {
            let kinds = vocabulary.integrators.iter();
            let models = kinds.filter_map(|(_, kind)| families.of_chart(&kind.chart));
            let endpoints = models.flat_map(|model| model.endpoints.iter());
            texts(
                endpoints
                    .map(|(_, it)| it.hostname.value.as_str())
                    .collect(),
            )
        }
        "ports" => texts(model.ports.names().collect()),
        _ => Vec::new(),
    }
}
