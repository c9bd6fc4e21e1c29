//! Nobody starts before those it listens to.

use serde_json::{Value, json};

use crate::support::{attempts, release};

#[test]
fn listeners_wait_for_the_event_hub_first() {
    let release = release(4, json!({}));
    assert_eq!(
        release.init_names("gateway"),
        ["wait-for-event-hub", "wait-for-throttling"]
    );
    assert_eq!(
        release.init_names("traffic-manager"),
        ["wait-for-event-hub"]
    );
    assert_eq!(release.init_names("key-manager"), ["wait-for-event-hub"]);
    assert_eq!(
        release.init_names("control-plane"),
        ["node-database", "wait-for-first-node"]
    );
}

#[test]
fn the_only_node_of_a_peer_must_go_on_accepting_once() {
    let of = |pattern, values, role: &str| {
        let release = release(pattern, values);
        release
            .script("gateway", &format!("wait-for-{role}"))
            .contains("\"$missed\" = yes")
    };
    // The all-in-one of pattern 2 is event hub and throttles.
    assert!(of(2, json!({}), "event-hub"));
    assert!(!of(2, json!({}), "throttling"));
    assert!(
        !of(3, json!({}), "event-hub"),
        "one of two nodes always accepts"
    );
    let endpoints = json!({"throttling": {"throttle_decision_endpoints": ["tcp://tm:5672"]}});
    let single = json!({"gateway": {"config": {"apim": endpoints}}});
    assert!(
        of(3, single, "throttling"),
        "another server than the event hub"
    );
    let off = json!({"gateway": {"startup": {"settleSeconds": 0}}});
    assert!(!of(2, off, "event-hub"));
}

#[test]
fn a_single_node_that_listens_to_itself_waits_for_nobody() {
    assert_eq!(
        release(0, json!({})).init_names("all-in-one"),
        ["node-database", "shared-databases"]
    );
    assert_eq!(
        release(2, json!({})).init_names("all-in-one"),
        ["node-database"]
    );
}

#[test]
fn waits_stand_between_the_charts_own_and_the_users_init_containers() {
    let user = json!([{"name": "drivers", "image": "example"}]);
    let values =
        json!({"controlPlane": {"initContainers": user}, "gateway": {"initContainers": user}});
    let release = release(3, values);
    assert_eq!(
        release.init_names("control-plane"),
        ["node-database", "wait-for-first-node", "drivers"]
    );
    assert_eq!(
        release.init_names("gateway"),
        ["wait-for-event-hub", "wait-for-throttling", "drivers"]
    );
}

#[test]
fn a_value_turns_the_waits_of_one_component_off() {
    let values = json!({"gateway": {"startup": {"waitForPeers": false}}, "controlPlane": {"startup": {"waitForPeers": false}}});
    let release = release(3, values);
    assert!(release.init_names("gateway").is_empty());
    assert!(release.pod("gateway").get("initContainers").is_none());
    assert_eq!(release.init_names("control-plane"), ["node-database"]);
    assert_eq!(
        release.init_names("traffic-manager"),
        ["wait-for-event-hub"]
    );
}

#[test]
fn a_value_bounds_the_wait() {
    let values = json!({"gateway": {"startup": {"waitSeconds": 90}}});
    let release = release(3, values);
    let script = release.script("gateway", "wait-for-event-hub");
    assert!(
        script.contains("while [ \"$SECONDS\" -lt 90 ]; do"),
        "{script}"
    );
    assert!(script.contains("at most 90 s"), "{script}");
}

#[test]
fn every_node_is_tried_at_its_port_with_the_offset() {
    let values = json!({"controlPlane": {"portOffset": 7}, "fullnameOverride": "a-name-that-is-much-too-long-for-a-service"});
    let release = release(3, values);
    let gateway = release
        .all("Deployment")
        .next()
        .expect("gateways are a Deployment");
    let script = gateway["spec"]["template"]["spec"]["initContainers"][0]["args"][0]
        .as_str()
        .expect("a script");
    let name = gateway["metadata"]["name"]
        .as_str()
        .and_then(|name| name.strip_suffix("-gateway"))
        .expect("the name ends so");
    let control_plane = format!("{name}-control-plane");
    assert_eq!(
        attempts(script),
        [0, 1].map(|node| format!("{control_plane}-{node}.{control_plane}-headless/5679"))
    );
}

fn listening_to(endpoints: &Value) -> Value {
    json!({"gateway": {"config": {"apim": {"event_hub": {"event_listening_endpoints": endpoints}}}}})
}

#[test]
fn peers_elsewhere_are_waited_for_where_config_says() {
    let endpoints = json!([
        "tcp://hub-0.example.com:5672?retries='5'",
        "$env{HUB}",
        "tcp://hub-1.example.com:5673"
    ]);
    let release = release(3, listening_to(&endpoints));
    assert_eq!(
        attempts(release.script("gateway", "wait-for-event-hub")),
        ["hub-0.example.com/5672", "hub-1.example.com/5673"]
    );
    let throttling = release.script("gateway", "wait-for-throttling");
    assert_eq!(
        attempts(throttling)[0],
        "apim-traffic-manager-0.apim-traffic-manager-headless/5672"
    );
}

#[test]
fn nobody_waits_for_what_cannot_be_known() {
    for endpoints in [
        json!(["$env{HUB_0}", "tcp://$env{HUB_1}:5672"]),
        json!(["tcp://a'; rm -rf /; ':5672"]),
        json!([
            "amqp://hub:5672",
            "tcp://hub",
            "tcp://:5672",
            "tcp://hub:",
            5672
        ]),
    ] {
        let release = release(3, listening_to(&endpoints));
        assert_eq!(
            release.init_names("gateway"),
            ["wait-for-throttling"],
            "{endpoints}"
        );
    }
}

#[test]
fn config_without_the_key_changes_nothing() {
    for config in [
        json!({"apim": null}),
        json!({"apim": {"event_hub": {"event_listening_endpoints": []}}}),
        json!({"apim": {"cors": {"allow_origins": ["*"]}}}),
    ] {
        let release = release(3, json!({"gateway": {"config": config}}));
        let script = release.script("gateway", "wait-for-event-hub");
        assert_eq!(attempts(script).len(), 2, "{config}");
    }
}

#[test]
fn waits_are_small_and_as_confined_as_the_server() {
    let release = release(3, json!({}));
    let pod = release.pod("gateway");
    for wait in release.init_containers("gateway") {
        assert_eq!(wait["image"], pod["containers"][0]["image"]);
        assert_eq!(
            wait["securityContext"],
            pod["containers"][0]["securityContext"]
        );
        assert_eq!(
            wait["resources"],
            json!({"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}})
        );
    }
}
