//! Azure: no Gateway sends clear text to TLS ports, Application Gateway for Containers has its own policies, Key Vault has names.

use serde_json::{Value, json};

use crate::support::{Release, overlaid};

/// What only the operator knows.
fn azure() -> Value {
    json!({
        "hostnames": {
            "management": "am.example.com", "gateway": "gw.example.com", "websocket": "ws.example.com", "websub": "websub.example.com",
        },
        "database": {"host": "apim.mysql.database.azure.com"},
        "credentials": {"csi": {
            "secretName": "apim",
            "parameters": {"keyvaultName": "vault", "tenantID": "t", "clientID": "c"},
        }},
        "exposure": {"gatewayApi": {"gateway": {"tlsSecret": "apim-tls"}}},
    })
}

fn with(overlay: &str, path: &str, value: Value) -> Result<Release, String> {
    let mut values = azure();
    *values.pointer_mut(path).expect("a value") = value;
    overlaid(3, &[overlay], values)
}

fn on(overlay: &str) -> Release {
    overlaid(3, &[overlay], azure()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn application_routing_verifies_every_port_behind_it() {
    let release = on("azure");
    let policies: Vec<&Value> = release.all("BackendTLSPolicy").collect();
    assert_eq!(policies.len(), 4);
    for policy in policies {
        assert_eq!(policy["apiVersion"], "gateway.networking.k8s.io/v1");
        assert_eq!(policy["spec"]["validation"]["hostname"], "localhost");
        assert_eq!(
            policy["spec"]["validation"]["caCertificateRefs"][0]["name"],
            "apim-ca"
        );
    }
    assert_eq!(release.all("RoutePolicy").count(), 0);
}

#[test]
fn a_class_that_would_send_clear_text_is_refused() {
    let gateway = json!({"gatewayApi": {"gateway": {"tlsSecret": "apim-tls"}, "backendTls": {"enabled": false}}});
    let refused = with("azure", "/exposure", gateway.clone())
        .err()
        .expect("refused");
    assert!(
        refused.contains("approuting-istio (application routing of AKS), which sends clear text"),
        "{refused}"
    );
    let refused = with("azure-agc", "/exposure", gateway)
        .err()
        .expect("refused");
    assert!(refused.contains("clear text"), "{refused}");
    let class = json!({"gatewayApi": {"gateway": {"tlsSecret": "apim-tls", "className": "azure-alb-external"}}});
    let refused = with("azure", "/exposure", class).err().expect("refused");
    assert!(
        refused.contains("set exposure.gatewayApi.policies to agc"),
        "{refused}"
    );
}

#[test]
fn application_gateway_for_containers_has_policies_of_its_own() {
    let release = on("azure-agc");
    let find = |kind: &str, name: &str| &release.find(kind, name).expect(kind)["spec"];
    for (component, ports, path) in [
        (
            "control-plane",
            json!([{"port": 9443}]),
            "/services/Version",
        ),
        (
            "gateway",
            json!([{"port": 8243}, {"port": 8099}, {"port": 8021}]),
            "/api/am/gateway/v2/server-startup-healthcheck",
        ),
    ] {
        let name = format!("apim-{component}");
        let tls = find("BackendTLSPolicy", &name);
        assert_eq!(tls["targetRef"]["name"], name);
        assert_eq!(tls["default"]["sni"], "localhost");
        assert_eq!(tls["default"]["ports"], ports);
        assert_eq!(
            tls["default"]["verify"]["caCertificateRef"]["kind"],
            "Secret"
        );
        assert_eq!(
            tls["default"]["verify"]["caCertificateRef"]["name"],
            "apim-ca"
        );
        assert_eq!(tls["default"]["verify"]["subjectAltName"], "localhost");
        let health = &find("HealthCheckPolicy", &name)["default"];
        assert_eq!(health["port"], 9443);
        assert_eq!(health["useTLS"], true);
        assert_eq!(health["http"]["path"], path);
    }
    let mut apis = release.all("BackendTLSPolicy");
    assert!(apis.all(|policy| policy["apiVersion"] == "alb.networking.azure.io/v1"));
    let portals = find("RoutePolicy", "apim-management");
    assert_eq!(portals["targetRef"]["kind"], "HTTPRoute");
    assert_eq!(
        portals["default"]["sessionAffinity"]["affinityType"],
        "managed-cookie"
    );
    assert_eq!(
        find("RoutePolicy", "apim-gateway")["default"].get("sessionAffinity"),
        None
    );
}

#[test]
fn own_settings_of_a_policy_win() {
    let own = json!({"gatewayApi": {
        "gateway": {"tlsSecret": "apim-tls"},
        "policySettings": {"RoutePolicy": {"timeouts": {"routeTimeout": "60s"}}},
    }});
    let release = with("azure-agc", "/exposure", own).expect("renders");
    let policy = release
        .find("RoutePolicy", "apim-gateway")
        .expect("a policy");
    assert_eq!(policy["spec"]["default"]["timeouts"]["routeTimeout"], "60s");
}

#[test]
fn an_authority_where_the_gateway_does_not_look_is_refused() {
    for (overlay, key, message) in [
        ("azure-agc", "caConfigMap", "reads a Secret"),
        ("azure", "caSecret", "reads a ConfigMap"),
    ] {
        let own = json!({"gatewayApi": {"gateway": {"tlsSecret": "apim-tls"}, "backendTls": {key: "other-ca"}}});
        let refused = with(overlay, "/exposure", own).err().expect("refused");
        assert!(refused.contains(message), "{refused}");
    }
}

#[test]
fn key_vault_without_names_is_refused() {
    let whole = json!({"keyvaultName": "vault", "tenantID": "t", "clientID": "c"});
    for name in ["keyvaultName", "tenantID", "clientID"] {
        let mut parameters = whole.clone();
        parameters[name] = json!("");
        let refused = with("azure", "/credentials/csi/parameters", parameters)
            .err()
            .expect("refused");
        assert!(refused.contains(name), "{refused}");
    }
    let refused = with("azure", "/credentials/csi/secretName", json!(""))
        .err()
        .expect("refused");
    assert!(refused.contains("credentials.csi.secretName"), "{refused}");
}

#[test]
fn each_of_azures_databases_is_verified() {
    for (kind, host, wanted) in [
        ("mysql", "apim.mysql.database.azure.com", "VERIFY_IDENTITY"),
        (
            "postgre",
            "apim.postgres.database.azure.com",
            "sslmode=verify-full",
        ),
        (
            "mssql",
            "apim.database.windows.net",
            "trustServerCertificate=false",
        ),
    ] {
        let release = with("azure", "/database", json!({"type": kind, "host": host}))
            .unwrap_or_else(|error| panic!("{error}"));
        let toml = release.toml("control-plane");
        assert!(toml.contains(host) && toml.contains(wanted), "{toml}");
    }
}

#[test]
fn external_secrets_reads_one_secret_of_the_vault_for_each_key() {
    let release = with(
        "azure-external-secrets",
        "/credentials",
        json!({"externalSecret": {"keyPrefix": "prod-"}}),
    )
    .unwrap_or_else(|error| panic!("{error}"));
    let secret = release
        .find("ExternalSecret", "apim-database-credentials")
        .expect("an ExternalSecret");
    let text = secret["spec"]["data"].to_string();
    assert!(text.contains("prod-apim-db-password"), "{text}");
}
