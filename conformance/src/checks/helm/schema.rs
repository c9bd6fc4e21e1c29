//! `values.schema.json` knows every value and refuses everything else.

use serde_json::{Value, json};

use super::files::{leaves, yaml};
use crate::{
    chart::ChartSource,
    context::{Context, Fault, Judge},
    variation::{Refusal, Variation, releases},
};

/// The value that no chart has.
const UNKNOWN: &str = "unknownValueOfTheConformanceSuite";

pub(super) fn every_value_is_in_the_schema(context: &Context<'_>, judge: &mut Judge<'_>) {
    for chart in context.charts.values() {
        let Some(values) = yaml(chart, "values.yaml") else {
            continue;
        };
        let Some(schema) = yaml(chart, "values.schema.json") else {
            // Many charts have none; the vendor's are among them.
            if !chart.files.contains_key("values.schema.json") {
                continue;
            }
            judge.looked();
            judge.fault(Fault::new(
                format!("values.schema.json of {} cannot be read", chart.name),
                "correct it, so that a typing error in a user's values is an error",
            ));
            continue;
        };
        for path in leaves(&values) {
            let keys: Vec<&str> = path.iter().map(String::as_str).collect();
            let dotted = path.join(".");
            judge.require(knows(&schema, &keys), || {
                Fault::new(
                    format!(
                        "values.schema.json of {} does not know the value `{dotted}`",
                        chart.name
                    ),
                    format!(
                        "describe `{dotted}` there: type, and enum or pattern where there is one"
                    ),
                )
                .value(dotted.clone())
            });
        }
    }
}

/// Whether a schema says something about a path. What is beyond this reader (conditions, remote
/// references) counts as said.
pub(super) fn knows(schema: &Value, path: &[&str]) -> bool {
    step(schema, schema, path, 0)
}

fn step(root: &Value, schema: &Value, path: &[&str], depth: usize) -> bool {
    if depth > 64 {
        return true;
    }
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let Some(target) = reference
            .strip_prefix('#')
            .and_then(|pointer| root.pointer(pointer))
        else {
            return true;
        };
        if step(root, target, path, depth + 1) {
            return true;
        }
    }
    let Some((key, rest)) = path.split_first() else {
        return schema.as_bool().is_none_or(|allows| allows);
    };
    if let Some(property) = schema
        .pointer("/properties")
        .and_then(|properties| properties.get(*key))
    {
        return step(root, property, rest, depth + 1);
    }
    let patterns = schema.get("patternProperties").and_then(Value::as_object);
    if patterns.into_iter().flatten().any(|(pattern, _)| {
        regex::Regex::new(pattern).map_or(true, |pattern| pattern.is_match(key))
    }) {
        return true;
    }
    let combined = ["allOf", "anyOf", "oneOf", "then", "else"]
        .iter()
        .any(|keyword| match schema.get(*keyword) {
            Some(Value::Array(parts)) => parts.iter().any(|part| step(root, part, path, depth + 1)),
            Some(part) => step(root, part, path, depth + 1),
            None => false,
        });
    // A map without a word about its entries is one that the user fills as Kubernetes wants it.
    let is_free = ![
        "properties",
        "additionalProperties",
        "$ref",
        "allOf",
        "anyOf",
        "oneOf",
    ]
    .iter()
    .any(|keyword| schema.get(*keyword).is_some());
    if is_free && schema.get("type").and_then(Value::as_str) == Some("object") {
        return true;
    }
    // `additionalProperties: true` lets a value pass, which is not the same as knowing it.
    combined
        || schema
            .get("additionalProperties")
            .is_some_and(|rest_schema| {
                rest_schema.is_object() && step(root, rest_schema, rest, depth + 1)
            })
}

pub(super) fn unknown_values_are_refused(context: &Context<'_>, judge: &mut Judge<'_>) {
    refuses(context, judge, |chart| {
        yaml(chart, "values.schema.json").map(|_| (UNKNOWN.to_owned(), json!({UNKNOWN: 1})))
    });
}

pub(super) fn mistyped_values_are_refused(context: &Context<'_>, judge: &mut Judge<'_>) {
    refuses(context, judge, |chart| {
        yaml(chart, "values.schema.json")?;
        mistyped(&yaml(chart, "values.yaml")?)
    });
}

