//! Values that are taken away, or are of another type, are named.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{refusal, try_release};

/// The paths of a chart's tables, or of its other values.
fn paths(pattern: u32, tables: bool) -> Vec<String> {
    fn walk(schema: &Value, path: &str, tables: bool, paths: &mut Vec<String>) {
        for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}{key}");
            let is_table = schema.get("properties").is_some() && schema.get("default").is_none();
            if is_table == tables && schema.get("deprecated").is_none() {
                paths.push(path.clone());
            }
            if is_table {
                walk(schema, &format!("{path}."), tables, paths);
            }
        }
    }
    let file = format!("../charts-out/am-pattern-{pattern}/values.schema.json");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let schema = std::fs::read_to_string(file).expect("a schema");
    let mut paths = Vec::new();
    walk(
        &serde_json::from_str(&schema).expect("JSON"),
        "",
        tables,
        &mut paths,
    );
    paths
}

fn at(path: &str, value: Value) -> Value {
    path.rsplit('.')
        .fold(value, |value, key| json!({key: value}))
}

#[test]
fn every_table_that_is_null_is_named() {
    for pattern in [0, 4] {
        let tables = paths(pattern, true);
        assert!(tables.len() > 25, "only {} tables", tables.len());
        for table in &tables {
            let message = refusal(pattern, at(table, Value::Null));
            let expected = format!("{table} is null, but it is a table of values");
            assert!(message.contains(&expected), "{table}: {message}");
        }
    }
}

#[test]
fn every_table_of_another_type_is_named() {
    for table in paths(4, true) {
        let message = refusal(4, at(&table, json!("text")));
        let expected = format!("/{}: got string, want object", table.replace('.', "/"));
        assert!(message.contains(&expected), "{table}: {message}");
    }
}

#[test]
fn every_value_that_is_null_is_named_or_means_something() {
    let values = paths(4, false);
    assert!(values.len() > 150, "only {} values", values.len());
    for path in values {
        if let Err(message) = try_release(4, at(&path, Value::Null)) {
            assert!(
                message.contains(&format!("{path} is null")),
                "{path}: {message}"
            );
        }
    }
}
