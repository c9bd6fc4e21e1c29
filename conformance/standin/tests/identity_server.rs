//! An identity server in the place of a key manager: whom it tells of revoked tokens, and who believes it.

#[allow(dead_code)]
mod support;

use std::net::Ipv4Addr;

use am_standin::event::Topic;
use serde_json::{Value, json};
use support::{Network, Standin, identity_server, start, toml};

const GATEWAY: &str = "wso2am-universal-gw-4.7.0";
const CONTROL_PLANE: &str = "wso2am-acp-4.7.0";
const KEY_MANAGERS: &str = "/api/am/admin/v4/key-managers";

/// What the charts write down for it.
fn fragment(hub: Ipv4Addr) -> String {
    format!(
        r#"
[[event_listener]]
id = "token_revocation"
type = "org.wso2.carbon.identity.core.handler.AbstractIdentityHandler"
name = "org.wso2.is.notification.ApimOauthEventInterceptor"
[event_listener.properties]
notification_endpoint = "https://{hub}:9443/internal/data/v1/notify"
username = "$env{{APIM_USERNAME}}"
password = "$env{{APIM_PASSWORD}}"
'header.X-WSO2-KEY-MANAGER' = "WSO2-IS"
"#
    )
}

/// Revokes a token there; what came of the notification.
fn revoke(server: &Standin, token: &str) -> Value {
    server.wait_for("the start", |seen| seen.open);
    let body = json!({ "token": token }).to_string();
    let (status, answer) = server.command("/standin/revoke", &body);
    assert_eq!(status, 200, "{answer}");
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    answer["notified"].clone()
}

#[test]
fn a_token_that_is_revoked_there_is_heard_by_gateways_unless_the_event_hub_knows_neither_sender_nor_account()
 {
    let network = Network::new(0);
    let (hub_ip, gateway_ip) = (network.ip(1), network.ip(2));
    let hub_toml = toml::control_plane(hub_ip, &[hub_ip], gateway_ip);
    let hub = start(CONTROL_PLANE, "cp-0", hub_ip, &hub_toml);
    hub.wait_for("the start", |seen| seen.open);
    let gateway_toml = toml::gateway(&[network.ip(3)], &[hub_ip], "[\"Default\"]");
    let gateway = start(GATEWAY, "gateway-0", gateway_ip, &gateway_toml);
    gateway.wait_for("readiness", |seen| seen.ready);

    let server = identity_server(network.ip(4), &fragment(hub_ip), "secret");
    let told = revoke(&server, "heard");
    assert_eq!(
        (&told["status"], &told["by"]),
        (&json!(200), &json!("cp-0"))
    );
    let id = told["event"].as_str().expect("an event").to_owned();
    gateway.wait_for("the revocation", |seen| {
        let heard = seen.story.heard.get(&Topic::TokenRevocation);
        heard.is_some_and(|heard| heard.contains(&id))
    });

    let unknown = fragment(hub_ip).replace("WSO2-IS", "My-Login");
    let unknown = identity_server(network.ip(5), &unknown, "secret");
    let told = revoke(&unknown, "forgotten");
    assert_eq!(
        (&told["status"], &told["event"]),
        (&json!(200), &Value::Null)
    );

    let stranger = identity_server(network.ip(6), &fragment(hub_ip), "");
    assert_eq!(revoke(&stranger, "refused")["status"], 401);
}

#[test]
fn keys_are_open_to_anybody_and_tokens_are_told_to_accounts_alone() {
    let network = Network::new(1);
    let server = identity_server(network.ip(1), &fragment(network.ip(2)), "secret");
    server.wait_for("the start", |seen| seen.open);
    let ask = |path: &str| {
        let url = format!("https://{}:9443{path}", network.ip(1));
        let (status, answer) =
            server.command("/standin/request", &json!({ "url": url }).to_string());
        assert_eq!(status, 200, "{answer}");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        answer["answers"][0]["status"].clone()
    };
    assert_eq!(ask("/oauth2/jwks"), 200);
    assert_eq!(ask("/oauth2/introspect"), 401);
    assert_eq!(ask("/services/"), 404);
    let nobody = revoke(&server, "unheard");
    assert_eq!(
        (&nobody["status"], &nobody["verdict"]),
        (&Value::Null, &json!("refused"))
    );
}

#[test]
fn who_has_no_account_registers_nothing() {
    let network = Network::new(2);
    let hub_ip = network.ip(1);
    let hub_toml = toml::control_plane(hub_ip, &[hub_ip], network.ip(2));
    let hub = start(CONTROL_PLANE, "cp-0", hub_ip, &hub_toml);
    hub.wait_for("the start", |seen| seen.open);
    let url = format!("https://{hub_ip}:9443{KEY_MANAGERS}");
    let (_, answer) = hub.command("/standin/request", &json!({ "url": url }).to_string());
    assert!(answer.contains("401"), "{answer}");
}
