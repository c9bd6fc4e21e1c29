use super::*;
use crate::document::Document;
use crate::effective::Provenance;
use crate::environment::Environment;
use crate::product::{Distribution as D, Product};
use crate::testing::{of_version, pack};

fn effective(text: &str, distribution: D) -> Effective {
    let document = Document::parse(text).expect("legal TOML");
    Effective::resolve(
        &document,
        Product::new(of_version("4.7"), distribution),
        &Environment::new(),
    )
}

/// Whether the product chose the node itself because nothing else was written.
fn is_silent_self_reference(reference: &Reference) -> bool {
    let silent = [Provenance::FallbackToSelf, Provenance::ProductDefault];
    reference.is_own_node() && silent.contains(&reference.provenance)
}

/// `purpose scheme://host:port key` of every enabled reference with that purpose.
fn listed(text: &str, distribution: D, wanted: impl Fn(&Purpose) -> bool) -> Vec<String> {
    references(&effective(text, distribution))
        .into_iter()
        .filter(|reference| wanted(&reference.purpose))
        .map(|r| {
            let port = r
                .address
                .port
                .map_or_else(|| "-".to_owned(), |port| port.to_string());
            format!("{}://{}:{port} {}", r.address.scheme, r.address.host, r.key)
        })
        .collect()
}

const GATEWAY: &str = r#"
[server]
hostname = "gw.example.org"
offset = 3
server_role = "default"
[apim.key_manager]
service_url = "https://cp:9443/services/"
[apim.sync_runtime_artifacts.gateway]
gateway_labels = ["Default", "Internal"]
[apim.throttling]
service_url = "https://tm:9443/services/"
throttle_decision_endpoints = ["tcp://tm-0.tm:5672", "tcp://tm-1.tm:5672"]
[[apim.throttling.url_group]]
traffic_manager_urls = ["tcp://tm-0.tm:9611"]
traffic_manager_auth_urls = ["ssl://tm-0.tm:9711"]
[[apim.throttling.url_group]]
traffic_manager_urls = ["tcp://tm-1.tm:9611"]
traffic_manager_auth_urls = ["ssl://tm-1.tm:9711"]
type = "loadbalance"
[apim.event_hub]
service_url = "https://cp:9443/services/"
event_listening_endpoints = ["tcp://cp-0.cp:5672"]
"#;

#[test]
fn every_wiring_key_of_a_gateway_is_a_reference() {
    let wiring = |purpose: &Purpose| {
        matches!(
            purpose,
            Purpose::KeyManagerService
                | Purpose::ThrottlingService
                | Purpose::ThrottleReceiver { .. }
                | Purpose::ThrottleAuth { .. }
                | Purpose::ThrottleDecision
                | Purpose::EventHubService
                | Purpose::EventHubListening
        )
    };
    assert_eq!(
        listed(GATEWAY, pack("gw"), wiring),
        [
            "https://cp:9443 apim.key_manager.service_url",
            "https://tm:9443 apim.throttling.service_url",
            "https://cp:9443 apim.event_hub.service_url",
            "tcp://tm-0.tm:9611 apim.throttling.url_group[0].traffic_manager_urls[0]",
            "ssl://tm-0.tm:9711 apim.throttling.url_group[0].traffic_manager_auth_urls[0]",
            "tcp://tm-1.tm:9611 apim.throttling.url_group[1].traffic_manager_urls[0]",
            "ssl://tm-1.tm:9711 apim.throttling.url_group[1].traffic_manager_auth_urls[0]",
            "tcp://tm-0.tm:5672 apim.throttling.throttle_decision_endpoints[0]",
            "tcp://tm-1.tm:5672 apim.throttling.throttle_decision_endpoints[1]",
            "tcp://cp-0.cp:5672 apim.event_hub.event_listening_endpoints[0]",
        ]
    );
}

