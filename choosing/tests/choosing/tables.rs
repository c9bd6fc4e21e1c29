//! Every row of the tables of the source documents, and that all of them are here.

use std::collections::BTreeSet;

use am_choosing::cases::Row;
use am_choosing::{Recommendation, Scalar, previous, recommend};

use crate::short::{nodes, of, word};
use crate::support::{answers, rules};

/// What is wrong with the recommendation for a row.
fn differs(row: &Row) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut expect = |what: &str, is: String, wanted: &str| {
        if is != wanted {
            wrong.push(format!("{}: {what} is {is}, not {wanted}", row.name));
        }
    };
    let unbound = recommend(rules(), &row.answers(rules()));
    expect(
        "pattern",
        word(&unbound, "pattern"),
        &row.pattern.to_string(),
    );
    expect("platform", word(&unbound, "runsOn"), &row.platforms[0]);
    expect("conflicts", unbound.conflicts.concat(), "");
    expect(
        "alternatives",
        unbound.alternatives.len().min(1).to_string(),
        "1",
    );
    for platform in &row.platforms {
        let there = answers(&format!("platform: {platform}"));
        let there = recommend(rules(), &there.over(row.answers(rules())));
        expect("platform", word(&there, "runsOn"), platform);
        expect(
            "pattern there",
            word(&there, "pattern"),
            &row.pattern.to_string(),
        );
    }
    wrong
}