/// The first value that is a number, boolean or list, with a value of another type. Text is no good: many
/// texts may be numbers as well.
fn mistyped(values: &Value) -> Option<(String, Value)> {
    leaves(values).into_iter().find_map(|path| {
        let found = path.iter().try_fold(values, |value, key| value.get(key))?;
        let is_typed = found.is_number() || found.is_boolean() || found.is_array();
        let wrong = json!({"mistyped": "by the conformance suite"});
        is_typed.then(|| {
            let tree = path
                .iter()
                .rev()
                .fold(wrong, |value, key| json!({ key.as_str(): value }));
            (path.join("."), tree)
        })
    })
}

fn refuses(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
    wrong_values: impl Fn(&ChartSource) -> Option<(String, Value)>,
) {
    let Some(variations) = context.variations else {
        return judge.unsupported("charts cannot be rendered with other values here");
    };
    for (release, chart) in releases(context.manifest) {
        let Some(source) = context.charts.get(chart) else {
            continue;
        };
        let Some((key, values)) = wrong_values(source) else {
            continue;
        };
        let variation = Variation {
            values,
            ..Variation::default()
        };
        match variations.render(release, &variation) {
            Err(Refusal::Unavailable(reason)) => judge.unsupported(reason),
            Err(Refusal::Schema(_)) => judge.looked(),
            Ok(_) => judge.require(false, || {
                Fault::new(
                    format!("values.schema.json of {chart} accepts a wrong value for `{key}`"),
                    "give every value its type and close every map that is not the user's own with additionalProperties: false",
                )
                .value(key.clone())
            }),
            Err(Refusal::Template(message) | Refusal::Broken(message)) => judge.require(false, || {
                Fault::new(
                    format!("a template of {chart} refuses a wrong value for `{key}`, not the schema: {message}"),
                    "give every value its type in values.schema.json, so that the message names the value",
                )
                .value(key.clone())
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        every_value_is_in_the_schema, mistyped_values_are_refused, unknown_values_are_refused,
    };
    use crate::{
        Outcome,
        checks::harness::{Case, messages},
        variation::Refusal,
    };

    const SCHEMA: &str = r##"{"properties": {"a": {"$ref": "#/definitions/a"}, "free": {"additionalProperties": {"type": "string"}}},
        "definitions": {"a": {"properties": {"b": {"type": "integer"}}}}}"##;

    fn case(values: &str) -> Case {
        Case::chart(&[("values.yaml", values), ("values.schema.json", SCHEMA)])
    }

    #[test]
    fn a_value_that_the_schema_does_not_know_is_found() {
        let outcome = case("a: {b: 1, c: 2}\nfree: {x: y}\n").judge(every_value_is_in_the_schema);
        let found = messages(&outcome);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("`a.c`"), "{found:?}");
    }

    #[test]
    fn values_behind_references_and_in_free_maps_are_known() {
        assert!(
            case("a: {b: 1}\nfree: {x: y}\n")
                .judge(every_value_is_in_the_schema)
                .is_green()
        );
    }

    #[test]
    fn a_schema_that_cannot_be_read_is_found_and_none_is_not_asked_for() {
        let values = ("values.yaml", "a: 1\n");
        let broken = Case::chart(&[values, ("values.schema.json", "{")]);
        let found = messages(&broken.judge(every_value_is_in_the_schema));
        assert!(found[0].contains("cannot be read"), "{found:?}");
        let none = Case::chart(&[values]).judge_requirement("AM-HELM-003");
        assert!(matches!(none, Outcome::NotApplicable { .. }), "{none:?}");
    }

    #[test]
    fn an_open_schema_is_found_and_a_closed_one_passes() {
        for check in [unknown_values_are_refused, mistyped_values_are_refused] {
            let open = case("a: {b: 1}\n").varied(|_| Ok(String::new()));
            assert_eq!(messages(&open.judge(check)).len(), 1);
            let late = case("a: {b: 1}\n").varied(|_| Err(Refusal::Template("bad number".into())));
            assert!(messages(&late.judge(check))[0].contains("bad number"));
            let closed = case("a: {b: 1}\n").varied(|variation| {
                assert!(variation.values.is_object());
                Err(Refusal::Schema("refused".into()))
            });
            assert!(closed.judge(check).is_green());
        }
    }

    #[test]
    fn without_a_renderer_nothing_is_proved() {
        let outcome = case("a: {b: 1}\n").judge(unknown_values_are_refused);
        assert!(
            matches!(outcome, Outcome::Unsupported { .. }),
            "{outcome:?}"
        );
    }
}
