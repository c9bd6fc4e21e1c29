//! Listeners on the event hub's topics: deaf from the start, on one broker of the list, and back after an outage.

#[allow(dead_code)]
mod support;

use am_standin::edge::Purpose;
use am_standin::event::Topic;
use am_standin::observations::{LinkObservation, Observations};
use support::database::{Database, shared};
use support::{Network, Standin, Start, start, toml, wait_until};

const GATEWAY: &str = "wso2am-universal-gw-4.7.0";
const CONTROL_PLANE: &str = "wso2am-acp-4.7.0";
const LABELS: &str = "[\"Default\"]";

/// The listener on the event hub.
fn listener(seen: &Observations) -> &LinkObservation {
    let mut listeners = seen.story.subscriptions.iter();
    listeners
        .find(|link| link.purpose == Purpose::EventListening)
        .expect("a listener")
}

fn listens(seen: &Observations) -> bool {
    seen.ready && listener(seen).peer.is_some()
}

fn has_heard(seen: &Observations, id: &str) -> bool {
    let heard = seen.story.heard.get(&Topic::TokenRevocation);
    heard.is_some_and(|heard| heard.iter().any(|event| event == id))
}

fn deploy(hub: &Standin, api: &str) {
    let (code, answer) = hub.command("/standin/deploy", &format!(r#"{{"api": "{api}"}}"#));
    assert_eq!(code, 200, "{answer}");
}

fn wait_for_api(gateway: &Standin, api: &str) {
    wait_until(api, || match gateway.get(8280, &format!("/{api}"), None) {
        Some(200) => Ok(()),
        other => Err(format!("{other:?}")),
    });
}

#[test]
fn a_listener_that_starts_before_its_event_hub_is_deaf_for_ever_on_a_ready_node() {
    let network = Network::new(0);
    let (early_ip, late_ip, hub_ip) = (network.ip(1), network.ip(2), network.ip(3));
    let toml = toml::gateway(&[network.ip(4)], &[hub_ip], LABELS);
    let early = start(GATEWAY, "gateway-early", early_ip, &toml);
    let seen = early.wait_for("deafness", |seen| seen.open && listener(seen).deaf);
    assert!(listener(&seen).urls[0].contains(&hub_ip.to_string()));
    assert!(
        seen.warnings
            .iter()
            .any(|text| text.contains("deaf") || text.contains("hears nothing"))
    );
    let hub_toml = toml::control_plane(hub_ip, &[hub_ip], early_ip);
    let hub = start(CONTROL_PLANE, "cp-0", hub_ip, &hub_toml);
    early.wait_for("readiness", |seen| seen.ready);
    let late = start(GATEWAY, "gateway-late", late_ip, &toml);
    late.wait_for("a listener", listens);

    deploy(&hub, "pizza");
    wait_for_api(&late, "pizza");
    assert_eq!(early.get(8280, "/pizza", None), Some(404));
    let seen = early.observations().expect("observations");
    assert!(seen.ready && listener(&seen).deaf && listener(&seen).connections == 0);
    let seen = late.observations().expect("observations");
    assert!(!listener(&seen).deaf);
}

#[test]
fn a_list_of_endpoints_is_one_connection_that_moves_on_when_it_breaks() {
    let network = Network::new(1);
    let (gateway_ip, hubs) = (network.ip(1), [network.ip(2), network.ip(3)]);
    let [first, second] = hubs.map(|ip| {
        let toml = toml::control_plane(ip, &hubs, gateway_ip);
        let hub = start(CONTROL_PLANE, &format!("cp-{ip}"), ip, &toml);
        hub.wait_for("the start", |seen| seen.open);
        hub
    });
    let toml = toml::gateway(&[network.ip(4)], &hubs, LABELS);
    let gateway = start(GATEWAY, "gateway-0", gateway_ip, &toml);
    let seen = gateway.wait_for("a listener", listens);
    let link = listener(&seen);
    assert_eq!(link.urls.len(), 2);
    assert_eq!(
        link.url.as_deref(),
        Some(format!("tcp://{}:5672", hubs[0]).as_str())
    );
    assert_eq!(link.key, "apim.event_hub.event_listening_endpoints");
    drop(first);
    gateway.wait_for("the other broker", |seen| {
        let link = listener(seen);
        link.connections == 2 && link.url.as_deref() == Some(&format!("tcp://{}:5672", hubs[1]))
    });
    let (code, answer) = second.command("/standin/notify", r#"{"token": "a"}"#);
    assert_eq!((code, answer.as_str()), (200, r#"{"event":"revoked/a"}"#));
    gateway.wait_for("the event", |seen| has_heard(seen, "revoked/a"));
}

#[test]
fn a_listener_comes_back_after_an_outage_and_never_learns_what_it_missed() {
    let network = Network::new(2);
    let (gateway_ip, hub_ip, database_ip) = (network.ip(1), network.ip(2), network.ip(3));
    let folder = tempfile::tempdir().expect("a folder");
    let _database = Database::start(database_ip, folder.path());
    let hub_toml = shared(
        &toml::control_plane(hub_ip, &[hub_ip], gateway_ip),
        database_ip,
    );
    let hub = start(CONTROL_PLANE, "cp-0", hub_ip, &hub_toml);
    hub.wait_for("the start", |seen| seen.open);
    let toml = toml::gateway(&[network.ip(4)], &[hub_ip], LABELS);
    let gateway = Start {
        home: GATEWAY,
        pod: "gateway-0",
        ip: gateway_ip,
        toml: &toml,
        variables: &[("STANDIN_RECONNECT_DELAY", "100ms")],
    }
    .run();
    gateway.wait_for("a listener", listens);
    drop(hub);
    gateway.wait_for("the outage", |seen| listener(seen).peer.is_none());

    // Its command port is open before any other, so that what is deployed now is heard by nobody.
    let hub = Start {
        home: CONTROL_PLANE,
        pod: "cp-0",
        ip: hub_ip,
        toml: &hub_toml,
        variables: &[("STANDIN_STARTUP_DELAY", "2s")],
    }
    .run();
    hub.wait_for("the process", |seen| !seen.open);
    deploy(&hub, "missed");
    gateway.wait_for("the connection", |seen| {
        listens(seen) && listener(seen).connections == 2
    });
    hub.wait_for("the start", |seen| seen.open);
    deploy(&hub, "heard");
    wait_for_api(&gateway, "heard");
    assert_eq!(gateway.get(8280, "/missed", None), Some(404));

    drop(gateway);
    let restarted = start(GATEWAY, "gateway-1", gateway_ip, &toml);
    restarted.wait_for("a listener", listens);
    wait_for_api(&restarted, "missed");
}

#[test]
fn the_broker_s_port_opens_before_the_others() {
    let network = Network::new(3);
    let toml = toml::control_plane(network.ip(1), &[network.ip(1)], network.ip(2));
    let hub = Start {
        home: CONTROL_PLANE,
        pod: "cp-0",
        ip: network.ip(1),
        toml: &toml,
        variables: &[("STANDIN_STARTUP_DELAY", "6s"), ("STANDIN_JMS_LEAD", "5s")],
    }
    .run();
    wait_until("the broker", || {
        hub.is_open(5672).then_some(()).ok_or_else(String::new)
    });
    assert!(!hub.is_open(9443) && !hub.is_open(9611));
    hub.wait_for("the start", |seen| seen.open);
    assert!(hub.is_open(9443) && hub.is_open(9611));
}
