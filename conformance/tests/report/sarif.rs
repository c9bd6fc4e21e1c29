//! SARIF: validated against the official schema, and what code scanning needs beyond it.

use std::collections::BTreeSet;

use am_conformance::report::Format;
use serde_json::Value;

use crate::sample;

const SCHEMA: &str = include_str!("schema/sarif-schema-2.1.0.json");

fn log(report: &am_conformance::Report) -> Value {
    serde_json::from_str(&Format::Sarif.render(report).expect("SARIF")).expect("JSON")
}

fn problems(log: &Value) -> Vec<String> {
    // The committee's schema has a stray bracket in the pattern of `language`, which is no regular expression.
    let schema = SCHEMA.replace("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}$");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    validator
        .iter_errors(log)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn the_log_is_valid_with_findings_and_without() {
    assert_eq!(problems(&log(&sample::report())), Vec::<String>::new());
    assert_eq!(problems(&log(&sample::green())), Vec::<String>::new());
}

#[test]
fn the_schema_notices_what_is_wrong() {
    let mut log = log(&sample::report());
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] =
        0.into();
    assert_eq!(problems(&log).len(), 1);
}

#[test]
fn every_result_points_into_a_chart_and_names_a_rule() {
    let log = log(&sample::report());
    let run = &log["runs"][0];
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 6);
    for result in results {
        let location = &result["locations"][0]["physicalLocation"];
        let uri = location["artifactLocation"]["uri"]
            .as_str()
            .unwrap_or_default();
        assert!(uri.contains("am-pattern-3/"), "{uri}");
        assert!(location["region"]["startLine"].as_u64() > Some(0));
        let index =
            usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("a small one");
        assert_eq!(
            run["tool"]["driver"]["rules"][index]["id"],
            result["ruleId"]
        );
        assert!(
            result["message"]["text"]
                .as_str()
                .is_some_and(|text| text.contains("Fix: "))
        );
    }
    let empty = |value: &Value| value["snippet"]["text"].as_str().is_some_and(str::is_empty);
    let related = results
        .iter()
        .filter_map(|result| result["relatedLocations"].as_array())
        .flatten();
    assert!(
        related.clone().count() > 3
            && !related
                .clone()
                .any(|at| empty(&at["physicalLocation"]["region"]))
    );
}

#[test]
fn fingerprints_differ_between_findings_and_outlive_moved_lines() {
    let fingerprints = |report: &am_conformance::Report| -> Vec<String> {
        let log = log(report);
        let results = log["runs"][0]["results"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        results
            .iter()
            .map(|result| result["partialFingerprints"]["amConformance/v1"].to_string())
            .collect()
    };
    let before = fingerprints(&sample::report());
    assert_eq!(before.iter().collect::<BTreeSet<_>>().len(), before.len());
    let text = serde_json::to_string(&sample::report()).expect("JSON");
    let moved = text
        .replace("\"line\":41", "\"line\":77")
        .replace("apim", "other");
    let moved = serde_json::from_str(&moved).expect("a report");
    assert_eq!(fingerprints(&moved).len(), before.len());
    let unmoved = text.replace("\"line\":41", "\"line\":77");
    assert_eq!(
        fingerprints(&serde_json::from_str(&unmoved).expect("a report")),
        before
    );
}

#[test]
fn what_could_not_be_judged_makes_the_execution_unsuccessful() {
    let invocation = log(&sample::report())["runs"][0]["invocations"][0].clone();
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(
        invocation["toolExecutionNotifications"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    assert_eq!(
        log(&sample::green())["runs"][0]["invocations"][0]["executionSuccessful"],
        true
    );
}
