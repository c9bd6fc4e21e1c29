//! One mistake is one cause, in every format; two mistakes are two.

use am_conformance::{
    Component, Finding, Outcome, Report,
    finding::{ConfigurationLocation, ObjectRef},
    report::{Edge, EdgeVerdict, Format, RequirementResult, Tally, Topology, causes},
};
use serde_json::Value;

use crate::sample;

/// The sample's pattern 3 on one subject, with these findings and no others.
fn report(findings: Vec<Finding>, edges: Vec<Edge>) -> Report {
    let mut report = sample::report();
    report
        .profiles
        .retain(|profile| profile.name == "am-pattern-3");
    let profile = &mut report.profiles[0];
    profile.topology = Topology {
        edges,
        ..Topology::default()
    };
    profile.subjects.truncate(1);
    profile.subjects[0].results = findings
        .into_iter()
        .map(|finding| RequirementResult {
            requirement: finding.requirement.clone(),
            level: finding.level,
            outcome: Outcome::of(1, vec![finding]),
        })
        .collect();
    report
}

fn tally(findings: Vec<Finding>, edges: Vec<Edge>) -> Tally {
    let report = report(findings, edges);
    Tally::of(&causes(&report, &report.profiles[0].subjects))
}

fn at(component: &str, key: &str, value: &str, message: &str, help: &str) -> Finding {
    let name = format!("apim-{component}-config");
    Finding {
        object: Some(ObjectRef {
            kind: "ConfigMap".into(),
            name: name.clone(),
            namespace: "apim".into(),
            release: "apim".into(),
        }),
        configuration: Some(ConfigurationLocation {
            source: format!("apim/ConfigMap/{name}/deployment.toml"),
            file: "deployment.toml".into(),
            key: key.into(),
            span: None,
        }),
        value: Some(value.into()),
        ..sample::base("AM-WIRE-003", message, help)
    }
}

fn wrong_port(component: &str, host: &str, written: u16, meant: u16) -> Finding {
    at(
        component,
        &format!("key.of.{host}"),
        &format!("tcp://{host}:{written}"),
        &format!("leads to port {written} of {host}, not {meant}"),
        &format!("write tcp://{host}:{meant}"),
    )
}

fn not_offered(service: &str, port: u16) -> Finding {
    Finding {
        object: Some(ObjectRef {
            kind: "Service".into(),
            name: service.into(),
            namespace: "apim".into(),
            release: "apim".into(),
        }),
        ..sample::base(
            "AM-NET-001",
            &format!("Service `{service}` does not offer port {port} of its pods"),
            "add the port",
        )
    }
}

/// A connection that no finding reports.
fn intact(host: &str, port: u16) -> Edge {
    Edge {
        from: Component::from_name("gateway").expect("a component"),
        to: Component::from_name("control-plane"),
        host: host.into(),
        port,
        scheme: "https".into(),
        key: "another.key".into(),
        verdict: EdgeVerdict::Resolves,
        broken_by: Vec::new(),
    }
}

/// A wrong port that two connections have, and what lacks the right one.
fn one_mistake() -> Vec<Finding> {
    vec![
        wrong_port("gateway", "tm-0.tm", 5673, 5672),
        wrong_port("traffic-manager", "cp-0.cp", 5673, 5672),
        not_offered("apim-traffic-manager", 5672),
    ]
}

fn counted(causes: usize, consequences: usize) -> Tally {
    Tally {
        causes,
        consequences,
        warnings: 0,
    }
}

#[test]
fn one_wrong_port_is_one_cause() {
    assert_eq!(tally(one_mistake(), Vec::new()), counted(1, 2));
}

#[test]
fn another_mistake_beside_it_is_another_cause() {
    let mut findings = one_mistake();
    findings.push(at(
        "gateway",
        "another.key",
        "https://apim-kay-manager:9443/x",
        "leads nowhere: no release provides the host `apim-kay-manager`",
        "did you mean `https://apim-key-manager:9443/x`?",
    ));
    assert_eq!(tally(findings, Vec::new()), counted(2, 2));
}

