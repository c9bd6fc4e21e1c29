//! Several sites in one specification: each is judged, and so are the ways between them.

mod support;

use std::collections::BTreeSet;

use am_conformance::report::Report;
use serde_json::{Value, json};

/// An example, changed, and what the suite says about it.
fn judged(name: &str, change: impl FnOnce(&mut Value)) -> Result<Report, String> {
    support::judged(&format!("deployments/examples/judged/{name}"), change)
}

/// The requirements that are not met, each with the site.
fn failing(name: &str, change: impl FnOnce(&mut Value)) -> BTreeSet<(String, String)> {
    let report = judged(name, change).expect("the suite can judge the charts");
    let subjects = report.profiles.iter().flat_map(|profile| &profile.subjects);
    let mut sites = 0;
    for subject in subjects {
        assert_eq!(subject.error, None, "{name} renders");
        sites += 1;
    }
    assert_eq!(sites, 2, "each site is a subject");
    let site = |id: &str| id.rsplit('/').next().unwrap_or_default().to_owned();
    report
        .findings()
        .map(|(subject, finding)| (site(&subject.id), finding.requirement.clone()))
        .collect()
}

fn pairs(of: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    let owned = |(site, id): &(&str, &str)| ((*site).to_owned(), (*id).to_owned());
    of.iter().map(owned).collect()
}

#[test]
fn the_examples_are_sound() {
    for name in ["centralised.yaml", "geo-regional.yaml"] {
        assert_eq!(failing(name, |_| {}), pairs(&[]), "{name}");
    }
}

#[test]
fn a_node_that_nobody_can_reach_is_found_in_its_own_site() {
    let hidden = |spec: &mut Value| {
        spec["sites"][0]["releases"][0]["set"] = json!({
            "controlPlane.nodeServices.type": "ClusterIP",
            "controlPlane.nodeServices.loadBalancerSourceRanges": [],
            "controlPlane.nodeServices.externalTrafficPolicy": "",
        });
    };
    assert_eq!(
        failing("geo-regional.yaml", hidden),
        pairs(&[("eu", "AM-WIRE-023")])
    );
    // The one name of the control plane is no Service at all.
    let gone = |spec: &mut Value| {
        spec["sites"][0]["releases"][0]["set"] = json!({"extraObjects": []});
    };
    assert_eq!(
        failing("centralised.yaml", gone),
        pairs(&[("eu", "AM-WIRE-023")])
    );
}

#[test]
fn a_port_that_the_other_site_does_not_expose_is_found_where_it_is_used() {
    // The other site moved its brokers, and told nobody here.
    let moved = |spec: &mut Value| {
        spec["sites"][1]["releases"][0]["set"] = json!({"controlPlane.portOffset": 10});
        for node in 0..2 {
            spec["sites"][1]["exposed"]["control-plane"]["nodes"][node]["ports"]["jms"] =
                json!(8682);
        }
    };
    let found = failing("geo-regional.yaml", moved);
    assert!(
        found.contains(&("eu".into(), "AM-WIRE-019".into())),
        "{found:?}"
    );
    assert!(
        !found.contains(&("us".into(), "AM-WIRE-023".into())),
        "{found:?}"
    );
    // What is said to be exposed is not.
    let told = |spec: &mut Value| {
        spec["sites"][1]["exposed"]["control-plane"]["nodes"][0]["ports"]["jms"] = json!(8682);
    };
    let found = failing("geo-regional.yaml", told);
    assert!(
        found.contains(&("us".into(), "AM-WIRE-023".into())),
        "{found:?}"
    );
}

#[test]
fn a_data_plane_is_judged_by_what_the_main_site_exposes() {
    let another = |spec: &mut Value| {
        spec["sites"][0]["exposed"]["control-plane"]["nodes"][1]["host"] =
            json!("cp-9.bank.example.com");
    };
    let found = failing("centralised.yaml", another);
    assert!(found.iter().any(|(site, _)| site == "us"), "{found:?}");
}

#[test]
fn a_specification_that_makes_no_sense_is_refused() {
    let refused = |change: fn(&mut Value)| judged("centralised.yaml", change).expect_err("refused");
    let said = refused(|spec| spec["sites"][1]["elsewhere"]["control-plane"] = json!("eus"));
    assert!(
        said.contains("site us: elsewhere.control-plane is `eus`, which is no other site; known"),
        "{said}"
    );
    let said = refused(|spec| spec["sites"][0]["exposed"] = json!({}));
    assert!(
        said.contains("exposes no control plane: write exposed.control-plane there"),
        "{said}"
    );
    let said = refused(|spec| {
        spec["sites"][0]["exposed"]["control-plane"]["nodes"][0]["ports"] = json!({});
    });
    assert!(
        said.contains("`cp-0.bank.example.com` has no ports"),
        "{said}"
    );
    let said = refused(|spec| spec["sites"][1]["name"] = json!("eu"));
    assert!(said.contains("two sites are called `eu`"), "{said}");
    let said = refused(|spec| spec["sites"][1]["productVersion"] = json!("4.6.0"));
    assert!(
        said.contains("sites eu (4.7.0) and us (4.6.0) have different product versions"),
        "{said}"
    );
    let said = refused(|spec| spec["sites"][1]["releases"] = json!([]));
    assert!(said.contains("neither releases nor a tree"), "{said}");
    let said = refused(|spec| spec["sites"][1]["tree"] = json!("somewhere"));
    assert!(
        said.contains("either releases of charts or a tree"),
        "{said}"
    );
    let said = refused(|spec| {
        spec["sites"][1]["releases"] = json!([]);
        spec["sites"][1]["tree"] = json!("somewhere");
    });
    assert!(said.contains("there is no tree at"), "{said}");
    let said = refused(|spec| {
        spec["sites"].as_array_mut().expect("sites").pop();
    });
    assert!(said.contains("at least two sites"), "{said}");
    let said = refused(|spec| spec["kind"] = json!("Deployment"));
    assert!(
        said.contains("kind must be `PatternUnderTest` or `DeploymentUnderTest`"),
        "{said}"
    );
}

#[test]
fn sites_that_somebody_made_by_hand_are_compared() {
    let set = |site: usize, key: &'static str, value: &'static str| {
        move |spec: &mut Value| {
            spec["sites"][site]["releases"][0]["set"] = json!({ key: value });
        }
    };
    // One server for both regions.
    let shared = set(0, "database.host", "db.us.shop.example.com");
    let found = failing("geo-regional.yaml", shared);
    for site in ["eu", "us"] {
        assert!(
            found.contains(&(site.into(), "AM-REG-013".into())),
            "{found:?}"
        );
    }
    let found = failing("centralised.yaml", set(1, "gatewayEnvironment.name", "ap"));
    assert_eq!(found, pairs(&[("us", "AM-REG-014")]));
    let images = set(1, "keystores.existingSecret", "");
    let found = failing("centralised.yaml", images);
    assert!(
        found.contains(&("eu".into(), "AM-REG-012".into())),
        "{found:?}"
    );
}
