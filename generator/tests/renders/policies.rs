//! Who may connect to whom.

use serde_json::{Value, json};

use crate::support::{Release, release};

fn policy(pattern: u32, component: &str, mut values: Value) -> Value {
    values["networkPolicy"]["enabled"] = json!(true);
    let release: Release = release(pattern, values);
    let policy = release.find("NetworkPolicy", &format!("apim-{component}"));
    policy.expect("a policy")["spec"].clone()
}

fn rules(policy: &Value, direction: &str) -> Vec<Value> {
    policy[direction].as_array().cloned().unwrap_or_default()
}

#[test]
fn every_component_takes_more_rules() {
    let rule = json!({"ports": [{"port": 7, "protocol": "TCP"}]});
    let more = json!({"ingress": [rule], "egress": [rule]});
    for (component, key) in [
        ("control-plane", "controlPlane"),
        ("gateway", "gateway"),
        ("traffic-manager", "trafficManager"),
        ("key-manager", "keyManager"),
    ] {
        let policy = policy(4, component, json!({key: {"networkPolicy": more}}));
        for direction in ["ingress", "egress"] {
            assert!(
                rules(&policy, direction).contains(&rule),
                "{component} {direction}"
            );
        }
    }
}

#[test]
fn portals_connect_anywhere_unless_a_value_narrows_them() {
    let anywhere = json!({});
    let open = policy(3, "control-plane", json!({}));
    assert!(rules(&open, "egress").contains(&anywhere));
    let mail = json!({"ports": [{"port": 587, "protocol": "TCP"}]});
    let narrowed = policy(
        3,
        "control-plane",
        json!({"networkPolicy": {"portals": [mail]}}),
    );
    assert!(rules(&narrowed, "egress").contains(&mail));
    assert!(!rules(&narrowed, "egress").contains(&anywhere));
    assert!(!rules(&policy(3, "traffic-manager", json!({})), "egress").contains(&anywhere));
}

/// Who may reach a port, where a rule for more than the chart's own pods names it.
fn clients(policy: &Value, port: u16) -> Option<Value> {
    rules(policy, "ingress")
        .into_iter()
        .filter(|rule| {
            let ports = rule["ports"].as_array().expect("ports");
            ports.iter().any(|named| named["port"] == port)
        })
        .map(|rule| rule.get("from").cloned().unwrap_or(Value::Null))
        .find(|from| !from.to_string().contains("podSelector"))
}

#[test]
fn gateways_without_host_names_are_reached_from_inside_the_cluster() {
    let inside = json!([{"namespaceSelector": {}}]);
    let internal = policy(3, "gateway", json!({}));
    assert_eq!(clients(&internal, 8243).as_ref(), Some(&inside));
    assert_eq!(clients(&internal, 8280).as_ref(), Some(&inside));
    let public = policy(
        3,
        "gateway",
        json!({"hostnames": {"gateway": "api.example.com"}}),
    );
    assert_eq!(clients(&public, 8243), Some(Value::Null));
    assert_eq!(clients(&public, 8280), None);
    let team = json!([{"namespaceSelector": {"matchLabels": {"team": "a"}}}]);
    let narrowed = policy(3, "gateway", json!({"networkPolicy": {"clients": team}}));
    assert_eq!(clients(&narrowed, 8243), Some(team.clone()));
    assert_eq!(clients(&narrowed, 8280), Some(team));
}
