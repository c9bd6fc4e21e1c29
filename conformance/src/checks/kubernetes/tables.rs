//! The tables of what the API server accepts, in `requirements/api-values.yaml`.

use std::{collections::BTreeMap, sync::LazyLock};

use am_product::data::File;
use serde::Deserialize;
use serde_json::Value;

use super::schemas::{group, is_built_in};
use crate::manifest::{Manifest, Object, Workload};

const FILE: File = File::new(
    "conformance/requirements/api-values.yaml",
    include_str!("../../../requirements/api-values.yaml"),
);

/// The committed tables.
pub(super) static TABLES: LazyLock<Result<Tables, String>> =
    LazyLock::new(|| crate::yaml::of_file(&FILE));

/// Every table.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Tables {
    pub(super) cluster_scoped: Vec<String>,
    pub(super) words: Vec<Words>,
    pub(super) numbers: Vec<Numbers>,
    pub(super) near: Vec<Near>,
    pub(super) choices: Vec<Choice>,
    pub(super) sections: Vec<Sections>,
    pub(super) required: Vec<Required>,
}

/// An enumerated field.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    #[serde(default)]
    pub(super) kinds: Vec<String>,
    #[serde(default)]
    pub(super) pod: bool,
    pub(super) paths: Vec<String>,
    pub(super) accepted: Vec<String>,
}

/// A number in a range.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Numbers {
    #[serde(default)]
    pub(super) kinds: Vec<String>,
    #[serde(default)]
    pub(super) pod: bool,
    pub(super) paths: Vec<String>,
    pub(super) from: i64,
    pub(super) to: i64,
}

/// A key that is free, but some keys are known.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Near {
    #[serde(default)]
    pub(super) kinds: Vec<String>,
    #[serde(default)]
    pub(super) pod: bool,
    pub(super) paths: Vec<String>,
    pub(super) known: Vec<String>,
}

/// Fields of which one is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    #[serde(default)]
    pub(super) kinds: Vec<String>,
    #[serde(default)]
    pub(super) pod: bool,
    /// API group of a custom resource.
    #[serde(default)]
    pub(super) group: Option<String>,
    pub(super) paths: Vec<String>,
    pub(super) fields: Vec<String>,
    #[serde(default)]
    pub(super) rule: Rule,
    #[serde(default)]
    pub(super) unless: BTreeMap<String, String>,
}

/// How many fields of a choice may be written.
#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Rule {
    /// Exactly one.
    #[default]
    One,
    /// At most one.
    Most,
    /// At least one.
    Least,
}

/// A field whose value names the field that goes with it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sections {
    pub(super) kinds: Vec<String>,
    #[serde(default)]
    pub(super) group: Option<String>,
    pub(super) paths: Vec<String>,
    pub(super) by: String,
    #[serde(rename = "sections")]
    pub(super) of: BTreeMap<String, String>,
}

/// Fields that must not be missing or empty.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Required {
    #[serde(default)]
    pub(super) kinds: Vec<String>,
    #[serde(default)]
    pub(super) pod: bool,
    #[serde(default)]
    pub(super) group: Option<String>,
    pub(super) paths: Vec<String>,
    #[serde(default, rename = "where")]
    pub(super) only: BTreeMap<String, String>,
    pub(super) fields: Vec<String>,
    /// A place in the object that stands for the fields.
    #[serde(default)]
    pub(super) unless: Option<String>,
}

/// Whether an object is of a kind without a namespace.
pub(crate) fn is_cluster_scoped(object: &Object) -> bool {
    is_cluster_scoped_kind(object.kind())
}

/// Whether a kind has no namespace.
pub(super) fn is_cluster_scoped_kind(kind: &str) -> bool {
    let tables = TABLES.as_ref();
    tables.is_ok_and(|tables| tables.cluster_scoped.iter().any(|known| known == kind))
}

/// The documents that a row is about, or the pod specs in them.
pub(in crate::checks) fn roots<'a>(
    manifest: &'a Manifest,
    pod: bool,
    kinds: &[String],
    custom: Option<&str>,
) -> Vec<(&'a Object, &'a Value)> {
    if pod {
        return manifest
            .objects
            .iter()
            .filter_map(Workload::of)
            .map(|workload| (workload.object, workload.pod.spec))
            .collect();
    }
    manifest
        .objects
        .iter()
        .filter(|object| kinds.iter().any(|kind| kind == object.kind()))
        // Others have kinds of the same name.
        .filter(|object| match custom {
            Some(custom) => group(object.api_version()) == custom,
            None => is_built_in(object.api_version()),
        })
        .map(|object| (object, &object.value))
        .collect()
}

/// Visits every value at a path in which `*` stands for any item of a list or entry of a map.
pub(in crate::checks) fn at<'a>(value: &'a Value, path: &str, visit: &mut impl FnMut(&'a Value)) {
    let Some(rest) = path.strip_prefix('/') else {
        return visit(value);
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let (part, rest) = rest.split_at(end);
    match (part, value) {
        ("*", Value::Array(items)) => items.iter().for_each(|item| at(item, rest, visit)),
        ("*", Value::Object(map)) => map.values().for_each(|item| at(item, rest, visit)),
        _ => {
            if let Some(item) = value.get(part.replace("~1", "/")) {
                at(item, rest, visit);
            }
        }
    }
}

/// How messages name a path.
pub(super) fn place(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
}

#[cfg(test)]
mod tests {
    use super::TABLES;

    #[test]
    fn the_tables_are_read_and_every_row_is_about_pods_or_kinds() {
        let tables = TABLES
            .as_ref()
            .expect("the committed tables are well-formed");
        let words = tables.words.iter().map(|row| (row.pod, &row.kinds));
        let numbers = tables.numbers.iter().map(|row| (row.pod, &row.kinds));
        let near = tables.near.iter().map(|row| (row.pod, &row.kinds));
        let choices = tables.choices.iter().map(|row| (row.pod, &row.kinds));
        let required = tables.required.iter().map(|row| (row.pod, &row.kinds));
        for (pod, kinds) in words
            .chain(numbers)
            .chain(near)
            .chain(choices)
            .chain(required)
        {
            assert!(pod == kinds.is_empty(), "{kinds:?}");
        }
    }
}
