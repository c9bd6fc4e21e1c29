//! Values without effect, and values that Kubernetes or an operator would refuse: both are refused by the chart, with what to do.

use serde_json::{Value, json};

use crate::support::{overlaid, refusal, release, try_release};

/// Each wrong input is refused with its message, and each right one is rendered.
fn judged(wrong: &[(Value, &str)], right: &[Value]) {
    for (values, message) in wrong {
        let error = refusal(3, values.clone());
        assert!(error.contains(message), "{values}: {error}");
    }
    for values in right {
        if let Err(error) = try_release(3, values.clone()) {
            panic!("{values}: {error}");
        }
    }
}

/// The portals and the gateway have names.
fn exposed(exposure: Value) -> Value {
    json!({
        "hostnames": {"management": "am.example.com", "gateway": "gw.example.com"},
        "exposure": exposure,
    })
}

#[test]
fn resources_of_defaults_reach_every_component_that_has_none_of_its_own() {
    let memory = |values: Value, component: &str| {
        let release = release(4, values);
        release.pod(component)["containers"][0]["resources"]["limits"]["memory"].clone()
    };
    let all = json!({"defaults": {"resources": {"limits": {"memory": "3Gi"}}}});
    for component in ["gateway", "control-plane", "traffic-manager", "key-manager"] {
        assert_eq!(memory(all.clone(), component), "3Gi");
    }
    let mut but_one = all.clone();
    but_one["gateway"]["resources"] = json!({"limits": {"memory": "4Gi"}});
    assert_eq!(memory(but_one.clone(), "gateway"), "4Gi");
    assert_eq!(memory(but_one, "key-manager"), "3Gi");
    let small = json!({"defaults": {"resources": {"limits": {"memory": "1Gi"}}}});
    let message = refusal(3, small);
    assert!(
        message.contains("defaults.resources.limits.memory 1Gi is too little for"),
        "{message}"
    );
}

#[test]
fn resources_of_defaults_that_nobody_takes_are_refused() {
    let external = |mut values: Value| {
        values["database"] = json!({"host": "db.example.com", "type": "postgre"});
        values["credentials"] = json!({"existingSecret": "given"});
        overlaid(3, &["production"], values).map(|_| ())
    };
    let all = json!({"defaults": {"resources": {"limits": {"memory": "8Gi"}}}});
    let message = external(all).expect_err("no component takes it");
    assert!(
        message.contains("defaults.resources.limits.memory is 8Gi, but every component has its own, which goes before: set controlPlane.resources.limits.memory, gateway.resources.limits.memory"),
        "{message}"
    );
    let cpu = json!({"defaults": {"resources": {"limits": {"cpu": "2"}}}});
    external(cpu).expect("no component of the overlay has a limit of CPU");
}

#[test]
fn keystores_without_a_secret_are_refused() {
    judged(
        &[
            (
                json!({"keystores": {"primary": {"fileName": "own.jks"}}}),
                "keystores.primary.fileName is own.jks, but no Secret brings the file, so that the images' own stays in force: name the Secret in keystores.existingSecret",
            ),
            (
                json!({"keystores": {"primary": {"alias": "own"}}}),
                "keystores.primary.alias is own, but no Secret",
            ),
            (
                json!({"keystores": {"tls": {"fileName": "tls.p12"}}}),
                "keystores.tls.fileName is tls.p12, but no Secret brings the file, so that the images' own stays in force: name the Secret in keystores.tls.existingSecret",
            ),
            (
                json!({"keystores": {"truststore": {"type": "PKCS12"}}}),
                "keystores.truststore.type is PKCS12, but no Secret",
            ),
            (
                json!({"keystores": {"tls": {"fileName": "t.p12"}, "certManager": {"enabled": true}}}),
                "keystores.tls.fileName is t.p12, but keystores.certManager brings the TLS keystore",
            ),
        ],
        &[json!({
            "credentials": {"existingSecret": "given"},
            "keystores": {
                "existingSecret": "stores",
                "primary": {"fileName": "own.jks", "alias": "own"},
                "tls": {"fileName": "tls.p12", "type": "PKCS12"},
                "truststore": {"fileName": "trust.p12", "type": "PKCS12"},
            },
        })],
    );
}

