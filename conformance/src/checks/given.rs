//! Values that only an operator can give, in `requirements/given-values.yaml`, and one further render with all of them.

use std::sync::LazyLock;

use am_product::data::File;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    context::{Context, configured},
    variation::Variation,
};

const FILE: File = File::new(
    "conformance/requirements/given-values.yaml",
    include_str!("../../requirements/given-values.yaml"),
);

/// The committed table.
pub(super) static GIVEN: LazyLock<Result<GivenValues, String>> =
    LazyLock::new(|| crate::yaml::of_file(&FILE));

/// Every value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GivenValues {
    pub(super) given: Vec<Given>,
    /// The switch for network policies.
    policies: Vec<String>,
}

/// A value, and where it must arrive.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    pub(super) value: Vec<String>,
    pub(super) to: String,
    #[serde(default)]
    pub(super) kinds: Vec<String>,
    #[serde(default)]
    pub(super) path: String,
    /// Instead of kinds and a path: the key of every `deployment.toml` that writes it.
    #[serde(default)]
    pub(super) key: Option<String>,
    /// Another place, for objects that do not have the first.
    #[serde(default)]
    pub(super) or: Option<String>,
}

/// Another host name in every `deployment.toml`, and every value of the table. Checks that ask for the same variation
/// share its render.
pub(super) fn variation(context: &Context<'_>) -> Variation {
    let mut values = Map::new();
    for component in context.pattern().keys() {
        values.insert(
            component.values_key().to_owned(),
            json!({"config": {"server": {"hostname": "rollout.example.com"}}}),
        );
    }
    let mut values = Value::Object(values);
    if let Ok(table) = GIVEN.as_ref() {
        // Charts refuse what is for a file that nobody has.
        let is_for = |given: &&Given| {
            given
                .key
                .as_ref()
                .is_none_or(|key| is_written(context, key))
        };
        for given in table.given.iter().filter(is_for) {
            put(&mut values, &given.value, json!(given.to));
        }
        put(&mut values, &table.policies, json!(true));
    }
    Variation {
        values,
        ..Variation::default()
    }
}

/// Whether a configuration writes a key.
pub(super) fn is_written(context: &Context<'_>, key: &str) -> bool {
    configured(context.graph).any(|(_, _, configuration)| {
        let effective = configuration.effective.as_ref();
        effective
            .and_then(|effective| effective.get(key))
            .is_some_and(|found| found.provenance.is_written())
    })
}

/// Puts a value at a path of keys, making maps on the way.
pub(super) fn put(values: &mut Value, path: &[String], to: Value) {
    let [key, rest @ ..] = path else {
        *values = to;
        return;
    };
    if let Value::Object(map) = values {
        let inner = map
            .entry(key.clone())
            .or_insert_with(|| Value::Object(Map::new()));
        put(inner, rest, to);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{GIVEN, put};

    #[test]
    fn the_table_is_read() {
        let table = GIVEN.as_ref().expect("the committed table is well-formed");
        assert!(table.given.len() >= 5);
    }

    #[test]
    fn values_are_put_beside_each_other() {
        let mut values = json!({});
        put(&mut values, &["a".into(), "b.c/d".into()], json!("x"));
        put(&mut values, &["a".into(), "e".into()], json!(true));
        assert_eq!(values, json!({"a": {"b.c/d": "x", "e": true}}));
    }
}
