//! Labels, wherever an object writes or asks for them.

use serde_json::{Map, Value};

use super::schemas::is_built_in;
use crate::manifest::Object;

/// Every label of an object: its own, those of the pods and claims that it makes, and those that it selects by. Custom resources
/// may call anything labels below the top.
pub(crate) fn labels_of(object: &Object) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    if is_built_in(object.api_version()) {
        collect(&object.value, &mut found);
        if object.kind() == "Service" {
            add(object.value.pointer("/spec/selector"), &mut found);
        }
    } else {
        add(object.value.pointer("/metadata/labels"), &mut found);
    }
    found
}

fn collect<'a>(value: &'a Value, found: &mut Vec<(&'a str, &'a str)>) {
    match value {
        Value::Object(map) => {
            for (key, entry) in map {
                if matches!(key.as_str(), "labels" | "matchLabels") {
                    add(Some(entry), found);
                } else {
                    collect(entry, found);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|entry| collect(entry, found)),
        _ => {}
    }
}

fn add<'a>(labels: Option<&'a Value>, found: &mut Vec<(&'a str, &'a str)>) {
    let entries = labels
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::iter);
    found.extend(entries.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))));
}

/// Whether a text may be the value of a label; empty may.
pub(crate) fn is_label_value(text: &str) -> bool {
    let is_end = |c: char| c.is_ascii_alphanumeric();
    text.is_empty()
        || (text.len() <= 63
            && text.starts_with(is_end)
            && text.ends_with(is_end)
            && text
                .chars()
                .all(|c| is_end(c) || matches!(c, '-' | '_' | '.')))
}

#[cfg(test)]
mod tests {
    use super::labels_of;
    use crate::checks::harness::manifest;

    #[test]
    fn labels_are_found_wherever_kubernetes_knows_them() {
        let documents = "{apiVersion: v1, kind: Service, metadata: {labels: {a: own}}, spec: {selector: {a: selected}}}\n---\n\
            {apiVersion: apps/v1, kind: StatefulSet, spec: {selector: {matchLabels: {a: matched}}, \
            template: {metadata: {labels: {a: pod}}}, volumeClaimTemplates: [{metadata: {labels: {a: claim}}}]}}\n---\n\
            {apiVersion: monitoring.coreos.com/v1, kind: PrometheusRule, metadata: {labels: {a: rule}}, spec: {labels: {a: 'any text'}}}";
        let manifest = manifest(documents);
        let mut values: Vec<&str> = manifest
            .objects
            .iter()
            .flat_map(|object| labels_of(object))
            .map(|(_, value)| value)
            .collect();
        values.sort_unstable();
        assert_eq!(
            values,
            ["claim", "matched", "own", "pod", "rule", "selected"]
        );
    }
}