#[test]
fn values_of_exposure_that_nothing_reads_are_refused() {
    let issuer = json!({"issuerRef": {"name": "le"}});
    let gateway = json!({"create": true, "className": "istio"});
    let attached = json!({"enabled": true, "parentRefs": [{"name": "g"}]});
    judged(
        &[
            (
                exposed(json!({"gatewayApi": {"gateway": gateway}, "certManager": issuer})),
                "exposure.gatewayApi.gateway.create is true, but exposure.gatewayApi.enabled is false",
            ),
            (
                exposed(json!({"gatewayApi": attached, "certManager": issuer})),
                "exposure.certManager.issuerRef.name is le, but nothing asks it for a certificate",
            ),
            (
                exposed(json!({"ingress": {"enabled": true, "tls": false}, "certManager": issuer})),
                "exposure.certManager.issuerRef.name is le, but nothing asks",
            ),
            (
                json!({"exposure": {"ingress": {"enabled": true}}}),
                "exposure.ingress.enabled is true, but no host name is set, so that nothing would be made: set hostnames.management or hostnames.gateway",
            ),
            (
                json!({"exposure": {"route": {"enabled": true}}}),
                "exposure.route.enabled is true, but no host name is set",
            ),
            (
                exposed(json!({"ingress": {"enabled": true, "tls": false, "tlsSecret": "t"}})),
                "exposure.ingress.tlsSecret is t, but exposure.ingress.tls is false",
            ),
            (
                exposed(
                    json!({"gatewayApi": attached, "endpoints": {"gateway": {"tlsSecret": "t"}}}),
                ),
                "exposure.endpoints.gateway.tlsSecret is t, but nothing serves it",
            ),
            (
                exposed(
                    json!({"gatewayApi": {"enabled": true, "parentRefs": [{"name": "g"}], "policySettings": {"RoutePolicy": {"a": 1}}}}),
                ),
                "exposure.gatewayApi.policySettings has RoutePolicy, but exposure.gatewayApi.policies is empty, so that no policy is made: set it to one of agc, gke",
            ),
            (
                exposed(
                    json!({"gatewayApi": {"enabled": true, "parentRefs": [{"name": "g"}], "policies": "gke", "policySettings": {"RoutePolicy": {"a": 1}}}}),
                ),
                "exposure.gatewayApi.policySettings.RoutePolicy: with exposure.gatewayApi.policies gke there are GCPBackendPolicy, HealthCheckPolicy alone",
            ),
        ],
        &[
            exposed(
                json!({"gatewayApi": {"enabled": true, "gateway": gateway}, "certManager": issuer}),
            ),
            exposed(json!({"ingress": {"enabled": true}, "certManager": issuer})),
            exposed(json!({"ingress": {"enabled": true, "tlsSecret": "t"}})),
            exposed(
                json!({"ingress": {"enabled": true}, "endpoints": {"gateway": {"tlsSecret": "t"}}}),
            ),
            exposed(
                json!({"gatewayApi": {"enabled": true, "parentRefs": [{"name": "g"}], "policies": "gke", "policySettings": {"GCPBackendPolicy": {"a": 1}}}}),
            ),
        ],
    );
}

#[test]
fn a_controller_without_a_certificate_of_its_own_is_given_one() {
    let behind = |controller: &str, more: Value| {
        let mut ingress = json!({"enabled": true, "controller": controller});
        for (key, value) in more.as_object().expect("a table") {
            ingress[key] = value.clone();
        }
        exposed(json!({"ingress": ingress}))
    };
    let managed = json!({"annotations": {"networking.gke.io/managed-certificates": "apim"}});
    let issued = |controller: &str| {
        let mut values = behind(controller, json!({}));
        values["exposure"]["certManager"] = json!({"issuerRef": {"name": "le"}});
        values
    };
    judged(
        &[
            (
                behind("gce", json!({})),
                "has no certificate, and exposure.ingress.controller gce serves no TLS without one: name a TLS Secret in exposure.ingress.tlsSecret",
            ),
            (
                behind("gce", json!({})),
                "or a certificate in the annotation ingress.gcp.kubernetes.io/pre-shared-cert or networking.gke.io/managed-certificates",
            ),
            (
                behind("contour", json!({})),
                "exposure.ingress.controller contour serves no TLS without one",
            ),
            (
                behind("contour", managed.clone()),
                "exposure.ingress.controller contour serves no TLS without one",
            ),
        ],
        &[
            behind("gce", managed),
            behind("contour", json!({"tlsSecret": "t"})),
            issued("contour"),
            behind("nginx", json!({})),
        ],
    );
    // Where something before it ends TLS, GKE's must serve what is left.
    let plain = release(3, behind("gce", json!({"tls": false})));
    let allows = |release: &crate::support::Release| {
        let ingress = release.find("Ingress", "apim-gateway").expect("an Ingress");
        ingress["metadata"]["annotations"]["kubernetes.io/ingress.allow-http"].clone()
    };
    assert_eq!(allows(&plain), Value::Null);
    assert_eq!(
        allows(&release(3, behind("gce", json!({"tlsSecret": "t"})))),
        "false"
    );
}

