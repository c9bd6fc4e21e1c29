//! Labels and annotations.

use serde_json::Value;

use super::names::is_subdomain;
use crate::context::{Context, Fault, Judge};

/// Source: Kubernetes, "Annotations": the total of keys and values, in bytes.
const MOST_ANNOTATION_BYTES: usize = 256 * 1024;

/// Every map at `key` of a `metadata` anywhere in a document, pod templates and claim templates included.
fn maps<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    collect(value, key, &mut found);
    found
}

fn collect<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("metadata").and_then(|metadata| metadata.get(key)));
            map.values().for_each(|entry| collect(entry, key, found));
        }
        Value::Array(list) => list.iter().for_each(|entry| collect(entry, key, found)),
        _ => {}
    }
}

/// Custom resources may hold anything, so only documents of Kubernetes itself are searched below the top.
fn places<'a>(object: &'a crate::manifest::Object, key: &str) -> Vec<&'a Value> {
    let is_built_in = super::schemas::is_built_in(object.api_version());
    if is_built_in {
        maps(&object.value, key)
    } else {
        object
            .value
            .pointer(&format!("/metadata/{key}"))
            .into_iter()
            .collect()
    }
}

pub(super) fn labels_are_valid(context: &Context<'_>, judge: &mut Judge<'_>) {
    for object in &context.manifest.objects {
        for labels in places(object, "labels") {
            let Some(labels) = labels.as_object() else {
                continue;
            };
            for (key, value) in labels {
                let problem = match value.as_str() {
                    _ if !is_qualified_name(key) => Some("the key is not valid".to_owned()),
                    None => Some(format!("the value is {}, not text", kind_of(value))),
                    Some(text) if !is_label_value(text) => Some(format!(
                        "the value `{text}` is not valid: at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends"
                    )),
                    Some(_) => None,
                };
                judge.require(problem.is_none(), || {
                    Fault::new(
                        format!("the label `{key}` of {} is bad: {}", object.reference(), problem.unwrap_or_default()),
                        "cut it with `trunc 63 | trimSuffix \"-\"`, replace what is not allowed, and quote numbers",
                    )
                    .object(object)
                });
            }
        }
    }
}

pub(super) fn annotations_are_valid(context: &Context<'_>, judge: &mut Judge<'_>) {
    for object in &context.manifest.objects {
        for annotations in places(object, "annotations") {
            let Some(annotations) = annotations.as_object() else {
                continue;
            };
            let bytes: usize = annotations
                .iter()
                .map(|(key, value)| key.len() + value.as_str().map_or(0, str::len))
                .sum();
            judge.require(bytes <= MOST_ANNOTATION_BYTES, || {
                Fault::new(
                    format!("the annotations of {} have {bytes} bytes, at most {MOST_ANNOTATION_BYTES} are possible", object.reference()),
                    "put the content into a ConfigMap",
                )
                .object(object)
            });
            for (key, value) in annotations {
                let problem = if is_qualified_name(&key.to_lowercase()) {
                    (!value.is_string())
                        .then(|| format!("the value is {}, not text", kind_of(value)))
                } else {
                    Some("the key is not valid".to_owned())
                };
                judge.require(problem.is_none(), || {
                    Fault::new(
                        format!(
                            "the annotation `{key}` of {} is bad: {}",
                            object.reference(),
                            problem.unwrap_or_default()
                        ),
                        "quote the value, and write the key as `domain/name`",
                    )
                    .object(object)
                });
            }
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

/// `name` or `prefix/name`.
fn is_qualified_name(key: &str) -> bool {
    match key.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && !name.is_empty() && is_label_value(name),
        None => !key.is_empty() && is_label_value(key),
    }
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
    use super::{annotations_are_valid, labels_are_valid};
    use crate::checks::harness::{Case, messages};

    #[test]
    fn bad_labels_are_found_in_pod_templates_too() {
        let case = Case::documents(
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, labels: {ok: a-b.c_D, version: 1.5}}, \
             spec: {template: {metadata: {labels: {x: 'a b', 'bad key': y, empty: ''}}}}}",
        );
        let found = messages(&case.judge(labels_are_valid));
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("a number, not text"), "{found:?}");
    }

    #[test]
    fn a_label_is_at_most_63_characters_long() {
        let case = |length: usize| {
            Case::documents(&format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: a, labels: {{x: {}}}}}}}",
                "a".repeat(length)
            ))
        };
        assert!(case(63).judge(labels_are_valid).is_green());
        assert_eq!(messages(&case(64).judge(labels_are_valid)).len(), 1);
    }

    #[test]
    fn annotations_are_text_and_not_too_large() {
        let number = Case::documents(
            "{apiVersion: v1, kind: Pod, metadata: {name: a, annotations: {x: true, a/b: c}}}",
        );
        assert_eq!(messages(&number.judge(annotations_are_valid)).len(), 1);
        let large = "a".repeat(256 * 1024);
        let large = Case::documents(&format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: a, annotations: {{x: {large}}}}}}}"
        ));
        assert_eq!(messages(&large.judge(annotations_are_valid)).len(), 1);
    }

    #[test]
    fn custom_resources_may_hold_what_looks_like_metadata() {
        let case = Case::documents(
            "{apiVersion: example.com/v1, kind: X, metadata: {name: a, labels: {a: b}}, spec: {metadata: {labels: {'!': 1}}}}",
        );
        assert!(case.judge(labels_are_valid).is_green());
    }
}
