//! Loads at which sizes and remarks change: spikes, pools.

use crate::short::{nodes, of, word};

/// Whether exactly this is among what to watch.
fn is_told(answers: &str, told: &str) -> bool {
    let is = of(answers);
    is.watch.iter().any(|it| it == told)
}

/// Answers, and how many gateways, pools and traffic managers come of them, and how many gateways a release has at least and at most.
const POOLS: [(&str, [&str; 5]); 8] = [
    ("requestsPerSecond: 5000", ["4", "1", "2", "4", "4"]),
    ("requestsPerSecond: 60000", ["17", "2", "4", "9", "9"]),
    (
        "spikes: true, requestsPerSecond: 5000, platform: aws",
        ["4", "1", "2", "4", "8"],
    ),
    (
        "spikes: true, requestsPerSecond: 12000, platform: aws",
        ["8", "2", "4", "4", "8"],
    ),
    (
        "spikes: true, requestsPerSecond: 60000, platform: aws",
        ["17", "4", "8", "5", "9"],
    ),
    // Nothing is added on machines.
    (
        "spikes: true, requestsPerSecond: 12000, platform: vm",
        ["8", "1", "2", "8", "8"],
    ),
    (
        "spikes: true, requestsPerSecond: 12000, skills: machines",
        ["8", "1", "2", "8", "8"],
    ),
    (
        "spikes: true, requestsPerSecond: 12000, scaling: gateway, skills: kubernetes",
        ["8", "2", "4", "4", "8"],
    ),
];

#[test]
fn no_pool_has_more_gateways_than_a_pair_of_traffic_managers_serves_even_in_a_spike() {
    for (answers, wanted) in POOLS {
        let is = of(answers);
        let facts = [
            "gatewayNodes",
            "pools",
            "trafficManagerNodes",
            "gatewaysOfRelease",
            "mostGatewaysOfRelease",
        ];
        assert_eq!(facts.map(|fact| word(&is, fact)), wanted, "{answers}");
        assert_eq!(word(&is, "pattern"), "3", "{answers}");
        let is_pooled = is.watch.iter().any(|it| it.contains(" pools, "));
        assert_eq!(is_pooled, wanted[1] != "1", "{answers}: {:?}", is.watch);
    }
    assert!(is_told(
        "spikes: true, requestsPerSecond: 12000, platform: aws",
        "A pair of traffic managers serves ten gateways, and there may be 16: make 2 pools, each with a pair of its own (docs/parts-elsewhere.md). The first document has one of them, with 4 of 8 gateways and 2 of 4 traffic managers."
    ));
}

#[test]
fn sizes_are_those_of_the_version_that_is_recommended() {
    let gateways = |answers: &str| nodes(&of(answers), "gateway");
    let alone = gateways("requestsPerSecond: 4000, productVersion: 4.5.0, platform: aws");
    assert_eq!(alone, 3.0, "2 carry 4,000 at 2,090 each, and one more");
    for version in ["4.5.0", "4.7.0"] {
        let answers = format!("requestsPerSecond: 4000, productVersion: {version}, regions: 2");
        assert_eq!(word(&of(&answers), "version"), "4.7.0");
        assert_eq!(
            gateways(&answers),
            4.0,
            "{version}: 3 carry 4,000 at 1,881 each"
        );
    }
}

#[test]
fn reason_and_size_of_key_managers_for_opaque_tokens_name_the_same_cache() {
    let is = of("opaqueTokens: true, requestsPerSecond: 10000");
    assert_eq!(nodes(&is, "key-manager"), 4.0);
    let because = "Gateways ask about opaque tokens, and without their cache a key manager answers about 500 such questions per second: it needs nodes of its own.";
    assert!(
        is.because.iter().any(|it| it == because),
        "{:?}",
        is.because
    );
    let told = "4 key managers are one for two gateways, or what new tokens need. That assumes the gateways' cache of tokens (`apim.cache.gateway_token`, on unless you switch it off): without it plan one for 500 calls per second.";
    assert!(is_told(
        "opaqueTokens: true, requestsPerSecond: 10000",
        told
    ));
    for other in [
        "opaqueTokens: true",
        "tokensPerSecond: 1000",
        "opaqueTokens: true, identity: identity-server",
    ] {
        assert!(
            !of(other).watch.concat().contains("gateway_token"),
            "{other}"
        );
    }
    // In a spike there are more who ask.
    let spike = of("opaqueTokens: true, requestsPerSecond: 10000, spikes: true, platform: aws");
    assert_eq!(nodes(&spike, "key-manager"), 7.0);
}

