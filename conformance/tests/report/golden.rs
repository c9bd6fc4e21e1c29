//! Golden files: parsed documents are compared, so that a new version of a serialiser changes nothing.

use std::path::PathBuf;

use am_conformance::{Report, report::Format};
use serde_json::Value;

use crate::sample;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/report/golden")
        .join(name)
}

/// The report in `format` and what `name` holds; with `UPDATE_GOLDEN` set, the file is written first.
fn actual_and_golden(format: Format, name: &str) -> (String, String) {
    let actual = format
        .render(&sample::report())
        .expect("the sample can be rendered");
    let path = path(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| !value.is_empty()) {
        std::fs::write(&path, &actual).expect("golden files can be written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; write it with UPDATE_GOLDEN=1", path.display())
    });
    (actual, golden)
}

/// What reports for machines hold of the sample: a static run's times are for people.
fn timeless() -> Report {
    let mut report = sample::report();
    for profile in &mut report.profiles {
        assert!(profile.seconds.take().is_some(), "the sample has times");
    }
    report
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim_end).collect()
}

#[test]
fn the_text_for_people_is_as_agreed() {
    let (actual, golden) = actual_and_golden(Format::Human, "report.txt");
    assert_eq!(lines(&actual), lines(&golden));
}

#[test]
fn the_summary_for_a_job_page_is_as_agreed() {
    let (actual, golden) = actual_and_golden(Format::Markdown, "report.md");
    assert_eq!(lines(&actual), lines(&golden));
}

#[test]
fn json_holds_the_report_and_reads_back_as_it() {
    let (actual, golden) = actual_and_golden(Format::Json, "report.json");
    let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(read(&actual), read(&golden));
    let report: Report = serde_json::from_str(&actual).expect("a report");
    assert_eq!(report, timeless());
    let first: Vec<String> = read(&actual)
        .as_object()
        .map(|map| map.keys().take(3).cloned().collect())
        .unwrap_or_default();
    assert_eq!(
        first,
        ["apiVersion", "kind", "mode"],
        "the order of keys is the model's"
    );
}

#[test]
fn yaml_holds_the_same_report_as_json() {
    let (actual, golden) = actual_and_golden(Format::Yaml, "report.yaml");
    let read = |text: &str| serde_saphyr::from_str::<Report>(text).expect("a report");
    assert_eq!(read(&actual), timeless());
    assert_eq!(read(&golden), timeless());
}

#[test]
fn junit_is_as_agreed() {
    let (actual, golden) = actual_and_golden(Format::Junit, "report.xml");
    let read = |text: &str| quick_junit::Report::deserialize_from_str(text).expect("JUnit XML");
    assert_eq!(read(&actual), read(&golden));
}

#[test]
fn junit_tells_failures_errors_and_skipped_apart() {
    let text = Format::Junit.render(&sample::report()).expect("JUnit XML");
    let report = quick_junit::Report::deserialize_from_str(&text).expect("JUnit XML");
    let suite = |name: &str| {
        report
            .test_suites
            .iter()
            .find(|suite| suite.name.as_str() == name)
            .unwrap_or_else(|| panic!("a suite called {name}"))
    };
    let aws = suite("am-pattern-3/aws/4.7.0");
    assert_eq!((aws.failures, aws.errors, aws.skipped), (2, 0, 1));
    let openshift = suite("am-pattern-3/openshift/4.6.0");
    assert_eq!(
        (openshift.failures, openshift.errors),
        (2, 1),
        "unsupported is an error, not a pass"
    );
    assert_eq!(
        suite("am-pattern-3/gcp/4.7.0").errors,
        1,
        "a chart that does not render"
    );
    assert_eq!(suite("am-pattern-4/none/4.7.0").skipped, 1);
    assert_eq!(suite("am-pattern-0/none/4.7.0").failures, 0);
}

#[test]
fn sarif_is_as_agreed() {
    let (actual, golden) = actual_and_golden(Format::Sarif, "report.sarif");
    let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(read(&actual), read(&golden));
}
