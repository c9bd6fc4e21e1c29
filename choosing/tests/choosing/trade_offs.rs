//! Combinations beyond the tables: factors together, and answers that do not go together.

use crate::short::{nodes, of, word};
use crate::support::rules;

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
const CONFLICTS: [(&str, &str, (&str, &str)); 18] = [
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
    (
        "scaling: gateway, isolation: components",
        "Gateways alone were to scale, which is pattern 2 or 5, and other answers put rate limits on nodes of their own. These came first: pattern 3, where both scale.",
        ("pattern", "3"),
    ),
    (
        "scaling: gateway, isolation: everything",
        "These came first: pattern 4, where both scale.",
        ("pattern", "4"),
    ),
    (
        "scaling: gateway, regulated: true",
        "These came first: pattern 4, where both scale.",
        ("pattern", "4"),
    ),
    (
        "downtime: management, requestsPerSecond: 3000",
        "`downtime: management` changes nothing in pattern 3, which always has two management nodes; only 2 and 5 can have one.",
        ("controlPlaneNodes", "2"),
    ),
    (
        "downtime: management, regulated: true",
        "`downtime: management` changes nothing in pattern 4,",
        ("controlPlaneNodes", "2"),
    ),
    (
        "integration: streams, database: mariadb",
        "A pair of Streaming Integrators shares a database of mysql, postgre, mssql or oracle, and mariadb is none of these. It was kept: one node, and nothing takes its place while it is away.",
        ("streamingIntegratorNodes", "1"),
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
fn what_goes_together_is_no_conflict() {
    for answers in [
        "production: false, regions: 1, isolation: none",
        "scaling: gateway, isolation: gateways",
        "scaling: gateway, downtime: management",
        "scaling: gateway, identity: apart, downtime: management",
        "integration: services, database: mariadb",
        "integration: both, database: mssql",
    ] {
        let is = of(answers);
        assert!(is.conflicts.is_empty(), "{answers}: {:?}", is.conflicts);
    }
}

/// The table is what the profiles became; a load may ask for more, and then it is said.
#[test]
fn a_topology_that_other_answers_overrule_says_so() {
    let told = |answers: &str| {
        let is = of(answers);
        let mut because = is.because.into_iter();
        because.find(|it| it.starts_with("The profiles that it replaces"))
    };
    assert_eq!(
        told("previous: cp-gw, requestsPerSecond: 60000").as_deref(),
        Some(
            "The profiles that it replaces became pattern 2 (docs/choosing.md). That was left for pattern 3, which the other answers ask for, for the reasons above."
        )
    );
    // 4 is less than 5, and another one as well.
    assert!(told("previous: cp-gw-km, regulated: true").is_some());
    assert!(told("previous: all-in-one, production: false, requestsPerSecond: 10").is_none());
    for topology in &rules().cases().topologies {
        let previous = &topology.previous.value;
        let is = of(&format!("previous: {previous}"));
        assert_eq!(
            word(&is, "mappedPattern"),
            topology.pattern.to_string(),
            "{previous}"
        );
        let tried = of(&format!("previous: {previous}, production: false"));
        assert_eq!(
            word(&tried, "mappedPattern"),
            topology.without_production.to_string(),
            "{previous}"
        );
        assert!(
            told(&format!("previous: {previous}")).is_none(),
            "{previous}"
        );
        assert!(
            told(&format!("previous: {previous}, production: false")).is_none(),
            "{previous}"
        );
    }
    assert!(told("requestsPerSecond: 60000").is_none());
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
