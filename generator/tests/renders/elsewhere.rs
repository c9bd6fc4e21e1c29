//! Components that run in another release, cluster or machine.

use serde_json::{Value, json};

use crate::support::{Release, attempts, refusal, release};

/// A control plane elsewhere: one name, two nodes, of which one has a port of its own.
fn control_plane() -> Value {
    json!({"enabled": false, "addresses": {
        "service": {"host": "cp.example.com", "ports": {"servlet-https": 443}},
        "nodes": [{"host": "cp-0.example.com", "ports": {"jms": 8672}}, {"host": "cp-1.example.com"}],
        "peers": [{"ipBlock": {"cidr": "10.20.0.0/16"}}],
    }})
}

fn given(mut values: Value) -> Value {
    values["credentials"]["existingSecret"] = json!("apim-credentials");
    values
}

/// The gateways and traffic managers of pattern 3, whose control plane is elsewhere.
fn data_plane() -> Release {
    release(
        3,
        given(json!({"controlPlane": control_plane(), "networkPolicy": {"enabled": true}})),
    )
}

#[test]
fn nothing_of_a_component_that_runs_elsewhere_is_installed() {
    let release = data_plane();
    let mut kinds = 0;
    for kind in [
        "StatefulSet",
        "Service",
        "ServiceAccount",
        "ConfigMap",
        "PodDisruptionBudget",
        "NetworkPolicy",
        "Pod",
    ] {
        for document in release.all(kind) {
            let labels = &document["metadata"]["labels"];
            assert_ne!(
                labels["app.kubernetes.io/component"], "control-plane",
                "{kind}"
            );
            let name = document["metadata"]["name"].as_str().expect("a name");
            assert!(!name.contains("control-plane"), "{kind} {name}");
            kinds += 1;
        }
    }
    assert!(kinds > 10, "{kinds}");
    // Neither gateways nor traffic managers use the databases.
    assert!(release.find("StatefulSet", "apim-database").is_none());
}

#[test]
fn edges_lead_to_the_addresses_that_are_given() {
    let release = data_plane();
    let gateway = release.toml("gateway");
    for line in [
        r#"service_url = "https://cp.example.com:443/services/""#,
        r#"event_listening_endpoints = ["tcp://cp-0.example.com:8672", "tcp://cp-1.example.com:5672"]"#,
        r#"service_url = "https://apim-traffic-manager:9443/services/""#,
    ] {
        assert!(gateway.contains(line), "{line} in\n{gateway}");
    }
    assert!(!gateway.contains("apim-control-plane"), "{gateway}");
    let waits = release.script("traffic-manager", "wait-for-event-hub");
    assert_eq!(
        attempts(waits),
        ["cp-0.example.com/8672", "cp-1.example.com/5672"]
    );
}

#[test]
fn every_node_of_a_group_has_both_of_its_ports() {
    let nodes = json!([
        {"host": "tm.example.com", "ports": {"thrift": 30611, "thrift-ssl": 30711, "jms": 30672}},
        {"host": "tm.example.com", "ports": {"thrift": 30612, "thrift-ssl": 30712, "jms": 30673}},
    ]);
    let addresses = json!({"service": {"host": "tm.example.com"}, "nodes": nodes});
    let values = json!({"trafficManager": {"enabled": false, "addresses": addresses}});
    let release = release(3, given(values));
    let gateway = release.toml("gateway");
    for (receiver, authentication) in [(30611, 30711), (30612, 30712)] {
        assert!(gateway.contains(&format!("[\"tcp://tm.example.com:{receiver}\"]")));
        assert!(gateway.contains(&format!("[\"ssl://tm.example.com:{authentication}\"]")));
    }
}

