//! What a stand-in makes of its configuration: ports, fallbacks, wrong addresses, and what stops it.

#[allow(dead_code)]
mod support;

use am_standin::edge::{Provenance, Purpose};
use am_standin::observations::{EdgeObservation, Observations, Verdict};
use am_standin::role::Role;
use support::{Network, Start, start, toml};

fn edges(observations: &Observations, purpose: Purpose) -> Vec<&EdgeObservation> {
    observations
        .edges
        .iter()
        .filter(|edge| edge.edge.purpose == purpose)
        .collect()
}

fn all_tried(observations: &Observations) -> bool {
    observations.open
        && observations
            .edges
            .iter()
            .all(|edge| edge.verdict != Verdict::Untried)
}

#[test]
fn an_all_in_one_with_no_wiring_is_silently_wired_to_itself_and_ready() {
    let network = Network::new(0);
    let toml = toml::common();
    let node = start("wso2am-4.7.0", "aio-0", network.ip(1), &toml);
    let seen = node.wait_for("every edge tried", |seen| seen.ready && all_tried(seen));
    let receivers = edges(&seen, Purpose::ThrottleReceiver);
    assert_eq!(receivers.len(), 1);
    assert_eq!(receivers[0].edge.provenance, Provenance::FallbackToSelf);
    assert_eq!(receivers[0].verdict, Verdict::Reached, "{receivers:?}");
    assert_eq!(receivers[0].peers[0].identity.pod, "aio-0");
    for port in [
        9443, 9763, 8243, 8280, 8099, 9099, 8021, 9021, 9611, 9711, 5672,
    ] {
        assert!(node.is_open(port), "port {port}");
    }
    assert_eq!(node.get(9763, "/services/Version", None), Some(200));
    assert_eq!(
        node.get(9763, "/api/am/gateway/v2/server-startup-healthcheck", None),
        Some(200)
    );
}

#[test]
fn secrets_from_the_environment_are_in_no_observation() {
    let network = Network::new(1);
    let toml = toml::common();
    let node = start("wso2am-4.7.0", "aio-0", network.ip(1), &toml);
    node.wait_for("the start", |seen| seen.open);
    let (status, text) =
        support::http(node.ip, 9990, "GET", "/observations", None, "").expect("an answer");
    assert_eq!(status, 200);
    assert!(text.contains("super_admin.password"));
    assert!(!text.contains("topsecret1"));
}

#[test]
fn a_gateway_opens_only_its_ports_shifted_by_the_offset() {
    let network = Network::new(2);
    let toml = toml::gateway(&[network.ip(2)], &[network.ip(3)], "[\"Default\"]").replace(
        "hostname = \"am.test\"",
        "hostname = \"am.test\"\noffset = 10",
    );
    let node = start(
        "wso2am-universal-gw-4.7.0",
        "gateway-0",
        network.ip(1),
        &toml,
    );
    node.wait_for("the start", |seen| seen.open);
    for port in [9453, 9773, 8253, 8290, 8109, 9109, 8031, 9031] {
        assert!(node.is_open(port), "port {port}");
    }
    for port in [9443, 9763, 8243, 8280, 9621, 9721, 5682, 5672] {
        assert!(!node.is_open(port), "port {port}");
    }
}

