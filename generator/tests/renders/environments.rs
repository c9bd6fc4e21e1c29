//! Gateway environments: what the portals offer, and which APIs gateways deploy.

use serde_json::{Value, json};

use crate::support::{refusal, release};

fn pools(more: Value) -> Value {
    let mut values = json!({
        "hostnames": {"gateway": "gw.example.com", "websocket": "ws.example.com"},
        "gatewayEnvironments": [
            {
                "name": "internal",
                "type": "production",
                "description": "For our own applications",
                "service": {"host": "gateways.internal.example.net", "port": 443},
                "hostnames": {"gateway": "api.internal.example.net", "websocket": "ws.internal.example.net"},
                "ports": {"gateway": 8243},
            },
            {
                "name": "asia",
                "service": {"host": "apim-gateway.asia"},
                "hostnames": {"gateway": "api.asia.example.com", "websocket": "ws.asia.example.com", "websub": "websub.asia.example.com"},
            },
        ],
    });
    values
        .as_object_mut()
        .expect("a table")
        .extend(more.as_object().expect("a table").clone());
    values
}

#[test]
fn the_portals_offer_every_pool() {
    let toml = release(3, pools(json!({}))).toml("control-plane");
    let environments: Vec<&str> = toml.split("[[apim.gateway.environment]]").skip(1).collect();
    assert_eq!(environments.len(), 3, "{toml}");
    for line in [
        "name = \"internal\"",
        "type = \"production\"",
        "service_url = \"https://gateways.internal.example.net:443/services/\"",
        "https_endpoint = \"https://api.internal.example.net:8243\"",
        "wss_endpoint = \"wss://ws.internal.example.net:443\"",
        "username = \"$env{AM_ADMIN_USERNAME}\"",
    ] {
        assert!(environments[1].contains(line), "{line}\n{toml}");
    }
    for line in [
        "name = \"asia\"",
        "type = \"hybrid\"",
        "service_url = \"https://apim-gateway.asia:9443/services/\"",
        "websub_event_receiver_https_endpoint = \"https://websub.asia.example.com\"",
    ] {
        assert!(environments[2].contains(line), "{line}\n{toml}");
    }
    assert!(!environments[1].contains("websub") && !environments[1].contains("http://"));
}

#[test]
fn gateways_serve_their_environment_and_those_of_labels() {
    let values = pools(json!({"gatewayEnvironment": {"name": "public", "labels": ["asia"]}}));
    let toml = release(3, values).toml("gateway");
    assert!(
        toml.contains("gateway_labels = [\"public\", \"asia\"]"),
        "{toml}"
    );
}

#[test]
fn a_label_of_no_environment_is_refused() {
    let message = refusal(3, json!({"gatewayEnvironment": {"labels": ["asia"]}}));
    assert!(
        message.contains("gatewayEnvironment.labels names asia, which is no environment of the portals (Default): add it to gatewayEnvironments"),
        "{message}"
    );
}

#[test]
fn two_environments_of_one_name_are_refused() {
    let message = refusal(
        3,
        pools(json!({"gatewayEnvironment": {"name": "internal"}})),
    );
    assert!(
        message.contains("gatewayEnvironments: the name internal is there twice, or is that of gatewayEnvironment"),
        "{message}"
    );
}
