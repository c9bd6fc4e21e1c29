//! Servers beside API Manager in one specification: each cluster is judged, with what it means to its neighbours.

mod support;

use std::collections::BTreeSet;

use am_conformance::report::Report;
use serde_json::{Value, json};

fn judged(change: impl FnOnce(&mut Value)) -> Result<Report, String> {
    let file = "deployments/examples/judged/standard-ha-multitenancy.yaml";
    support::judged(file, change)
}

/// The requirements that are not met, each with the release.
fn failing(change: impl FnOnce(&mut Value)) -> BTreeSet<(String, String)> {
    let report = judged(change).expect("the suite can judge the charts");
    let subjects = report.profiles.iter().flat_map(|profile| &profile.subjects);
    let mut releases = BTreeSet::new();
    for subject in subjects {
        assert_eq!(subject.error, None, "it renders");
        releases.insert(subject.subject.releases.join(" "));
    }
    let all = ["rail", "rail-mi-acme", "rail-mi-globex", "rail-si-acme"];
    assert_eq!(releases, BTreeSet::from(all.map(str::to_owned)));
    let found = report.findings();
    found
        .map(|(subject, finding)| (subject.releases.join(" "), finding.requirement.clone()))
        .collect()
}

fn pairs(of: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    let owned = |(release, id): &(&str, &str)| ((*release).to_owned(), (*id).to_owned());
    of.iter().map(owned).collect()
}

/// Sets values of the release of an integrator.
fn set(integrator: usize, values: Value) -> impl FnOnce(&mut Value) {
    move |spec| spec["integrators"][integrator]["release"]["set"] = values
}

#[test]
fn the_example_is_sound() {
    assert_eq!(failing(|_| {}), pairs(&[]));
}

#[test]
fn a_cluster_that_another_tenant_reaches_is_found_where_it_is_open() {
    let everybody = json!({"networkPolicy.clients": [{"podSelector": {"matchExpressions": [
        {"key": "app.kubernetes.io/instance", "operator": "In", "values": ["rail", "rail-mi-globex"]},
    ]}}]});
    assert_eq!(
        failing(set(0, everybody)),
        pairs(&[("rail-mi-acme", "AM-INT-012")])
    );
}

#[test]
fn gateways_under_another_name_are_missed() {
    let nobody = json!({"networkPolicy.clients": [{"podSelector": {"matchLabels": {"app.kubernetes.io/instance": "track"}}}]});
    assert_eq!(
        failing(set(2, nobody)),
        pairs(&[("rail-si-acme", "AM-INT-013")])
    );
}

#[test]
fn a_catalogue_that_is_not_where_it_is_said_to_be_is_found() {
    let wrong = |url: &str| {
        let found = failing(set(0, json!({"serviceCatalog.url": url})));
        let found = found
            .into_iter()
            .filter(|(release, _)| release == "rail-mi-acme");
        found.map(|(_, id)| id).collect::<BTreeSet<_>>()
    };
    let only = |id: &str| BTreeSet::from([id.to_owned()]);
    // A port that the Service has, and that is another's.
    assert_eq!(wrong("https://rail-all-in-one:8243"), only("AM-INT-001"));
    // The other tenant's integrations.
    let neighbours = wrong("https://rail-mi-globex-micro-integrator:8253");
    assert!(neighbours.contains("AM-INT-001"), "{neighbours:?}");
    // Nobody.
    let nowhere = wrong("https://rail-all-in-on:9443");
    assert!(
        !nowhere.is_empty() && !nowhere.contains("AM-INT-001"),
        "{nowhere:?}"
    );
}

#[test]
fn an_account_of_another_tenant_is_found() {
    // The chart refuses it by itself where it is told of the tenant.
    let change = |spec: &mut Value| {
        let release = &mut spec["integrators"][1]["release"];
        release["set"] = json!({
            "tenant": "",
            "credentials.existingSecret": "",
            "credentials.admin.password": "one",
            "credentials.catalog.username": "admin",
            "credentials.catalog.password": "one",
            "credentials.coordinationDb.username": "mi",
            "credentials.coordinationDb.password": "one",
        });
    };
    let found = failing(change);
    assert!(
        found.contains(&("rail-mi-globex".into(), "AM-INT-015".into())),
        "{found:?}"
    );
}

#[test]
fn a_specification_that_makes_no_sense_is_refused() {
    let refused = |change: fn(&mut Value)| judged(change).expect_err("refused");
    let said = refused(|spec| spec["integrators"][0]["pattern"] = json!(3));
    assert!(
        said.contains("release rail-mi-acme is of pattern 3, which is API Manager's"),
        "{said}"
    );
    let said = refused(|spec| spec["integrators"][1]["release"]["name"] = json!("rail"));
    assert!(said.contains("two releases are called `rail`"), "{said}");
    let said = refused(|spec| spec["integrators"][0]["tenants"] = json!("acme"));
    assert!(said.contains("did you mean `tenant`?"), "{said}");
    let said = refused(|spec| spec["integrators"][0]["release"]["values"] = json!(["none.yaml"]));
    assert!(
        said.contains("release rail-mi-acme: no values file at"),
        "{said}"
    );
}
