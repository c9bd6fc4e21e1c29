//! Servers beside API Manager: services in the catalogue, calls of a tenant, and a pair of which one node is active.

#[allow(dead_code)]
mod support;

use std::net::Ipv4Addr;

use am_standin::observations::{Observations, StreamsObservation};
use serde_json::Value;
use support::database::Database;
use support::{Network, Standin, Start, http, start, toml, wait_until};

const ORDERS: &str =
    "{key: orders-v1, name: orders, version: v1, serviceUrl: 'https://{MI_HOST}:{MI_PORT}/orders'}";

/// A server of integrations that registers at `hub`.
fn integrator(pod: &str, ip: Ipv4Addr, hub: Ipv4Addr, user: &str, app: &str) -> Standin {
    let toml = format!(
        "[server]\nhostname = \"mi\"\n[[service_catalog]]\nenable = true\napim_host = \"https://{hub}:9443\"\n\
         username = \"{user}\"\npassword = \"$env{{AM_CATALOG_PASSWORD}}\"\n"
    );
    let address = ip.to_string();
    let start = Start {
        home: "wso2mi-4.6.0",
        pod,
        ip,
        toml: &toml,
        variables: &[
            ("AM_CATALOG_PASSWORD", "secret-1"),
            ("MI_HOST", &address),
            ("MI_PORT", "8253"),
        ],
    };
    start.run_with(&[("repository/deployment/server/carbonapps/orders.car", app)])
}