#[test]
fn a_gateway_is_ready_only_after_it_fetched_from_its_event_hub() {
    let network = Network::new(3);
    let (manager, hub) = (network.ip(2), network.ip(3));
    let toml = toml::gateway(&[manager], &[hub], "[\"Default\"]");
    let gateway = start(
        "wso2am-universal-gw-4.7.0",
        "gateway-0",
        network.ip(1),
        &toml,
    );
    let health = "/api/am/gateway/v2/server-startup-healthcheck";
    let seen = gateway.wait_for("every edge tried", all_tried);
    assert!(!seen.ready);
    assert_eq!(gateway.get(9763, health, None), Some(500));
    assert_eq!(gateway.get(9763, "/services/Version", None), Some(200));
    assert_eq!(
        edges(&seen, Purpose::EventHubService)[0].verdict,
        Verdict::Refused
    );

    let hub_toml = toml::control_plane(hub, &[hub], network.ip(1));
    let _hub = start("wso2am-acp-4.7.0", "cp-0", hub, &hub_toml);
    gateway.wait_for("readiness", |seen| seen.ready);
    assert_eq!(gateway.get(9763, health, None), Some(200));
    let seen = gateway.wait_for("the event hub", |seen| {
        edges(seen, Purpose::EventHubService)[0].verdict == Verdict::Reached
    });
    let peer = &edges(&seen, Purpose::EventHubService)[0].peers[0].identity;
    assert_eq!(
        (peer.role, peer.pod.as_str(), peer.node.as_str()),
        (
            Role::from_name("control-plane").expect("a role"),
            "cp-0",
            "node-1"
        )
    );
}

#[test]
fn wrong_ports_and_wrong_components_are_told_apart() {
    let network = Network::new(4);
    let (gateway, hub) = (network.ip(1), network.ip(3));
    // The traffic manager's place is taken by a control plane, and the event hub's JMS port is HTTP's,
    // thrift's and nobody's.
    let toml = toml::gateway(&[hub], &[hub], "[\"Default\"]").replace(
        &format!("event_listening_endpoints = [\"tcp://{hub}:5672\"]"),
        &format!("event_listening_endpoints = [\"tcp://{hub}:9763\", \"tcp://{hub}:9611\", \"tcp://{hub}:5673\"]"),
    );
    let node = start("wso2am-universal-gw-4.7.0", "gateway-0", gateway, &toml);
    let hub_toml = toml::control_plane(hub, &[hub], gateway);
    let _hub = start("wso2am-acp-4.7.0", "cp-0", hub, &hub_toml);
    let verdicts = |seen: &Observations, purpose| -> Vec<Verdict> {
        edges(seen, purpose)
            .iter()
            .map(|edge| edge.verdict)
            .collect()
    };
    node.wait_for("the verdicts", |seen| {
        verdicts(seen, Purpose::ThrottleDecision) == [Verdict::WrongRole]
            && verdicts(seen, Purpose::ThrottleReceiver) == [Verdict::WrongRole]
            && verdicts(seen, Purpose::EventListening)
                == [
                    Verdict::WrongProtocol,
                    Verdict::WrongProtocol,
                    Verdict::Refused,
                ]
            && verdicts(seen, Purpose::EventHubService) == [Verdict::Reached]
    });
}

#[test]
fn what_stops_the_product_stops_the_stand_in() {
    let network = Network::new(5);
    let cases = [
        ("[server", "Error parsing deployment configuration"),
        (
            "[server.a]\nb = 1\n[server]\nhostname = \"x\"\n",
            "StackOverflowError",
        ),
        (
            "[server]\nhostname = \"$env{NO_SUCH_VARIABLE}\"\n",
            "NO_SUCH_VARIABLE",
        ),
    ];
    for (toml, message) in cases {
        let mut node = Start {
            home: "wso2am-4.7.0",
            pod: "aio-0",
            ip: network.ip(1),
            toml,
            variables: &[],
        }
        .run();
        let (status, text) = node.end();
        assert_eq!(status, Some(1), "{toml}: {text}");
        assert!(text.contains(message), "{toml}: {text}");
    }
}

#[test]
fn the_profile_makes_a_key_manager_of_the_control_plane() {
    let network = Network::new(6);
    let toml = toml::common();
    let node = Start {
        home: "wso2am-acp-4.7.0",
        pod: "km-0",
        ip: network.ip(1),
        toml: &toml,
        variables: &[("PROFILE_NAME", "key-manager")],
    }
    .run();
    let seen = node.wait_for("the start", |seen| seen.open);
    assert_eq!(
        seen.identity.role,
        Role::from_name("key-manager").expect("a role")
    );
    assert_eq!(
        seen.ports
            .iter()
            .map(|port| port.number)
            .collect::<Vec<_>>(),
        [9443, 9763]
    );
    assert!(!node.is_open(9611));
}
