//! The way in: routes, listeners and certificates by endpoint, and what is refused.

use serde_json::{Value, json};

use crate::support::{Release, refusal, release};

/// Every endpoint has a host name.
fn exposed(exposure: Value) -> Value {
    json!({
        "hostnames": {
            "management": "am.example.com",
            "gateway": "gw.example.com",
            "websocket": "ws.example.com",
            "websub": "websub.example.com",
        },
        "exposure": exposure,
    })
}

fn ingress<'r>(release: &'r Release, endpoint: &str) -> &'r Value {
    let name = format!("apim-{endpoint}");
    release
        .find("Ingress", &name)
        .unwrap_or_else(|| panic!("no Ingress {name}"))
}

#[test]
fn portals_stay_inside_while_apis_are_public() {
    let release = release(
        3,
        exposed(json!({
            "ingress": {"enabled": true, "className": "public", "annotations": {"team": "apim"}},
            "endpoints": {
                "management": {"className": "internal", "annotations": {"whitelist": "10.0.0.0/8"}},
                "websub": {"enabled": false},
            },
        })),
    );
    let management = ingress(&release, "management");
    assert_eq!(management["spec"]["ingressClassName"], "internal");
    assert_eq!(
        management["metadata"]["annotations"],
        json!({"team": "apim", "whitelist": "10.0.0.0/8"})
    );
    let gateway = ingress(&release, "gateway");
    assert_eq!(gateway["spec"]["ingressClassName"], "public");
    assert_eq!(gateway["metadata"]["annotations"], json!({"team": "apim"}));
    assert!(release.find("Ingress", "apim-websub").is_none());
}

#[test]
fn an_endpoint_has_several_host_names_with_one_certificate() {
    let values = |route: Value| {
        let mut exposure = json!({"endpoints": {"gateway": {
            "hostnames": ["api.example.org"], "tlsSecret": "api-tls"
        }}});
        exposure
            .as_object_mut()
            .expect("a table")
            .extend(route.as_object().expect("a table").clone());
        exposed(exposure)
    };
    let release = release(
        3,
        values(json!({
            "ingress": {"enabled": true, "tlsSecret": "all-tls"},
            "gatewayApi": {"enabled": true, "gateway": {"create": true, "className": "envoy", "tlsSecret": "all-tls"}},
            "route": {"enabled": true},
        })),
    );
    let hosts = json!(["gw.example.com", "api.example.org"]);
    let gateway = ingress(&release, "gateway");
    assert_eq!(
        gateway["spec"]["tls"],
        json!([{"hosts": hosts, "secretName": "api-tls"}])
    );
    assert_eq!(gateway["spec"]["rules"][1]["host"], "api.example.org");
    let management = ingress(&release, "management");
    assert_eq!(management["spec"]["tls"][0]["secretName"], "all-tls");

    let route = release.find("HTTPRoute", "apim-gateway").expect("a route");
    assert_eq!(route["spec"]["hostnames"], hosts);
    assert_eq!(route["spec"]["parentRefs"][1]["sectionName"], "gateway-1");
    let own = release.find("Gateway", "apim").expect("a Gateway");
    let listeners = own["spec"]["listeners"].as_array().expect("listeners");
    let secret_of = |host: &str| {
        let listener = listeners.iter().find(|one| one["hostname"] == host);
        listener.expect("a listener")["tls"]["certificateRefs"][0]["name"].clone()
    };
    assert_eq!(secret_of("api.example.org"), "api-tls");
    assert_eq!(secret_of("am.example.com"), "all-tls");
    let second = release.find("Route", "apim-gateway-1").expect("a Route");
    assert_eq!(second["spec"]["host"], "api.example.org");

    // The portals offer the second name, too.
    let toml = release.toml("control-plane");
    assert!(toml.contains("https_endpoint = \"https://api.example.org\""));
}

#[test]
fn a_host_without_a_secret_is_served_by_the_controllers_own_certificate() {
    let release = release(3, exposed(json!({"ingress": {"enabled": true}})));
    assert_eq!(
        ingress(&release, "gateway")["spec"]["tls"],
        json!([{"hosts": ["gw.example.com"]}])
    );
    let without = crate::support::release(
        3,
        exposed(json!({"ingress": {"enabled": true, "tls": false}})),
    );
    assert!(ingress(&without, "gateway")["spec"]["tls"].is_null());
}

#[test]
fn cert_manager_makes_one_certificate_for_each_endpoint() {
    let release = release(
        3,
        exposed(json!({
            "ingress": {"enabled": true},
            "certManager": {"issuerRef": {"name": "letsencrypt", "kind": "ClusterIssuer"}},
        })),
    );
    for endpoint in ["management", "gateway", "websocket", "websub"] {
        let one = ingress(&release, endpoint);
        assert_eq!(
            one["metadata"]["annotations"]["cert-manager.io/cluster-issuer"],
            "letsencrypt"
        );
        let secret = &one["spec"]["tls"][0]["secretName"];
        assert_eq!(*secret, format!("apim-{endpoint}-tls"));
    }
}