#[test]
fn what_nobody_has_tried_is_said() {
    let vendor = "The vendor tested up to 20000 requests per second. For 20001 nobody has published anything: the numbers only go on in a straight line.";
    assert!(is_told("requestsPerSecond: 20001", vendor));
    assert!(
        !of("requestsPerSecond: 20000")
            .watch
            .concat()
            .contains("The vendor tested")
    );
    let many = "442709 nodes in all are more than anybody has shown to work. Look at your answers again (requests and tokens per second, regions, tenants) before you plan with them.";
    let answers = "integration: both, tenants: 1000, integrationRequestsPerSecond: 1000000, requestsPerSecond: 1000000, platform: aws";
    let is = of(answers);
    assert_eq!(is.total.nodes, 436_323.0);
    assert!(
        is_told(answers, &many.replace("442709", "436323")),
        "{:?}",
        is.watch
    );
    assert!(
        !of("requestsPerSecond: 60000")
            .watch
            .concat()
            .contains("nodes in all")
    );
}

#[test]
fn a_trial_is_told_of_no_pairs_that_it_does_not_have() {
    let single = of("production: false, requestsPerSecond: 100000");
    assert_eq!(word(&single, "pattern"), "0");
    assert!(
        !single.watch.concat().contains("traffic managers"),
        "{:?}",
        single.watch
    );
    let told = "100000 requests per second are a load that only production has. If it is a load test, answer `production: true`.";
    let apart = of("production: false, requestsPerSecond: 100000, previous: cp-gw");
    assert!(
        apart.conflicts.iter().any(|it| it == told),
        "{:?}",
        apart.conflicts
    );
    assert!(
        !apart.watch.concat().contains("traffic managers"),
        "{:?}",
        apart.watch
    );
}

/// Where nodes are few a cluster is not worth it; tenants with integrators make many.
#[test]
fn many_nodes_are_for_kubernetes() {
    let few = "Few nodes need no cluster.";
    for (answers, platform) in [
        ("integration: both, tenants: 2", "vm"),
        ("integration: both, tenants: 4", "vm"),
        ("integration: both, tenants: 5", "kubernetes"),
        ("integration: services, tenants: 50", "kubernetes"),
        ("regions: 8, management: each-region", "kubernetes"),
    ] {
        let is = of(answers);
        assert_eq!(word(&is, "runsOn"), platform, "{answers}");
        assert_eq!(
            is.because.iter().any(|it| it == few),
            platform == "vm",
            "{:?}",
            is.because
        );
    }
    let because =
        "On virtual machines it would be up to 104 nodes; so many are easier to run on Kubernetes.";
    let is = of("integration: services, tenants: 50");
    assert!(
        is.because.iter().any(|it| it == because),
        "{:?}",
        is.because
    );
}

/// What an outside identity does to the pattern, and what else would do.
#[test]
fn an_outside_identity_has_its_reasons_and_only_true_alternatives() {
    let is = of("identity: another");
    let because = "Where identity is outside, portals, gateways and rate limits have nodes of their own, too (pattern 4), unless only gateways are to scale or there should be little to operate.";
    assert!(
        is.because.iter().any(|it| it == because),
        "{:?}",
        is.because
    );
    let offered = |answers: &str| of(answers).alternatives.concat();
    assert!(
        offered("identity: another")
            .contains("Pattern 1, if there should be little to operate (`overhead: least`)")
    );
    let opaque = "identity: another, requestsPerSecond: 800, opaqueTokens: true";
    assert!(
        offered(opaque)
            .contains("Pattern 5, if there should be little to operate (`overhead: least`)")
    );
    assert_eq!(
        offered("identity: another, regulated: true, platform: vm"),
        ""
    );
}

/// The ordinary Gateway of Azure keeps a user at no node.
#[test]
fn on_azure_several_nodes_with_portals_have_a_gateway_that_keeps_users_at_one() {
    for (answers, overlay) in [
        ("requestsPerSecond: 300", "azure-agc"),
        ("requestsPerSecond: 3000, scaling: gateway", "azure-agc"),
        (
            "requestsPerSecond: 3000, scaling: gateway, downtime: management",
            "azure",
        ),
        ("requestsPerSecond: 5000", "azure-agc"),
        ("regulated: true", "azure-agc"),
        ("identity: apart, downtime: management", "azure"),
        ("production: false", "dev"),
    ] {
        let is = of(&format!("platform: azure, {answers}"));
        assert_eq!(word(&is, "overlay"), overlay, "{answers}");
        let says = format!("The chart with the overlay `{overlay}` (docs/platforms/azure.md).");
        assert_eq!(is.outcomes[0].says, says, "{answers}");
    }
}

/// Columns stand under their heads, however many nodes there are.
#[test]
fn the_table_of_sizes_keeps_its_columns() {
    let text = of(
        "integration: both, tenants: 1000, integrationRequestsPerSecond: 1000000, platform: aws",
    )
    .to_string();
    let table: Vec<&str> = text
        .lines()
        .skip_while(|it| *it != "Size")
        .skip(1)
        .take_while(|it| !it.is_empty())
        .collect();
    assert_eq!(
        table[0].split_whitespace().collect::<Vec<_>>().join(" "),
        "component regions nodes per region CPU each memory each"
    );
    assert!(
        table.len() > 3 && text.contains("\n  all regions together  "),
        "{text}"
    );
    for line in &table {
        assert_eq!(line.chars().count(), table[0].chars().count(), "{text}");
    }
}
