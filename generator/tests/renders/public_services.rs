//! Public Services, and the port under which users see an endpoint.

use serde_json::{Value, json};

use crate::support::{refusal, release};

fn public(exposure: Value) -> Value {
    json!({
        "hostnames": {
            "management": "am.example.com",
            "gateway": "gw.example.com",
            "websocket": "gw.example.com",
        },
        "exposure": exposure,
    })
}

#[test]
fn a_public_service_has_the_ports_for_users_and_no_others() {
    let release = release(
        3,
        public(json!({
            "ingress": {"enabled": true},
            "publicServices": {"gateway": {
                "enabled": true,
                "annotations": {"scheme": "internet-facing"},
                "loadBalancerClass": "service.k8s.aws/nlb",
                "loadBalancerSourceRanges": ["203.0.113.0/24"],
                "externalTrafficPolicy": "Local",
                "ipFamilyPolicy": "PreferDualStack",
                "ipFamilies": ["IPv4", "IPv6"],
            }},
        })),
    );
    let service = release
        .find("Service", "apim-gateway-public")
        .expect("a public Service");
    assert_eq!(
        service["metadata"]["annotations"],
        json!({"scheme": "internet-facing"})
    );
    let spec = &service["spec"];
    assert_eq!(
        spec["ports"],
        json!([
            {"name": "gateway-https", "port": 443, "targetPort": "gateway-https", "protocol": "TCP"},
            {"name": "wss", "port": 8099, "targetPort": "wss", "protocol": "TCP"},
        ])
    );
    assert_eq!(spec["type"], "LoadBalancer");
    assert_eq!(spec["loadBalancerClass"], "service.k8s.aws/nlb");
    assert_eq!(spec["loadBalancerSourceRanges"], json!(["203.0.113.0/24"]));
    assert_eq!(spec["externalTrafficPolicy"], "Local");
    assert_eq!(spec["ipFamilyPolicy"], "PreferDualStack");
    assert_eq!(spec["ipFamilies"], json!(["IPv4", "IPv6"]));

    // What it publishes needs no route, and is advertised where it is published.
    assert!(release.find("Ingress", "apim-gateway").is_none());
    assert!(release.find("Ingress", "apim-management").is_some());
    let toml = release.toml("control-plane");
    assert!(toml.contains("https_endpoint = \"https://gw.example.com\""));
    assert!(toml.contains("wss_endpoint = \"wss://gw.example.com:8099\""));
}

#[test]
fn its_selector_finds_the_pods_and_differs_from_that_of_the_other_service() {
    let mut values = public(json!({"publicServices": {"management": {"enabled": true}}}));
    values["hostnames"]["websocket"] = "ws.example.com".into();
    let release = release(5, values);
    let selector = |name: &str| {
        let service = release.find("Service", name).expect("a Service");
        service["spec"]["selector"].clone()
    };
    let public = selector("apim-management-public");
    assert_ne!(public, selector("apim-all-in-one"));
    let pod = release
        .find("StatefulSet", "apim-all-in-one")
        .expect("a workload");
    let labels = &pod["spec"]["template"]["metadata"]["labels"];
    for (name, value) in public.as_object().expect("labels") {
        assert_eq!(labels[name], *value);
    }
}

#[test]
fn the_service_of_a_component_is_never_published_whole() {
    let message = refusal(3, json!({"gateway": {"service": {"type": "LoadBalancer"}}}));
    assert!(
        message.contains("gateway.service.type is LoadBalancer")
            && message.contains("servlet-https")
            && message.contains(
                "publish the ports for users with exposure.publicServices.gateway.enabled"
            ),
        "{message}"
    );
    let message = refusal(
        3,
        json!({"trafficManager": {"service": {"type": "LoadBalancer"}}}),
    );
    assert!(
        message.contains("trafficManager.service.type is LoadBalancer")
            && message.contains("leave it at ClusterIP")
            && !message.contains("publicServices"),
        "{message}"
    );
    let message = refusal(
        1,
        json!({"allInOne": {"service": {"type": "LoadBalancer"}}}),
    );
    assert!(
        message.contains("jms")
            && message.contains("exposure.publicServices.management.enabled or exposure.publicServices.gateway.enabled"),
        "{message}"
    );
}

#[test]
fn a_public_service_that_publishes_nothing_is_refused() {
    let message = refusal(
        3,
        json!({"exposure": {"publicServices": {"gateway": {"enabled": true}}}}),
    );
    assert!(
        message.contains("exposure.publicServices.gateway.enabled is true, but it would publish nothing: set hostnames.gateway or hostnames.websocket or hostnames.websub"),
        "{message}"
    );
    let message = refusal(
        3,
        public(
            json!({"publicServices": {"gateway": {"enabled": true, "ports": {"websocket": 443}}}}),
        ),
    );
    assert!(
        message.contains(
            "exposure.publicServices.gateway.ports: gateway and websocket cannot both have port 443"
        ) || message.contains("gw.example.com:443 is one of gateway and of websocket"),
        "{message}"
    );
}

#[test]
fn a_public_port_is_followed_into_every_address() {
    let release = release(
        3,
        json!({
            "hostnames": {
                "management": "am.example.com",
                "gateway": "gw.example.com",
                "websocket": "ws.example.com",
                "websub": "websub.example.com",
            },
            "exposure": {
                "publicPort": 8443,
                "endpoints": {"websocket": {"publicPort": 9443}},
                "gatewayApi": {"enabled": true, "gateway": {"create": true, "className": "envoy", "tlsSecret": "apim-tls"}},
            },
        }),
    );
    let toml = release.toml("control-plane");
    for address in [
        "proxyPort = 8443",
        "url = \"https://am.example.com:8443/devportal\"",
        "callback_endpoint = \"https://am.example.com:8443/api/am/admin/v4/workflows/update-workflow-status\"",
        "https_endpoint = \"https://gw.example.com:8443\"",
        "wss_endpoint = \"wss://ws.example.com:9443\"",
        "websub_event_receiver_https_endpoint = \"https://websub.example.com:8443\"",
    ] {
        assert!(toml.contains(address), "{address}\n{toml}");
    }
    let gateway = release.find("Gateway", "apim").expect("a Gateway");
    let ports: Vec<_> = gateway["spec"]["listeners"]
        .as_array()
        .expect("listeners")
        .iter()
        .map(|listener| listener["port"].clone())
        .collect();
    assert_eq!(ports, [8443, 8443, 9443, 8443]);
}

#[test]
fn clear_text_is_advertised_only_where_it_is_served() {
    let plain = ["http://gw", "ws://ws", "http_endpoint", "ws_endpoint ="];
    let hosts = json!({"hostnames": {
        "gateway": "gw.example.com", "websocket": "ws.example.com", "websub": "websub.example.com"
    }});
    for pattern in 0..=5 {
        let component = if pattern == 3 || pattern == 4 {
            "control-plane"
        } else {
            "all-in-one"
        };
        let toml = release(pattern, hosts.clone()).toml(component);
        for address in plain {
            assert!(!toml.contains(address), "pattern {pattern}: {address}");
        }
        // The product takes its own port, 8099, for a missing one.
        assert!(toml.contains("wss_endpoint = \"wss://ws.example.com:443\""));
    }
    let inside = release(3, json!({})).toml("control-plane");
    assert!(inside.contains("http_endpoint = \"http://apim-gateway:8280\""));
    assert!(inside.contains("ws_endpoint = \"ws://apim-gateway:9099\""));
}