fn catalogue(hub: &Standin) -> Value {
    let (status, text) = hub.command("/standin/catalog", "{}");
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn each_tenant_s_services_are_in_its_catalogue_once_and_are_called_where_they_are() {
    let network = Network::new(1);
    let (hub_ip, gateway_ip) = (network.ip(1), network.ip(2));
    let plane = toml::control_plane(hub_ip, &[hub_ip], gateway_ip);
    let hub = start("wso2am-acp-4.7.0", "cp-0", hub_ip, &plane);
    hub.wait_for("the hub", |seen| seen.open);
    let user = "catalog@acme.example.com";
    let account = format!(r#"{{"user": "{user}", "password": "secret-1"}}"#);
    assert_eq!(hub.command("/standin/enrol", &account).0, 200);

    let registered = |seen: &Observations| seen.story.registered.is_some();
    let nodes = [("mi-0", 3), ("mi-1", 4)]
        .map(|(pod, host)| integrator(pod, network.ip(host), hub_ip, user, ORDERS));
    for node in &nodes {
        let seen = node.wait_for("its services to be taken", registered);
        assert_eq!(seen.story.registered, Some(200));
        assert_eq!(node.get(9201, "/healthz", None), Some(200));
        assert_eq!(node.get(9201, "/liveness", None), Some(200));
    }
    let known = catalogue(&hub);
    let own = &known["acme.example.com"];
    assert_eq!(
        own.as_object().map(serde_json::Map::len),
        Some(1),
        "{known}"
    );
    assert_eq!(own["orders-v1"]["by"].as_array().map(Vec::len), Some(2));

    let stranger = integrator(
        "mi-2",
        network.ip(5),
        hub_ip,
        "x@globex.example.com",
        ORDERS,
    );
    let seen = stranger.wait_for("an answer", registered);
    assert_eq!(seen.story.registered, Some(401));
    let faulty = integrator("mi-3", network.ip(6), hub_ip, user, "key: [");
    faulty.wait_for("the start", |seen| seen.open);
    assert_eq!(faulty.get(9201, "/healthz", None), Some(500));
    assert_eq!(faulty.get(9201, "/liveness", None), Some(200));
    assert_eq!(catalogue(&hub), known);

    let gateway = start(
        "wso2am-universal-gw-4.7.0",
        "gateway-0",
        gateway_ip,
        &toml::gateway(&[network.ip(9)], &[hub_ip], "[\"Default\"]"),
    );
    gateway.wait_for("the gateway", |seen| seen.ready);
    let url = own["orders-v1"]["serviceUrl"].as_str().expect("an address");
    let api = format!(r#"{{"api": "t/acme.example.com/orders", "endpoint": "{url}"}}"#);
    assert_eq!(hub.command("/standin/deploy", &api).0, 200);
    let call = |path: &str| {
        let answer = http(gateway.ip, 8280, "GET", path, None, "");
        answer.expect("an answer")
    };
    wait_until("the call", || match call("/t/acme.example.com/orders/7") {
        (200, text) if text.contains(r#""served_by":"mi-"#) => Ok(()),
        other => Err(format!("{other:?}")),
    });
    assert_eq!(call("/t/globex.example.com/orders").0, 404);
    for node in nodes {
        node.kill();
    }
    let (status, text) = call("/t/acme.example.com/orders");
    assert!(status == 503 && text.contains("101503"), "{text}");
}

/// A node of a pair that beats in the database at `database`.
fn node(pod: &str, ip: Ipv4Addr, id: &str, url: &str) -> Standin {
    let yaml = format!(
        "wso2.carbon: {{id: '{id}'}}\n\
         cluster.config: {{enabled: true, groupId: si, strategyConfig: {{datasource: DB, heartbeatInterval: 100, heartbeatMaxRetry: 5}}}}\n\
         deployment.config: {{type: ha, eventSyncServer: {{port: 9893, advertisedHost: '{ip}', advertisedPort: 9893}}}}\n\
         wso2.datasources: {{dataSources: [{{name: DB, definition: {{configuration: {{jdbcUrl: '{url}'}}}}}}]}}\n"
    );
    let variables = &[("AM_NODE_NAME", pod)];
    let start = Start {
        home: "wso2si-4.4.0",
        pod,
        ip,
        toml: &yaml,
        variables,
    };
    start.run()
}

fn streams(node: &Standin) -> StreamsObservation {
    let seen = node.observations().and_then(|seen| seen.story.streams);
    seen.unwrap_or_default()
}

#[test]
fn one_node_of_a_pair_is_active_and_the_other_takes_its_place() {
    let network = Network::new(2);
    let folder = tempfile::tempdir().expect("a folder");
    let _database = Database::start(network.ip(1), folder.path());
    let url = format!("jdbc:h2:tcp://{}:9092/./cluster", network.ip(1));
    let first = node("si-0", network.ip(2), "${env:AM_NODE_NAME}", &url);
    first.wait_for("the first node", |seen| {
        seen.story.streams.as_ref().is_some_and(|told| told.active)
    });
    let second = node("si-1", network.ip(3), "${env:AM_NODE_NAME}", &url);
    second.wait_for("the second node", |seen| seen.open);
    let knows = |seen: &Observations| seen.story.streams.as_ref()?.other.clone();
    first.wait_for("the first to know the second", |seen| knows(seen).is_some());
    assert!(first.is_open(7611) && !second.is_open(7611));
    assert!(second.is_open(9090) && second.is_open(9893));

    let send = |prefix: &str| {
        let sending = format!(
            r#"{{"addresses": [["{}", 7611], ["{}", 7611]], "port": "si-thrift", "prefix": "{prefix}", "count": 5,
                "pause_ms": 10, "patience_ms": 5000}}"#,
            network.ip(2),
            network.ip(3)
        );
        let (status, text) = second.command("/standin/send", &sending);
        assert_eq!(status, 200, "{text}");
        let told: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(told["lost"], Value::Array(Vec::new()), "{told}");
        told["taken"][4]["by"].as_str().map(str::to_owned)
    };
    assert_eq!(send("a").as_deref(), Some("si-0"));
    assert_eq!(streams(&first).taken.len(), 5);
    assert_eq!(streams(&second).copied, streams(&first).taken);
    assert!(streams(&second).periods.is_empty());
    first.kill();
    assert_eq!(send("b").as_deref(), Some("si-1"));
    let told = streams(&second);
    assert!(told.active && told.taken.len() == 5, "{told:?}");
}

#[test]
fn nodes_of_one_id_or_without_a_common_database_are_both_active() {
    let network = Network::new(3);
    let folder = tempfile::tempdir().expect("a folder");
    let _database = Database::start(network.ip(1), folder.path());
    let shared = format!("jdbc:h2:tcp://{}:9092/./cluster", network.ip(1));
    let own = "jdbc:h2:${sys:carbon.home}/wso2/${sys:wso2.runtime}/database/DB";
    for (host, id, url) in [
        (2, "$(HOSTNAME)", shared.as_str()),
        (4, "${env:AM_NODE_NAME}", own),
    ] {
        let nodes =
            [0, 1].map(|number| node(&format!("si-{number}"), network.ip(host + number), id, url));
        for node in &nodes {
            node.wait_for("an active node", |seen| {
                seen.story.streams.as_ref().is_some_and(|told| told.active)
            });
        }
    }
}
