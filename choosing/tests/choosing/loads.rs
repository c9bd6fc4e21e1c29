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
    ("spikes: true, requestsPerSecond: 5000, platform: aws", ["4", "1", "2", "4", "8"]),
    ("spikes: true, requestsPerSecond: 12000, platform: aws", ["8", "2", "4", "4", "8"]),
    ("spikes: true, requestsPerSecond: 60000, platform: aws", ["17", "4", "8", "5", "9"]),
    // Nothing is added on machines.
    ("spikes: true, requestsPerSecond: 12000, platform: vm", ["8", "1", "2", "8", "8"]),
    ("spikes: true, requestsPerSecond: 12000, skills: machines", ["8", "1", "2", "8", "8"]),
    ("spikes: true, requestsPerSecond: 12000, scaling: gateway, skills: kubernetes", ["8", "2", "4", "4", "8"]),
];

#[test]
fn no_pool_has_more_gateways_than_a_pair_of_traffic_managers_serves_even_in_a_spike() {
    for (answers, wanted) in POOLS {
        let is = of(answers);
        let facts = ["gatewayNodes", "pools", "trafficManagerNodes", "gatewaysOfRelease", "mostGatewaysOfRelease"];
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
        assert_eq!(gateways(&answers), 4.0, "{version}: 3 carry 4,000 at 1,881 each");
    }
}