#[test]
fn policies_open_the_way_there_and_from_there() {
    let release = data_plane();
    let there = json!([{"ipBlock": {"cidr": "10.20.0.0/16"}}]);
    let policy = release
        .find("NetworkPolicy", "apim-gateway")
        .expect("a policy");
    let rule = |direction: &str, peers: &str| {
        let rules = policy["spec"][direction].as_array().expect("rules").iter();
        let ports = |rule: &Value| -> Vec<u64> {
            let ports = rule["ports"].as_array().expect("ports").iter();
            ports.filter_map(|port| port["port"].as_u64()).collect()
        };
        rules.clone().find(|rule| rule[peers] == there).map(ports)
    };
    assert_eq!(rule("egress", "to"), Some(vec![443, 8672, 5672]));
    assert_eq!(rule("ingress", "from"), Some(vec![9443]));
}

#[test]
fn routes_and_listeners_are_made_for_what_the_release_runs() {
    let values = json!({
        "gateway": {"enabled": false, "addresses": {"service": {"host": "gw.example.org"}}},
        "hostnames": {"management": "am.example.com", "gateway": "api.example.com"},
        "exposure": {"gatewayApi": {"enabled": true, "gateway": {"create": true, "className": "x", "tlsSecret": "apim-tls"}}},
    });
    let release = release(3, given(values));
    let routes: Vec<&Value> = release
        .all("HTTPRoute")
        .map(|route| &route["spec"]["hostnames"][0])
        .collect();
    assert_eq!(routes, ["am.example.com"]);
    let gateway = release.find("Gateway", "apim").expect("a Gateway");
    let listeners = gateway["spec"]["listeners"].as_array().map(Vec::len);
    assert_eq!(listeners, Some(1));
    let portals = release.toml("control-plane");
    assert!(
        portals.contains(r#"https_endpoint = "https://api.example.com""#),
        "{portals}"
    );
    assert!(portals.contains(r#"service_url = "https://gw.example.org:9443/services/""#));
}

#[test]
fn what_is_missing_or_for_nothing_is_refused_by_the_name_of_its_value() {
    let without = |path: &[&str]| {
        let mut component = control_plane();
        let (last, parents) = path.split_last().expect("a path");
        let parent = parents
            .iter()
            .fold(&mut component, |at, name| &mut at[*name]);
        parent.as_object_mut().expect("a table").remove(*last);
        given(json!({"controlPlane": component, "networkPolicy": {"enabled": true}}))
    };
    let with = |addresses: Value| {
        let mut component = control_plane();
        for (key, value) in addresses.as_object().expect("a table") {
            component["addresses"][key] = value.clone();
        }
        given(json!({"controlPlane": component}))
    };
    let off = json!({"enabled": false});
    for (pattern, values, part) in [
        (
            3,
            without(&["addresses", "service", "host"]),
            "set controlPlane.addresses.service.host",
        ),
        (
            3,
            without(&["addresses", "nodes"]),
            "list every node in controlPlane.addresses.nodes, at least 2",
        ),
        (
            3,
            without(&["addresses", "peers"]),
            "set controlPlane.addresses.peers",
        ),
        (3, without(&["enabled"]), "controlPlane.enabled is true"),
        (
            3,
            json!({"controlPlane": control_plane()}),
            "credentials.existingSecret",
        ),
        (
            3,
            json!({"controlPlane": off, "trafficManager": off, "gateway": off}),
            "every component is switched off",
        ),
        (
            3,
            with(json!({"service": {"host": "a", "ports": {"jms": 1}}})),
            "the ports are servlet-https",
        ),
        (
            3,
            with(json!({"nodes": [{"host": "a"}, {"host": "b", "ports": {"jmx": 1}}]})),
            "controlPlane.addresses.nodes[1].ports: nobody connects to jmx",
        ),
        (
            3,
            with(json!({"nodes": [{"host": "a"}, {"host": "a"}]})),
            "leads to a:5672 (jms) twice",
        ),
        (
            3,
            given(json!({"gateway": {"enabled": false, "addresses": {"nodes": []}}})),
            "'nodes' not allowed",
        ),
        (
            4,
            given(json!({"controlPlane": control_plane()})),
            "set database.mode to external",
        ),
        (1, json!({"allInOne": off}), "'enabled' not allowed"),
    ] {
        let said = refusal(pattern, values);
        assert!(said.contains(part), "{part} in {said}");
    }
}
