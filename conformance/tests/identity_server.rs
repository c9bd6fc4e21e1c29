//! A release that takes tokens of an identity server, judged by what a specification declares of that server.

mod support;

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// The requirements that the example does not meet, changed.
fn failing(change: impl FnOnce(&mut Value)) -> BTreeSet<String> {
    let report = support::judged("deployments/examples/judged/identity-server.yaml", change);
    let report = report.expect("the suite can judge the chart");
    let findings = report.findings();
    findings
        .map(|(_, finding)| finding.requirement.clone())
        .collect()
}

fn ids(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn the_example_is_sound() {
    assert_eq!(failing(|_| {}), ids(&[]));
}

#[test]
fn the_registration_leads_to_the_server_that_is_declared() {
    let other =
        |spec: &mut Value| spec["identityServer"]["at"] = json!("id.clinic.example.com:443");
    assert_eq!(failing(other), ids(&["AM-WIRE-024"]));
}

#[test]
fn a_component_is_missing_unless_the_server_takes_its_place() {
    let beside = |spec: &mut Value| spec["identityServer"]["replaces"] = json!([]);
    let found = failing(beside);
    for id in ["AM-TOPO-001", "AM-WIRE-001", "AM-WIRE-002"] {
        assert!(found.contains(id), "{id} in {found:?}");
    }
}

#[test]
fn what_is_left_must_be_a_pattern() {
    let change = |spec: &mut Value| spec["identityServer"]["replaces"] = json!(["gateway"]);
    let report = support::judged("deployments/examples/judged/identity-server.yaml", change);
    let error = report.expect_err("refused");
    assert!(
        error.contains("identityServer.replaces leaves") && error.contains("which is no pattern"),
        "{error}"
    );
}