#[test]
fn an_element_of_a_list_has_its_own_place() {
    let found = references(&effective(GATEWAY, pack("gw")));
    let second = found
        .iter()
        .find(|r| r.key.to_string() == "apim.throttling.throttle_decision_endpoints[1]")
        .and_then(|r| r.span);
    assert_eq!(second.map(|span| (span.line, span.column)), Some((12, 54)));
}

#[test]
fn own_addresses_use_the_own_offset_and_are_silent() {
    let text = "[server]\noffset = 3\n";
    let found = references(&effective(text, pack("gw")));
    let expected = [
        (Purpose::KeyManagerService, "localhost", 9446),
        (Purpose::EventHubService, "localhost", 9446),
        (
            Purpose::ThrottleReceiver { group: 0 },
            "${carbon.local.ip}",
            9614,
        ),
        (
            Purpose::ThrottleAuth { group: 0 },
            "${carbon.local.ip}",
            9714,
        ),
        (Purpose::ThrottleDecision, "${carbon.local.ip}", 5675),
        (Purpose::EventHubListening, "${carbon.local.ip}", 5675),
        (Purpose::JwksUrl, "${carbon.host}", 9446),
        (Purpose::RevokeEndpoint, "localhost", 9446),
    ];
    for (purpose, host, port) in expected {
        let reference = found
            .iter()
            .find(|r| r.purpose == purpose)
            .expect("a reference");
        assert_eq!(reference.address.host, host, "{purpose:?}");
        assert_eq!(reference.address.port, Some(port), "{purpose:?}");
        assert!(is_silent_self_reference(reference), "{purpose:?}");
    }
    let written = references(&effective(
        "[apim.key_manager]\nservice_url = \"https://localhost:9443/services/\"\n",
        pack("aio"),
    ));
    assert!(written[0].is_own_node() && !is_silent_self_reference(&written[0]));
}

#[test]
fn switches_that_the_role_turns_off_disable_references() {
    let text = "[server]\nserver_role = \"default\"\n";
    let receivers = |distribution| {
        references(&effective(text, distribution))
            .into_iter()
            .find(|r| r.purpose == Purpose::ThrottleReceiver { group: 0 })
            .map(|r| r.enabled)
    };
    assert_eq!(receivers(pack("gw")), Some(true));
    assert_eq!(receivers(pack("acp")), Some(false));
    assert_eq!(receivers(pack("tm")), Some(false));
}

#[test]
fn plain_receiver_urls_win_over_groups() {
    let text = format!(
        "{}\n",
        GATEWAY.replace(
            "[apim.throttling]\n",
            "[apim.throttling]\nreceiver_url = \"{{tcp://a:9611,tcp://b:9611}},{{tcp://c:9611}}\"\nreceiver_auth_url = \"{{ssl://a:9711,ssl://b:9711}},{{ssl://c:9711}}\"\n"
                .replace("{{", "{").replace("}}", "}").as_str()
        )
    );
    assert_eq!(
        listed(&text, pack("gw"), |p| matches!(
            p,
            Purpose::ThrottleReceiver { .. }
        )),
        [
            "tcp://a:9611 apim.throttling.receiver_url",
            "tcp://b:9611 apim.throttling.receiver_url",
            "tcp://c:9611 apim.throttling.receiver_url",
        ]
    );
    assert_eq!(listed(&text, pack("gw"), |p| *p == Purpose::Other), [""; 0]);
}

#[test]
fn a_connection_factory_wins_over_decision_endpoints() {
    let text = GATEWAY.replace(
        "[apim.throttling]\n",
        "[apim.throttling]\njms.topic_connection_factory = \"amqp://a:b@clientid/carbon?brokerlist='tcp://x:5672'\"\n",
    );
    assert_eq!(
        listed(&text, pack("gw"), |p| *p == Purpose::ThrottleDecision),
        ["tcp://x:5672 apim.throttling.jms.topic_connection_factory"]
    );
}