#[test]
fn every_scenario_has_its_pattern_and_platforms() {
    let rows = &rules().cases().scenarios;
    let wrong: Vec<String> = rows.iter().flat_map(differs).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_of_the_matrix_has_its_pattern_and_platforms() {
    let rows = &rules().cases().matrix;
    let wrong: Vec<String> = rows.iter().flat_map(differs).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn another_pattern_in_a_table_is_noticed() {
    let mut row = rules().cases().scenarios[0].clone();
    row.pattern = 4;
    let wrong = differs(&row);
    assert_eq!(wrong[0], "Development and testing: pattern is 0, not 4");
}

/// Components of the product, by their names.
fn components(recommendation: &Recommendation) -> Vec<String> {
    let components = recommendation.components.iter();
    let names = components.map(|it| it.name.clone());
    names.filter(|it| it != "load-balancer").collect()
}

#[test]
fn every_topology_of_profiles_has_its_components_and_pattern() {
    for topology in &rules().cases().topologies {
        let (question, answer) =
            previous(rules(), "4.4.0", &topology.profiles).expect("a topology");
        let name = &topology.previous.value;
        assert_eq!(answer, Scalar::Text(name.clone()));
        let is = of(&format!("{question}: {name}"));
        assert_eq!(word(&is, "pattern"), topology.pattern.to_string(), "{name}");
        let mut wanted = topology.components.clone();
        let mut found = components(&is);
        wanted.sort();
        found.sort();
        assert_eq!(found, wanted, "{name}");
        let tried = of(&format!("{question}: {name}, production: false"));
        assert_eq!(
            word(&tried, "pattern"),
            topology.without_production.to_string(),
            "{name}, not for production"
        );
    }
}

/// As the source documents have them: six scenarios and six rows for the patterns 0 to 5, five topologies.
#[test]
fn no_row_of_the_source_documents_is_missing() {
    let cases = rules().cases();
    for rows in [&cases.scenarios, &cases.matrix] {
        let patterns: Vec<u8> = rows.iter().map(|row| row.pattern).collect();
        assert_eq!(patterns, [0, 1, 2, 3, 4, 5]);
        for row in rows {
            let cloud_first = row.pattern > 2;
            let platforms = if cloud_first {
                ["kubernetes", "vm"]
            } else {
                ["vm", "kubernetes"]
            };
            assert_eq!(row.platforms, platforms, "{}", row.name);
        }
    }
    let old: BTreeSet<Vec<String>> = cases
        .topologies
        .iter()
        .map(|it| it.profiles.clone())
        .collect();
    assert_eq!(old.len(), 5);
    let factors: BTreeSet<&str> = rules()
        .questions()
        .filter_map(|it| rules().factor(it))
        .map(|it| it.title.as_str())
        .collect();
    let wanted = [
        "Scalability",
        "High availability",
        "Security and compliance",
        "Operational overhead",
    ];
    assert_eq!(factors, wanted.into());
}

/// Of each profile the output says what became of it, in the pattern that is recommended.
#[test]
fn every_profile_of_a_topology_is_mapped() {
    for topology in &rules().cases().topologies {
        let name = &topology.previous.value;
        let is = of(&format!("previous: {name}"));
        let told = is
            .watch
            .iter()
            .find_map(|it| it.strip_prefix("Profiles become components: "));
        let told = told
            .unwrap_or_else(|| panic!("{name}: {:?}", is.watch))
            .trim_end_matches('.');
        let pairs: Vec<(&str, &str)> = told
            .split(", ")
            .filter_map(|it| it.split_once(" → "))
            .collect();
        let profiles: Vec<&str> = pairs.iter().map(|it| it.0).collect();
        assert_eq!(profiles, topology.profiles, "{name}");
        let became: BTreeSet<&str> = pairs.iter().map(|it| it.1).collect();
        let wanted: BTreeSet<&str> = topology.components.iter().map(String::as_str).collect();
        assert_eq!(became, wanted, "{name}");
    }
    let told = |answers: &str, wanted: &str| {
        let is = of(answers);
        let wanted = format!("Profiles become components: {wanted}.");
        assert!(is.watch.contains(&wanted), "{wanted}: {:?}", is.watch);
    };
    told(
        "previous: cp-gw, regulated: true",
        "control-plane → control-plane, gateway → gateway",
    );
    told(
        "previous: cp-gw-km, identity: identity-server",
        "control-plane → all-in-one, gateway → gateway, key-manager → WSO2 Identity Server",
    );
    told(
        "previous: all-in-one, requestsPerSecond: 5000",
        "all-in-one → control-plane, traffic-manager and gateway",
    );
}

#[test]
fn a_topology_that_never_was_is_refused_with_those_that_were() {
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    let refused = |from: &str, profiles: &[&str]| {
        previous(rules(), from, &words(profiles)).expect_err("refused")
    };
    assert_eq!(
        refused("4.4", &["control-plane", "gatway"]),
        "there was no profile `gatway`; did you mean `gateway`?"
    );
    assert!(
        refused("4.4", &["gateway"]).contains("there were: all-in-one  control-plane,gateway  ")
    );
    assert!(refused("4.5", &["all-in-one"]).contains("versions with profiles are 4.0, 4.1"));
    let (_, answer) = previous(
        rules(),
        "4.2.0",
        &words(&["gateway-worker", "control-plane"]),
    )
    .expect("names of the command line");
    assert_eq!(answer, Scalar::Text("cp-gw".into()));
}

#[test]
fn the_size_follows_the_load() {
    let small = of("requestsPerSecond: 300");
    assert_eq!(nodes(&small, "all-in-one"), 2.0);
    let large = of("requestsPerSecond: 5000");
    assert_eq!(word(&large, "pattern"), "3");
    assert_eq!(
        nodes(&large, "gateway"),
        4.0,
        "3 carry 5,000 at 1,881 each, and one more"
    );
    let heavy = of("requestsPerSecond: 5000, payload: medium, transforms: true");
    assert!(nodes(&heavy, "gateway") > nodes(&large, "gateway"));
    let huge = of("requestsPerSecond: 50000");
    assert!(nodes(&huge, "gateway") > 10.0 && nodes(&huge, "traffic-manager") == 4.0);
    assert!(
        huge.watch.iter().any(|it| it.contains("pools")),
        "{:?}",
        huge.watch
    );
    let tokens = of("tokensPerSecond: 1000, production: true");
    assert_eq!(nodes(&tokens, "key-manager"), 4.0);
}
