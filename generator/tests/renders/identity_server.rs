//! An identity server as key manager, beside the key manager or in its place.

use serde_json::{Value, json};

use crate::support::{Release, attempts, refusal, release};

fn there() -> Value {
    json!([{"ipBlock": {"cidr": "10.60.0.10/32"}}])
}

/// Values with an identity server, and with these on top.
fn given(more: &Value) -> Value {
    let mut values = json!({
        "credentials": {"existingSecret": "apim-credentials"},
        "identityServer": {"enabled": true, "host": "is.example.org"},
    });
    lay(&mut values, more);
    values
}

fn lay(over: &mut Value, values: &Value) {
    match (over, values) {
        (Value::Object(over), Value::Object(values)) => {
            for (key, value) in values {
                lay(over.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (over, values) => *over = values.clone(),
    }
}

/// The same without a key manager of its own.
fn instead(more: &Value) -> Value {
    let mut values = given(&json!({"keyManager": {"enabled": false}}));
    lay(&mut values, more);
    values
}

fn with_job(more: &Value) -> Value {
    let mut job =
        json!({"enabled": true, "existingSecret": "is-admin", "ca": {"configMap": "apim-ca"}});
    lay(&mut job, more);
    given(&json!({"identityServer": {"registration": {"job": job}}}))
}

fn documents(release: &Release) -> (Value, String) {
    let found = release.find("ConfigMap", "apim-identity-server");
    let data = &found.expect("a ConfigMap")["data"];
    let registration = data["registration.json"].as_str().expect("text");
    let fragment = data["identity-server.toml"].as_str().expect("text");
    (
        serde_json::from_str(registration).expect("JSON"),
        fragment.to_owned(),
    )
}

#[test]
fn nothing_is_made_for_an_identity_server_that_is_not_there() {
    for pattern in 0..=5 {
        let release = release(pattern, json!({"networkPolicy": {"enabled": true}}));
        assert!(release.find("ConfigMap", "apim-identity-server").is_none());
        assert_eq!(release.all("Job").count(), 0);
        let policies: Vec<String> = release.all("NetworkPolicy").map(Value::to_string).collect();
        assert!(!policies.concat().contains("registration"), "{pattern}");
    }
}

#[test]
fn the_registration_has_every_endpoint_at_the_host_that_is_given() {
    let more = json!({"identityServer": {"port": 443, "name": "Login", "registration": {"grantTypes": ["client_credentials"]}}});
    let (registration, fragment) = documents(&release(0, given(&more)));
    let at = "https://is.example.org:443";
    for (field, path) in [
        ("issuer", "/oauth2/token"),
        (
            "wellKnownEndpoint",
            "/oauth2/token/.well-known/openid-configuration",
        ),
        ("tokenEndpoint", "/oauth2/token"),
        ("introspectionEndpoint", "/oauth2/introspect"),
        ("userInfoEndpoint", "/scim2/Me"),
        (
            "clientRegistrationEndpoint",
            "/api/identity/oauth2/dcr/v1.1/register",
        ),
    ] {
        assert_eq!(registration[field], format!("{at}{path}"), "{field}");
    }
    assert_eq!(
        registration["certificates"],
        json!({"type": "JWKS", "value": format!("{at}/oauth2/jwks")})
    );
    assert_eq!(registration["name"], "Login");
    assert_eq!(
        registration["availableGrantTypes"],
        json!(["client_credentials"])
    );
    let more = &registration["additionalProperties"];
    assert_eq!(more["Password"], "$IDENTITY_SERVER_PASSWORD");
    assert_eq!(more["is7_roles_endpoint"], format!("{at}/scim2/v2/Roles"));
    assert!(more.get("enable_roles_creation").is_none());
    // By the type of the sender, not by its name.
    assert!(
        fragment.contains("'header.X-WSO2-KEY-MANAGER' = \"WSO2-IS\""),
        "{fragment}"
    );
}

#[test]
fn notifications_lead_to_the_event_hub_with_its_offset_or_where_values_say() {
    for (pattern, component) in [(1, "all-in-one"), (4, "control-plane"), (5, "all-in-one")] {
        let key = if pattern == 4 {
            "controlPlane"
        } else {
            "allInOne"
        };
        let more = json!({key: {"portOffset": 10}});
        let (_, fragment) = documents(&release(pattern, given(&more)));
        let url = format!("https://apim-{component}.apim.svc:9453/internal/data/v1/notify");
        assert!(fragment.contains(&url), "{url} in\n{fragment}");
    }
    let more = json!({"identityServer": {"notification": {"host": "am.example.org"}}});
    let (_, fragment) = documents(&release(3, given(&more)));
    assert!(fragment.contains("\"https://am.example.org:443/internal/data/v1/notify\""));
}

#[test]
fn the_portals_play_the_role_of_a_key_manager_that_is_replaced() {
    let first = release(4, instead(&json!({})));
    let at = "https://apim-control-plane:9443";
    for component in ["control-plane", "gateway", "traffic-manager"] {
        let toml = first.toml(component);
        assert!(!toml.contains("apim-key-manager"), "{component}\n{toml}");
        assert!(toml.contains(&format!("service_url = \"{at}/services/\"")));
    }
    let portals = first.toml("control-plane");
    assert!(portals.contains(&format!("{at}/oauth2/jwks")), "{portals}");
    assert!(portals.contains(&format!("{at}/oauth2/revoke")));
    assert!(first.find("Deployment", "apim-key-manager").is_none());
    // An all-in-one asks itself, before its Service answers.
    let second = release(5, instead(&json!({})));
    let all = second.toml("all-in-one");
    assert!(
        all.contains("service_url = \"https://localhost:${mgt.transport.https.port}/services/\""),
        "{all}"
    );
    assert!(all.contains("https://apim-all-in-one:9443/oauth2/jwks"));
    let gateway = second.toml("gateway");
    assert!(gateway.contains("service_url = \"https://apim-all-in-one:9443/services/\""));
    assert_eq!(
        attempts(second.script("gateway", "wait-for-event-hub")),
        ["apim-all-in-one-0.apim-all-in-one-headless/5672"]
    );
}

#[test]
fn a_key_manager_that_runs_here_or_elsewhere_keeps_its_role() {
    let beside = release(4, given(&json!({})));
    let gateway = beside.toml("gateway");
    assert!(
        gateway.contains("https://apim-key-manager:9443/services/"),
        "{gateway}"
    );
    let elsewhere = json!({
        "database": {"mode": "external", "host": "db.example.org", "type": "postgre"},
        "keyManager": {"addresses": {"service": {"host": "km.example.org"}}},
    });
    let gateway = release(4, instead(&elsewhere)).toml("gateway");
    assert!(
        gateway.contains("https://km.example.org:9443/services/"),
        "{gateway}"
    );
}

#[test]
fn gateways_alone_ask_the_portals_of_the_other_release() {
    let more = json!({
        "controlPlane": {"enabled": false, "addresses": {
            "service": {"host": "cp.example.org", "ports": {"servlet-https": 443}},
            "nodes": [{"host": "cp-0.example.org"}, {"host": "cp-1.example.org"}],
        }},
        "identityServer": {"peers": there()},
    });
    let release = release(4, instead(&more));
    let gateway = release.toml("gateway");
    assert!(
        gateway.contains("https://cp.example.org:443/services/"),
        "{gateway}"
    );
    // The release with the portals registers it.
    assert!(release.find("ConfigMap", "apim-identity-server").is_none());
}

#[test]
fn policies_open_the_ways_to_and_from_it_and_none_to_a_key_manager_that_is_replaced() {
    let more = json!({
        "identityServer": {"port": 443, "peers": there()},
        "networkPolicy": {"enabled": true, "backends": [{"to": there()}], "portals": [{"to": there()}]},
    });
    let release = release(4, instead(&more));
    let rules = |component: &str, direction: &str| -> Vec<Value> {
        let policy = release.find("NetworkPolicy", &format!("apim-{component}"));
        let rules = &policy.expect("a policy")["spec"][direction];
        rules.as_array().expect("rules").clone()
    };
    let out = json!({"to": there(), "ports": [{"port": 443, "protocol": "TCP"}]});
    assert!(rules("gateway", "egress").contains(&out));
    assert!(rules("control-plane", "egress").contains(&out));
    assert!(!rules("traffic-manager", "egress").contains(&out));
    let into = json!({"from": there(), "ports": [{"port": 9443, "protocol": "TCP"}]});
    assert!(rules("control-plane", "ingress").contains(&into));
    assert!(!rules("gateway", "ingress").contains(&into));
    for policy in release.all("NetworkPolicy") {
        assert!(!policy.to_string().contains("key-manager"), "{policy}");
    }
}

#[test]
fn the_job_reads_both_accounts_from_secrets_and_trusts_the_authority_that_is_given() {
    let release = release(3, with_job(&json!({"usernameKey": "user"})));
    let job = release.find("Job", "apim-registration").expect("a Job");
    let pod = &job["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let variable = |name: &str| {
        let all = container["env"].as_array().expect("variables").iter();
        let found = all.clone().find(|variable| variable["name"] == name);
        found.unwrap_or_else(|| panic!("{name}"))["valueFrom"]["secretKeyRef"].clone()
    };
    assert_eq!(
        variable("IDENTITY_SERVER_USERNAME"),
        json!({"name": "is-admin", "key": "user"})
    );
    assert_eq!(variable("AM_ADMIN_PASSWORD")["name"], "apim-credentials");
    let script = container["args"][0].as_str().expect("a script");
    assert!(script.contains("--cacert /authority/ca.crt") && !script.contains("--insecure"));
    assert_eq!(pod["volumes"][1]["configMap"]["name"], "apim-ca");
    let hooks = &job["metadata"]["annotations"];
    assert_eq!(hooks["helm.sh/hook"], "post-install,post-upgrade");
    let trusting = json!({"insecure": true, "ca": {"configMap": ""}});
    let release = crate::support::release(3, with_job(&trusting));
    let job = release.find("Job", "apim-registration").expect("a Job");
    assert!(job.to_string().contains("--insecure") && !job.to_string().contains("authority"));
}

#[test]
fn what_does_not_fit_is_refused_by_the_name_of_its_value() {
    let server = |more: Value| given(&json!({"identityServer": more}));
    let off = |more: Value| json!({"identityServer": more});
    for (pattern, values, part) in [
        (
            0,
            off(json!({"enabled": true})),
            "identityServer.host is empty",
        ),
        (
            0,
            off(json!({"host": "is.example.org"})),
            "identityServer.host is set, but identityServer.enabled is false",
        ),
        (
            0,
            off(json!({"registration": {"job": {"enabled": true}}})),
            "identityServer.registration.job.enabled is set, but",
        ),
        (
            1,
            server(json!({"host": "https://is.example.org"})),
            "write the host alone, without a scheme",
        ),
        (
            1,
            server(json!({"host": "is.example.org:9443"})),
            "its port in identityServer.port",
        ),
        (
            1,
            server(json!({"host": "is.example.org/oauth2"})),
            "which is no host",
        ),
        (
            1,
            server(json!({"host": "localhost"})),
            "which each server takes for itself",
        ),
        (1, server(json!({"port": 65536})), "/identityServer/port"),
        (1, server(json!({"port": 0})), "/identityServer/port"),
        (
            2,
            server(json!({"name": "my login"})),
            "identityServer.name is \"my login\"",
        ),
        (
            2,
            server(json!({"name": ""})),
            "identityServer.name is \"\"",
        ),
        (
            2,
            server(json!({"notification": {"host": "am.example.org:443"}})),
            "its port in identityServer.notification.port",
        ),
        (
            2,
            server(json!({"notification": {"host": "is.example.org"}})),
            "the identity server itself",
        ),
        (
            3,
            given(&json!({"hostnames": {"management": "is.example.org"}})),
            "which is hostnames.management of this release",
        ),
        (
            3,
            given(&json!({"networkPolicy": {"enabled": true}})),
            "set identityServer.peers",
        ),
        (
            4,
            json!({"credentials": {"existingSecret": "c"}, "keyManager": {"enabled": false}, "database": {"mode": "external", "host": "db.example.org", "type": "postgre"}}),
            "or identityServer.enabled to true where an identity server takes its place",
        ),
        (
            4,
            instead(&json!({"keyManager": {"addresses": {"peers": there()}}})),
            "remove the rest of keyManager.addresses",
        ),
        (
            5,
            instead(&json!({"hostnames": {"keyManager": "km.example.org"}})),
            "hostnames.keyManager is set, but identityServer takes the place of keyManager",
        ),
        (
            3,
            with_job(&json!({"existingSecret": ""})),
            "it has no account of the identity server",
        ),
        (
            3,
            with_job(&json!({"ca": {"configMap": ""}})),
            "set identityServer.registration.job.ca.configMap",
        ),
        (
            3,
            with_job(&json!({"ca": {"secret": "x"}})),
            "names a ConfigMap and a Secret",
        ),
        (
            3,
            with_job(&json!({"insecure": true})),
            "nothing reads identityServer.registration.job.ca",
        ),
    ] {
        let said = refusal(pattern, values);
        assert!(said.contains(part), "{part} in {said}");
    }
}