#[test]
fn group_types_are_exact() {
    let groups = url_groups(&effective(GATEWAY, pack("gw")), false);
    let modes: Vec<UrlGroupMode> = groups.iter().map(|group| group.mode).collect();
    assert_eq!(modes, [UrlGroupMode::Failover, UrlGroupMode::LoadBalance]);
}

#[test]
fn control_plane_keys_are_references() {
    let text = r#"
[database.apim_db]
url = "jdbc:postgresql://db:5432/apim"
[database.shared_db]
type = "mysql"
hostname = "my"
port = 3306
name = "shared"
[[datasource]]
id = "EXTRA"
url = "jdbc:oracle:thin:@ora:1521/x"
[[apim.gateway.environment]]
name = "Default"
service_url = "https://gw:9443/services/"
http_endpoint = "http://gw.example.org"
[[event_listener]]
id = "token_revocation"
type = "org.wso2.carbon.identity.core.handler.AbstractIdentityHandler"
name = "org.wso2.is.notification.ApimOauthEventInterceptor"
order = 1
[event_listener.properties]
notification_endpoint = "https://localhost:${mgt.transport.https.port}/internal/data/v1/notify"
"#;
    let wanted = |p: &Purpose| {
        matches!(
            p,
            Purpose::Database { .. }
                | Purpose::GatewayEnvironmentService { .. }
                | Purpose::NotificationEndpoint
                | Purpose::Other
        )
    };
    assert_eq!(
        listed(text, pack("acp"), wanted),
        [
            "https://gw:9443 apim.gateway.environment[0].service_url",
            "https://localhost:9443 event_listener[0].properties.notification_endpoint",
            "jdbc:postgresql://db:5432 database.apim_db.url",
            "jdbc:mysql://my:3306 database.shared_db.url",
            "jdbc:oracle:thin://ora:1521 datasource[0].url",
            "http://gw.example.org:- apim.gateway.environment[0].http_endpoint",
        ]
    );
}

#[test]
fn what_nodes_share_and_call_themselves_is_read_with_its_defaults() {
    let text = "[super_admin]\nusername = \"admin\"\npassword = \"pw\"\n[keystore.primary]\nfile_name = \"p.jks\"\npassword = \"kp\"\n[encryption]\nkey = \"k\"\n[[apim.gateway.environment]]\nname = \"Default\"\n[[apim.gateway.environment]]\nname = \"Internal\"\n";
    let effective = effective(text, pack("aio"));
    let identity = effective.identity();
    assert_eq!(identity.super_admin.password.as_deref(), Some("pw"));
    assert_eq!(identity.encryption_key.as_deref(), Some("k"));
    let tls = &identity.keystores[1];
    assert_eq!(
        (
            tls.name.as_str(),
            tls.file_name.as_deref(),
            tls.password.as_deref()
        ),
        ("tls", Some("p.jks"), Some("kp"))
    );
    assert_eq!(
        identity.keystores[3].file_name.as_deref(),
        Some("client-truststore.jks")
    );
    assert_eq!(effective.gateway_environments(), ["Default", "Internal"]);
    assert_eq!(effective.gateway_labels(), ["Default"]);
    assert_eq!(effective.server_role(), None);
}

#[test]
fn an_offset_is_read_however_it_is_written() {
    for (text, offset) in [
        ("1", 1),
        ("\"2\"", 2),
        ("3.0", 3),
        ("-1", 0),
        ("\"x\"", 0),
        ("99999", 0),
    ] {
        let effective = effective(&format!("[server]\noffset = {text}\n"), pack("gw"));
        assert_eq!(effective.port_offset(), offset, "{text}");
    }
    assert_eq!(effective("", pack("gw")).port_offset(), 0);
}

#[test]
fn the_port_offset_of_the_command_line_wins() {
    let document = Document::parse("[server]\noffset = 1\n").expect("legal TOML");
    let environment = Environment::new().with_system_property("portOffset", "7");
    let product = Product::new(of_version("4.7"), pack("gw"));
    assert_eq!(
        Effective::resolve(&document, product, &environment).port_offset(),
        7
    );
}