#[test]
fn what_the_api_server_or_an_operator_would_refuse_is_refused_here() {
    let update = |kind: &str| json!({"type": kind});
    let public = |more: Value| {
        let mut service = json!({"enabled": true});
        for (key, value) in more.as_object().expect("a table") {
            service[key] = value.clone();
        }
        exposed(json!({"publicServices": {"gateway": service}}))
    };
    judged(
        &[
            (
                json!({"gateway": {"updateStrategy": update("OnDelete")}}),
                "value must be one of 'RollingUpdate', 'Recreate'",
            ),
            (
                json!({"controlPlane": {"updateStrategy": update("Recreate")}}),
                "value must be one of 'RollingUpdate', 'OnDelete'",
            ),
            (
                json!({"serviceMonitor": {"interval": "15s"}}),
                "serviceMonitor.scrapeTimeout 20s is longer than serviceMonitor.interval 15s",
            ),
            (
                json!({"serviceMonitor": {"interval": "1m", "scrapeTimeout": "1m1ms"}}),
                "serviceMonitor.scrapeTimeout 1m1ms is longer",
            ),
            (
                json!({"serviceMonitor": {"interval": "30"}}),
                "/serviceMonitor/interval",
            ),
            (
                public(json!({"loadBalancerSourceRanges": ["192.0.2.7"]})),
                "loadBalancerSourceRanges/0: '192.0.2.7' does not match pattern",
            ),
            (
                public(json!({"loadBalancerSourceRanges": ["192.0.2.0/33"]})),
                "does not match pattern",
            ),
            (
                public(json!({"ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4", "IPv6"]})),
                "exposure.publicServices.gateway.ipFamilyPolicy is SingleStack, but ipFamilies are IPv4 and IPv6",
            ),
            (
                public(json!({"ipFamilies": ["IPv4", "IPv4"]})),
                "ipFamilies",
            ),
            (
                json!({"controlPlane": {"persistence": {"accessModes": []}}}),
                "/controlPlane/persistence/accessModes",
            ),
            (
                json!({"artifacts": {"accessModes": ["ReadWrite"]}}),
                "/artifacts/accessModes/0",
            ),
            (
                json!({"credentials": {"externalSecret": {"enabled": true, "secretStoreRef": {"name": "s"}, "from": {"key": "apim"}, "keyPrefix": "apim-"}}}),
                "credentials.externalSecret.from.key apim and keyPrefix apim- exclude each other",
            ),
        ],
        &[
            json!({"gateway": {"updateStrategy": update("Recreate")}, "controlPlane": {"updateStrategy": update("OnDelete")}}),
            json!({"serviceMonitor": {"interval": "1m", "scrapeTimeout": "60s"}}),
            public(json!({"loadBalancerSourceRanges": ["192.0.2.7/32", "2001:db8::/32"]})),
            public(json!({"ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv6"]})),
            public(json!({"ipFamilyPolicy": "RequireDualStack", "ipFamilies": ["IPv4", "IPv6"]})),
            json!({"controlPlane": {"persistence": {"accessModes": ["ReadWriteOncePod"]}}}),
            json!({"credentials": {"externalSecret": {"enabled": true, "secretStoreRef": {"name": "s"}, "keyPrefix": "apim-"}}}),
        ],
    );
}
