//! Values and schemas of a chart, as trees.

use serde_json::Value;

use crate::chart::ChartSource;

/// A YAML or JSON file of a chart; `None` when it is missing or cannot be read.
pub(super) fn yaml(chart: &ChartSource, file: &str) -> Option<Value> {
    let text = chart.files.get(file)?;
    if file == "values.schema.json" {
        // As Helm reads it: of a key that is there twice the last one counts.
        return serde_json::from_str(text).ok();
    }
    serde_saphyr::from_str(text).ok()
}

/// Paths of the values that have no entries of their own: scalars, lists, `null` and empty maps.
pub(super) fn leaves(values: &Value) -> Vec<Vec<String>> {
    fn collect(value: &Value, path: &mut Vec<String>, leaves: &mut Vec<Vec<String>>) {
        match value.as_object() {
            Some(map) if !map.is_empty() || path.is_empty() => {
                for (key, entry) in map {
                    path.push(key.clone());
                    collect(entry, path, leaves);
                    path.pop();
                }
            }
            _ => leaves.push(path.clone()),
        }
    }
    let mut found = Vec::new();
    collect(values, &mut Vec::new(), &mut found);
    found
}