#[test]
fn a_port_that_others_use_rightly_ties_nothing_together() {
    // Twice 9443, where it is right everywhere else: two lines to mend.
    let findings = vec![
        wrong_port("gateway", "tm-0.tm", 9443, 9611),
        wrong_port("traffic-manager", "cp-0.cp", 9443, 5672),
        not_offered("apim-gateway", 9443),
    ];
    let edges = vec![intact("apim-control-plane", 9443)];
    assert_eq!(tally(findings, edges), counted(3, 0));
}

#[test]
fn two_faults_of_one_object_are_two_causes() {
    let findings = vec![
        not_offered("apim-gateway", 8243),
        not_offered("apim-gateway", 9443),
    ];
    assert_eq!(tally(findings, Vec::new()), counted(2, 0));
}

#[test]
fn the_finding_that_others_quote_is_the_cause() {
    let reason = Finding {
        requirement: "AM-NET-001".into(),
        message: "Service `apim-gateway` selects no pods".into(),
        ..not_offered("apim-gateway", 0)
    };
    let quoting = at(
        "control-plane",
        "a.key",
        "https://apim-gateway:9443/",
        "leads nowhere: Service `apim-gateway` selects no pods",
        "correct it",
    );
    let report = report(vec![quoting, reason], Vec::new());
    let causes = causes(&report, &report.profiles[0].subjects);
    assert_eq!(causes.len(), 1);
    assert_eq!(causes[0].finding.finding.requirement, "AM-NET-001");
}

#[test]
fn the_text_for_people_folds_consequences_and_counts_them() {
    let report = report(one_mistake(), Vec::new());
    let text = Format::Human.render(&report).expect("text");
    assert_eq!(
        text.matches("\nerror[").count() + 1,
        1 + text.matches("did not render").count()
    );
    assert!(text.starts_with("error[AM-WIRE-003]"), "{text}");
    assert!(text.contains("= also: 2 consequences"), "{text}");
    assert!(text.contains("1 cause, 2 consequences"), "{text}");
    assert!(!text.contains("does not offer port"), "{text}");
}

#[test]
fn every_other_format_holds_the_consequences_in_full() {
    let report = report(one_mistake(), Vec::new());
    for format in [
        Format::Json,
        Format::Yaml,
        Format::Junit,
        Format::Sarif,
        Format::Html,
        Format::Markdown,
    ] {
        let text = format.render(&report).expect("a report");
        assert!(
            text.contains("does not offer port 5672"),
            "{format}: {text}"
        );
        assert!(text.contains("of cp-0.cp, not 5672"), "{format}");
    }
}

#[test]
fn json_lists_causes_with_their_consequences() {
    let report = report(one_mistake(), Vec::new());
    let text = Format::Json.render(&report).expect("JSON");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    let causes = value["causes"].as_array().expect("causes");
    assert_eq!(causes.len(), 1);
    assert_eq!(causes[0]["requirement"], "AM-WIRE-003");
    assert_eq!(causes[0]["consequences"].as_array().map(Vec::len), Some(2));
    assert!(
        causes[0]["shared"]
            .as_str()
            .is_some_and(|shared| shared.contains("567"))
    );
}

#[test]
fn sarif_ties_a_consequence_to_its_cause() {
    let report = report(one_mistake(), Vec::new());
    let text = Format::Sarif.render(&report).expect("SARIF");
    let log: Value = serde_json::from_str(&text).expect("JSON");
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 3);
    let cause = &results[0]["partialFingerprints"]["amConformance/v1"];
    assert_eq!(results[0]["properties"]["consequences"], 2);
    for consequence in &results[1..] {
        assert_eq!(&consequence["properties"]["causeFingerprint"], cause);
    }
}
