//! Releases of our charts that run a part of their pattern: two that belong together, and one whose rest is declared.

mod support;

use std::collections::BTreeSet;

use am_conformance::report::Report;
use serde_json::{Value, json};

/// An example, changed, and what the suite says about it.
fn judged(name: &str, change: impl FnOnce(&mut Value)) -> Result<Report, String> {
    support::judged(&format!("fixtures/parts-elsewhere/{name}"), change)
}

/// The requirements that are not met.
fn failing(name: &str, change: impl FnOnce(&mut Value)) -> BTreeSet<String> {
    let report = judged(name, change).expect("the suite can judge the charts");
    let subjects = report.profiles.iter().flat_map(|profile| &profile.subjects);
    for subject in subjects {
        assert_eq!(subject.error, None, "{name} renders");
    }
    report
        .findings()
        .map(|(_, finding)| finding.requirement.clone())
        .collect()
}

fn ids(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn the_examples_are_sound() {
    for name in ["two-releases.yaml", "other-cluster.yaml", "pools.yaml"] {
        assert_eq!(failing(name, |_| {}), ids(&[]), "{name}");
    }
}

#[test]
fn edges_arrive_across_releases_and_namespaces() {
    // The release `apim` shifts its ports, and nobody tells the gateways.
    let shifted = |spec: &mut Value| {
        spec["releases"][0]["set"] = json!({"controlPlane.portOffset": 1});
    };
    let found = failing("two-releases.yaml", shifted);
    for id in ["AM-WIRE-001", "AM-WIRE-010", "AM-WIRE-011"] {
        assert!(found.contains(id), "{id} in {found:?}");
    }
    // The gateways look for the others in a namespace where they are not.
    let lost = |spec: &mut Value| {
        spec["releases"][1]["set"] =
            json!({"trafficManager.addresses.service.host": "apim-traffic-manager.apim-2"});
    };
    assert_eq!(failing("two-releases.yaml", lost), ids(&["AM-WIRE-006"]));
    // The policies of the one do not know the pods of the other.
    let kept_out = |spec: &mut Value| {
        spec["releases"][0]["set"] = json!({"gateway.addresses.peers": [
            {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "apim-2"}}}
        ]});
    };
    assert_eq!(failing("two-releases.yaml", kept_out), ids(&["AM-NET-017"]));
}

#[test]
fn what_is_missing_is_never_taken_for_something_elsewhere() {
    let found = failing("other-cluster.yaml", |spec| {
        spec["elsewhere"] = json!({});
        spec["external"] = json!(["*.example.com"]);
    });
    assert_eq!(found, ids(&["AM-TOPO-001"]));
}

#[test]
fn an_address_that_is_not_declared_is_found_even_where_its_host_is_external() {
    let found = failing("other-cluster.yaml", |spec| {
        spec["elsewhere"]["control-plane"]["nodes"][1] = json!({"host": "cp-2.eu.example.com"});
        spec["external"] = json!(["*.example.com"]);
    });
    assert_eq!(found, ids(&["AM-WIRE-020"]));
    let found = failing("other-cluster.yaml", |spec| {
        spec["elsewhere"]["traffic-manager"]["nodes"][1]["ports"]["jms"] = json!(5674);
    });
    assert_eq!(found, ids(&["AM-WIRE-008"]));
}

#[test]
fn a_wrong_declaration_is_refused() {
    let refused = |elsewhere: Value| {
        let report = judged("other-cluster.yaml", |spec| spec["elsewhere"] = elsewhere);
        report.expect_err("the declaration is refused")
    };
    for (elsewhere, part) in [
        (
            json!({"key-manager": {"service": {"host": "x"}}}),
            "the key manager, which pattern 3 does not have",
        ),
        (json!({"gateway": {}}), "needs `service` or `nodes`"),
        (
            json!({"gateway": {"service": {"host": "x", "ports": {"jms": 1}}}}),
            "has the port `jms`, which the gateway does not have",
        ),
        (json!({"gateway": {"servce": {"host": "x"}}}), "service"),
    ] {
        let said = refused(elsewhere);
        assert!(said.contains(part), "{part} in {said}");
    }
}