#[test]
fn an_issuer_of_another_group_is_named_in_full() {
    let release = release(
        3,
        exposed(json!({
            "gatewayApi": {"enabled": true, "gateway": {"create": true, "className": "envoy"}},
            "certManager": {"issuerRef": {"name": "pca", "kind": "AWSPCAClusterIssuer", "group": "awspca.cert-manager.io"}},
        })),
    );
    let gateway = release.find("Gateway", "apim").expect("a Gateway");
    assert_eq!(
        gateway["metadata"]["annotations"],
        json!({
            "cert-manager.io/issuer": "pca",
            "cert-manager.io/issuer-kind": "AWSPCAClusterIssuer",
            "cert-manager.io/issuer-group": "awspca.cert-manager.io",
        })
    );
    let secret = &gateway["spec"]["listeners"][1]["tls"]["certificateRefs"][0]["name"];
    assert_eq!(secret, "apim-gateway-tls");
}

#[test]
fn one_secret_for_the_certificates_of_several_ingresses_is_refused() {
    let by_annotation = json!({"ingress": {
        "enabled": true, "tlsSecret": "apim-tls", "annotations": {"cert-manager.io/issuer": "company"}
    }});
    let by_value = json!({
        "ingress": {"enabled": true, "tlsSecret": "apim-tls"},
        "certManager": {"issuerRef": {"name": "company"}},
    });
    let name_it = " and name the issuer in exposure.certManager.issuerRef.name";
    for (exposure, name_it) in [(by_annotation, name_it), (by_value, "")] {
        let message = refusal(3, exposed(exposure));
        assert!(
            message.contains(&format!("the Ingresses of management and gateway both ask cert-manager to fill the Secret apim-tls, and it fills it for one of them: remove exposure.ingress.tlsSecret{name_it}, so that")),
            "{message}"
        );
    }
    let message = refusal(
        3,
        exposed(
            json!({"ingress": {"enabled": true, "annotations": {"cert-manager.io/issuer": "company"}}}),
        ),
    );
    assert!(message.contains("no Secret is there to fill"), "{message}");
}

#[test]
fn one_annotated_ingress_may_fill_a_secret() {
    release(
        3,
        exposed(json!({
            "ingress": {"enabled": true, "tlsSecret": "apim-tls"},
            "endpoints": {"management": {"annotations": {"cert-manager.io/issuer": "company"}}},
        })),
    );
}

#[test]
fn a_listener_that_ends_tls_without_a_certificate_is_refused() {
    let gateway = |more: Value| {
        let mut gateway = json!({"create": true, "className": "gke-l7-global-external-managed"});
        gateway
            .as_object_mut()
            .expect("a table")
            .extend(more.as_object().expect("a table").clone());
        exposed(json!({"gatewayApi": {"enabled": true, "gateway": gateway}}))
    };
    let message = refusal(3, gateway(json!({})));
    assert!(
        message.contains("the listener for hostnames.management ends TLS without a certificate: name a TLS Secret in exposure.gatewayApi.gateway.tlsSecret"),
        "{message}"
    );
    for named in [
        json!({"tlsSecret": "apim-tls"}),
        json!({"tlsOptions": {"networking.gke.io/pre-shared-certs": "apim"}}),
        json!({"annotations": {"networking.gke.io/certmap": "apim"}}),
        json!({"ownCertificate": true}),
    ] {
        release(3, gateway(named));
    }
}

#[test]
fn an_endpoint_has_a_gateway_filters_and_timeouts_of_its_own() {
    let release = release(
        3,
        exposed(json!({
            "gatewayApi": {"enabled": true, "gateway": {"create": true, "className": "public", "tlsSecret": "apim-tls"}},
            "endpoints": {
                "management": {"className": "internal", "timeouts": {"request": "60s"}},
                "gateway": {"filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["X-Internal"]}}]},
                "websub": {"parentRefs": [{"name": "partners", "namespace": "edge"}]},
            },
        })),
    );
    let internal = release
        .find("Gateway", "apim-management")
        .expect("a Gateway");
    assert_eq!(internal["spec"]["gatewayClassName"], "internal");
    let public = release.find("Gateway", "apim").expect("a Gateway");
    let names: Vec<_> = public["spec"]["listeners"]
        .as_array()
        .expect("listeners")
        .iter()
        .map(|listener| listener["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names, ["gateway", "websocket"]);
    let rule = |endpoint: &str| {
        let route = release.find("HTTPRoute", &format!("apim-{endpoint}"));
        route.expect("a route")["spec"].clone()
    };
    assert_eq!(
        rule("management")["parentRefs"][0]["name"],
        "apim-management"
    );
    assert_eq!(
        rule("management")["rules"][0]["timeouts"],
        json!({"request": "60s"})
    );
    assert_eq!(
        rule("gateway")["rules"][0]["filters"][0]["type"],
        "RequestHeaderModifier"
    );
    assert_eq!(
        rule("websub")["parentRefs"],
        json!([{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "partners", "namespace": "edge"}])
    );
}

#[test]
fn a_host_name_of_two_endpoints_is_refused() {
    let mut values = exposed(json!({"endpoints": {"websub": {"hostnames": ["gw.example.com"]}}}));
    let message = refusal(3, values.clone());
    assert!(
        message.contains("every endpoint needs a name of its own, but gw.example.com is one of gateway and of websub"),
        "{message}"
    );
    values["hostnames"]["websub"] = json!("");
    let message = refusal(3, values);
    assert!(
        message.contains(
            "exposure.endpoints.websub.hostnames are further names, but hostnames.websub is empty"
        ),
        "{message}"
    );
}
