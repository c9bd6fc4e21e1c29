//! Changes of values that users make, found in a chart's own values.

use serde_json::{Value, json};

use crate::{chart::ChartSource, variation::Variation};

/// A change of a release's values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    /// What is changed, for messages: `gateway.replicas`.
    pub(super) what: String,
    /// Values to merge over the others.
    pub(super) values: Value,
}

impl Change {
    pub(super) fn variation(&self) -> Variation {
        Variation {
            values: self.values.clone(),
            ..Variation::default()
        }
    }
}

/// A value that changes, by its key and what it is.
type ChangeOf = fn(&str, &Value) -> Option<Value>;

/// One change for each kind of value that charts commonly have. Values that name objects
/// (`fullnameOverride`) or describe claims are left out: they are set once.
pub(super) fn changes(chart: &ChartSource) -> Vec<Change> {
    let Some(values) = chart
        .files
        .get("values.yaml")
        .and_then(|text| serde_saphyr::from_str::<Value>(text).ok())
    else {
        return Vec::new();
    };
    let kinds: [(&str, ChangeOf); 6] = [
        ("replicas", replicas),
        ("the image tag", image_tag),
        ("labels and annotations", labels),
        ("the chart's name in labels", chart_name),
        ("requests of resources", resources),
        ("ports", ports),
    ];
    kinds
        .into_iter()
        .filter_map(|(what, change)| {
            let values = tree(&values, &change)?;
            Some(Change {
                what: what.to_owned(),
                values,
            })
        })
        .collect()
}

/// A change of the configuration of each component: the free-form map `<component>.config` of our charts.
pub(super) fn configurations(chart: &ChartSource) -> Vec<(String, Change)> {
    let Some(values) = chart
        .files
        .get("values.yaml")
        .and_then(|text| serde_saphyr::from_str::<Value>(text).ok())
    else {
        return Vec::new();
    };
    let Some(components) = values.as_object() else {
        return Vec::new();
    };
    components
        .iter()
        .filter(|(_, component)| component.get("config").is_some_and(Value::is_object))
        .map(|(key, _)| {
            let values = json!({ key.as_str(): {"config": {"system": {"parameter": {"conformance.suite": "changed"}}}} });
            (key.clone(), Change { what: format!("{key}.config"), values })
        })
        .collect()
}

/// Another size of every volume that a chart claims, if it claims any.
pub(super) fn sizes(chart: &ChartSource) -> Option<Change> {
    let values = chart.files.get("values.yaml")?;
    let values: Value = serde_saphyr::from_str(values).ok()?;
    Some(Change {
        what: "the size of volumes".to_owned(),
        values: larger(&values)?,
    })
}

/// Every `size` of a section about volumes, changed.
fn larger(values: &Value) -> Option<Value> {
    let mut changed = serde_json::Map::new();
    for (key, value) in values.as_object()? {
        let is_volume = ["persistence", "storage"].contains(&key.as_str());
        let size = is_volume.then(|| value.get("size")).flatten();
        if size.is_some_and(Value::is_string) {
            changed.insert(key.clone(), json!({"size": "123Gi"}));
        } else if let Some(below) = larger(value) {
            changed.insert(key.clone(), below);
        }
    }
    (!changed.is_empty()).then_some(Value::Object(changed))
}

/// The same change at every value of a kind.
fn tree(values: &Value, change: &impl Fn(&str, &Value) -> Option<Value>) -> Option<Value> {
    let mut changed = serde_json::Map::new();
    for (key, value) in values.as_object()? {
        if [
            "persistence",
            "storage",
            "volumeClaimTemplates",
            "autoscaling",
        ]
        .contains(&key.as_str())
        {
            continue;
        }
        if let Some(value) = change(key, value).or_else(|| tree(value, change)) {
            changed.insert(key.clone(), value);
        }
    }
    (!changed.is_empty()).then_some(Value::Object(changed))
}

/// One node more. Whoever asks for it also accepts what a chart warns of by a switch of that name, else the refusal would hide
/// the change from every check.
fn replicas(key: &str, value: &Value) -> Option<Value> {
    if key.starts_with("accept") && value.is_boolean() {
        return Some(json!(true));
    }
    let count = value.as_i64().filter(|count| *count > 0)?;
    ["replicas", "replicaCount"]
        .contains(&key)
        .then(|| json!(count + 1))
}

fn image_tag(key: &str, value: &Value) -> Option<Value> {
    (key == "image" && value.get("tag").is_some_and(Value::is_string))
        .then(|| json!({"tag": "0.0.1-conformance"}))
}

fn labels(key: &str, value: &Value) -> Option<Value> {
    let is_map = value
        .as_object()
        .is_some_and(|map| map.values().all(Value::is_string));
    (is_map
        && (key.ends_with("Labels")
            || key.ends_with("Annotations")
            || key == "labels"
            || key == "annotations"))
        .then(|| json!({"conformance.suite/changed": "yes"}))
}

fn chart_name(key: &str, value: &Value) -> Option<Value> {
    (key == "nameOverride" && value.is_string()).then(|| json!("conformance"))
}

fn resources(key: &str, value: &Value) -> Option<Value> {
    (key == "resources" && value.pointer("/requests/cpu").is_some())
        .then(|| json!({"requests": {"cpu": "11m"}}))
}

fn ports(key: &str, value: &Value) -> Option<Value> {
    (key == "portOffset" && value.is_i64()).then(|| json!(value.as_i64().unwrap_or(0) + 1))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::{changes, configurations, sizes};
    use crate::chart::ChartSource;

    fn chart(values: &str) -> ChartSource {
        let files = BTreeMap::from([("values.yaml".to_owned(), values.to_owned())]);
        ChartSource {
            name: "c".into(),
            files,
            ..ChartSource::default()
        }
    }

    #[test]
    fn each_kind_of_value_is_changed_wherever_it_is() {
        let found = changes(&chart(
            "a: {replicas: 2, image: {tag: x}, podLabels: {}}\nb: {replicas: 1}\npersistence: {annotations: {}}\n",
        ));
        let values: Vec<_> = found.iter().map(|change| change.values.clone()).collect();
        assert_eq!(
            values,
            [
                json!({"a": {"replicas": 3}, "b": {"replicas": 2}}),
                json!({"a": {"image": {"tag": "0.0.1-conformance"}}}),
                json!({"a": {"podLabels": {"conformance.suite/changed": "yes"}}}),
            ]
        );
    }

    #[test]
    fn more_nodes_are_accepted_where_a_chart_asks_for_that() {
        let found = changes(&chart(
            "a: {replicas: 2}\neventHub: {acceptMoreThanTwoNodes: false}\n",
        ));
        assert_eq!(
            found[0].values,
            json!({"a": {"replicas": 3}, "eventHub": {"acceptMoreThanTwoNodes": true}})
        );
    }

    #[test]
    fn every_size_of_a_volume_is_changed_and_no_other() {
        let values = "a: {persistence: {size: 2Gi, enabled: true}}\nb: {pool: {size: 3}}\n";
        let found = sizes(&chart(values)).expect("a change");
        let wanted = json!({"a": {"persistence": {"size": "123Gi"}}});
        assert_eq!(found.values, wanted);
        assert_eq!(sizes(&chart("a: {size: 2Gi}\n")), None);
    }

    #[test]
    fn a_component_is_what_has_a_configuration() {
        let found = configurations(&chart("gateway: {config: {}}\nother: {x: 1}\n"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "gateway");
    }
}
