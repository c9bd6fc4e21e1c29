//! Combinations beyond the tables: factors together, and answers that do not go together.

use crate::short::{nodes, of, word};

/// Answers, and facts that must follow.
const COMBINATIONS: [(&str, &[(&str, &str)]); 18] = [
    (
        "requestsPerSecond: 5000",
        &[("pattern", "3"), ("runsOn", "kubernetes")],
    ),
    (
        "regulated: true",
        &[("pattern", "4"), ("topology", "single")],
    ),
    ("regulated: true, overhead: least", &[("pattern", "4")]),
    (
        "regions: 3",
        &[("topology", "centralised"), ("pattern", "3")],
    ),
    (
        "regions: 2, regulated: true",
        &[("topology", "centralised"), ("pattern", "4")],
    ),
    (
        "regions: 2, management: each-region",
        &[("topology", "geo-regional"), ("pattern", "1")],
    ),
    (
        "regions: 2, management: each-region, requestsPerSecond: 4000",
        &[("pattern", "3")],
    ),
    ("skills: machines", &[("runsOn", "vm"), ("pattern", "1")]),
    (
        "skills: machines, requestsPerSecond: 8000",
        &[("runsOn", "vm"), ("pattern", "3")],
    ),
    (
        "skills: kubernetes",
        &[("runsOn", "kubernetes"), ("pattern", "1")],
    ),
    (
        "spikes: true",
        &[("runsOn", "kubernetes"), ("pattern", "2")],
    ),
    (
        "requestsPerSecond: 3000, overhead: least",
        &[("pattern", "2")],
    ),
    (
        "identity: identity-server, platform: aws",
        &[("pattern", "4"), ("issuer", "identity-server")],
    ),
    (
        "identity: identity-server, overhead: least",
        &[("pattern", "1"), ("issuer", "identity-server-beside")],
    ),
    (
        "opaqueTokens: true, requestsPerSecond: 800",
        &[("pattern", "5")],
    ),
    ("isolation: gateways", &[("pattern", "2")]),
    (
        "integration: both, tenants: 3",
        &[("layer", "per-tenant"), ("tenancy", "shared-with-clusters")],
    ),
    (
        "payload: large, transforms: true, requestsPerSecond: 900",
        &[("pattern", "3")],
    ),
];

#[test]
fn combinations_of_factors_give_what_each_asks_for() {
    for (answers, facts) in COMBINATIONS {
        let is = of(answers);
        for (fact, wanted) in facts {
            assert_eq!(word(&is, fact), *wanted, "{answers}: {fact}\n{is}");
        }
        assert!(is.conflicts.is_empty(), "{answers}: {:?}", is.conflicts);
        assert!(!is.because.is_empty(), "{answers}: no reason");
    }
}

/// Answers that do not go together, what is told, and what is recommended.
const CONFLICTS: [(&str, &str, (&str, &str)); 12] = [
    (
        "regions: 2, management: each-region, database: mysql",
        "databases that replicate both ways",
        ("topology", "centralised"),
    ),
    (
        "regions: 2, productVersion: 4.6.0",
        "need version 4.7.0",
        ("version", "4.7.0"),
    ),
    (
        "regions: 2, tenants: 4, productVersion: 4.5.0",
        "Tenants are not supported with a central management before version 4.6.0",
        ("version", "4.7.0"),
    ),
    (
        "identity: identity-server, tenants: 2",
        "does not support tenants",
        ("issuer", "built-in"),
    ),
    (
        "platform: openshift, skills: machines",
        "the team knows virtual machines alone",
        ("runsOn", "openshift"),
    ),
    (
        "platform: vm, skills: kubernetes",
        "the team knows Kubernetes alone",
        ("runsOn", "vm"),
    ),
    (
        "platform: gcp, database: oracle",
        "gcp offers no oracle",
        ("runsOn", "gcp"),
    ),
    (
        "production: false, requestsPerSecond: 5000",
        "If it is a load test",
        ("pattern", "0"),
    ),
    (
        "production: false, identity: apart",
        "issues its tokens itself",
        ("pattern", "0"),
    ),
    (
        "production: false, tokensPerSecond: 900",
        "a load that only production has",
        ("pattern", "0"),
    ),
    (
        "production: false, regions: 3",
        "`regions` has no effect",
        ("topology", "single"),
    ),
    (
        "management: each-region",
        "`management` has no effect",
        ("topology", "single"),
    ),
];

#[test]
fn answers_that_do_not_go_together_are_told_with_what_was_decided() {
    for (answers, told, (fact, wanted)) in CONFLICTS {
        let is = of(answers);
        assert!(
            is.conflicts.iter().any(|it| it.contains(told)),
            "{answers}: {:?}",
            is.conflicts
        );
        assert_eq!(word(&is, fact), wanted, "{answers}");
        assert!(of("").conflicts.is_empty());
    }
}

#[test]
fn a_default_that_is_spelt_out_is_no_conflict() {
    let is = of("production: false, regions: 1, isolation: none");
    assert!(is.conflicts.is_empty(), "{:?}", is.conflicts);
}

#[test]
fn the_identity_server_takes_the_nodes_of_key_managers_where_it_can() {
    for platform in ["kubernetes", "vm"] {
        let there = |more: &str| of(&format!("platform: {platform}, identity: {more}"));
        let replaced = there("identity-server");
        assert_eq!(word(&replaced, "issuer"), "identity-server");
        assert_eq!(nodes(&replaced, "key-manager"), 0.0, "{platform}");
        assert!(!replaced.watch.concat().contains("by hand"), "{platform}");
        // It does not know tenants, and another one is registered beside the key managers.
        assert_eq!(nodes(&there("apart, tenants: 2"), "key-manager"), 2.0);
        assert_eq!(nodes(&there("another"), "key-manager"), 2.0);
    }
}

#[test]
fn regions_count_in_the_sum_where_they_have_a_component() {
    let is = of("regions: 3, platform: kubernetes");
    let sites = |name: &str| {
        is.components
            .iter()
            .find(|it| it.name == name)
            .map(|it| it.sites)
    };
    assert_eq!(
        (sites("control-plane"), sites("gateway")),
        (Some(1.0), Some(3.0))
    );
    assert_eq!(is.total.nodes, 2.0 + 3.0 * 2.0 + 3.0 * 2.0);
}
