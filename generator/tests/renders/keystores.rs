//! Keystores, certificates and the secure vault.

use serde_json::{Value, json};

use crate::support::{Release, refusal, release};

/// The deployment.toml of a component's first node, without indentation.
fn toml(release: &Release, component: &str) -> String {
    let map = release.find("ConfigMap", &format!("apim-{component}-config"));
    let data = &map.expect("a ConfigMap")["data"];
    let file = data
        .get("node-0.toml")
        .or_else(|| data.get("deployment.toml"));
    let file = file.and_then(Value::as_str).expect("a deployment.toml");
    file.lines()
        .map(str::trim_start)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Where files of a volume are mounted.
fn mounts(release: &Release, component: &str, volume: &str) -> Vec<String> {
    let container = &release.pod(component)["containers"][0];
    let mounts = container["volumeMounts"].as_array().expect("mounts");
    mounts
        .iter()
        .filter(|mount| mount["name"] == volume)
        .filter_map(|mount| mount["mountPath"].as_str())
        .map(str::to_owned)
        .collect()
}

fn secret_of(release: &Release, component: &str, volume: &str) -> Value {
    let volumes = release.pod(component)["volumes"]
        .as_array()
        .expect("volumes");
    let found = volumes.iter().find(|candidate| candidate["name"] == volume);
    found.map_or(Value::Null, |volume| volume["secret"].clone())
}

const STORES: &str = "/home/wso2carbon/wso2-config-volume/repository/resources/security";

fn cert_manager(more: &Value) -> Value {
    let mut keystores = json!({
        "truststore": {"existingSecret": "trust"},
        "certManager": {"enabled": true, "issuerRef": {"name": "internal"}},
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        keystores[key] = value.clone();
    }
    json!({
        "hostnames": {"gateway": "gw.example.com"},
        "credentials": {"keys": {"truststore-password": {"secret": "trust", "key": "password"}}},
        "keystores": keystores,
    })
}

#[test]
fn cert_manager_makes_the_tls_keystore_of_every_server() {
    let release = release(3, cert_manager(&json!({})));
    let certificate = release
        .find("Certificate", "apim-tls-keystore")
        .expect("a Certificate");
    assert_eq!(
        certificate["spec"]["keystores"],
        json!({"pkcs12": {"create": true, "profile": "Modern2023", "passwordSecretRef": {"name": "apim-credentials", "key": "tls-keystore-password"}}})
    );
    assert_eq!(
        certificate["spec"]["issuerRef"],
        json!({"name": "internal", "kind": "Issuer", "group": "cert-manager.io"})
    );
    let names = certificate["spec"]["dnsNames"].as_array().expect("names");
    for name in [
        "localhost",
        "gw.example.com",
        "apim-gateway.apim.svc",
        "*.apim-control-plane-headless",
    ] {
        assert!(
            names.contains(&json!(name)),
            "{name} is missing in {names:?}"
        );
    }
    for component in ["control-plane", "gateway", "traffic-manager"] {
        let toml = toml(&release, component);
        assert!(
            toml.contains("[keystore.tls]\nalias = \"1\"\nfile_name = \"keystore.p12\"\nkey_password = \"$env{AM_TLS_KEYSTORE_PASSWORD}\"\npassword = \"$env{AM_TLS_KEYSTORE_PASSWORD}\"\ntype = \"PKCS12\""),
            "{toml}"
        );
        assert!(!toml.contains("[keystore.primary]"), "{toml}");
        assert_eq!(
            mounts(&release, component, "tls-keystore"),
            [format!("{STORES}/keystore.p12")]
        );
        assert_eq!(
            secret_of(&release, component, "tls-keystore")["secretName"],
            "apim-tls-keystore"
        );
    }
    let secret = release
        .find("Secret", "apim-credentials")
        .expect("a Secret");
    assert!(secret["data"].get("tls-keystore-password").is_some());
}

#[test]
fn cert_manager_can_write_jks() {
    let values = cert_manager(
        &json!({"certManager": {"enabled": true, "format": "JKS", "issuerRef": {"name": "x"}}}),
    );
    let release = release(0, values);
    let certificate = release
        .find("Certificate", "apim-tls-keystore")
        .expect("a Certificate");
    assert!(certificate["spec"]["keystores"].get("jks").is_some());
    assert!(
        toml(&release, "all-in-one")
            .contains("alias = \"certificate\"\nfile_name = \"keystore.jks\"")
    );
}

#[test]
fn a_renewed_certificate_restarts_whoever_serves_it() {
    let mut values = cert_manager(&json!({}));
    values["restarts"] = json!({"operator": "reloader"});
    let release = release(3, values);
    let gateway = release
        .find("Deployment", "apim-gateway")
        .expect("a Deployment");
    assert_eq!(
        gateway["metadata"]["annotations"]["secret.reloader.stakater.com/reload"],
        "apim-tls-keystore,trust"
    );
}

#[test]
fn certificates_that_nobody_could_use_are_refused() {
    let without = |key: &str| {
        let mut values = cert_manager(&json!({}));
        values["keystores"][key] = json!(null);
        values
    };
    let said = refusal(3, without("truststore"));
    assert!(said.contains("keystores.truststore"), "{said}");
    for (more, message) in [
        (
            json!({"certManager": {"enabled": true}}),
            "keystores.certManager.issuerRef.name is empty",
        ),
        (
            json!({"tls": {"existingSecret": "x", "fileName": "y"}}),
            "tls-keystore-password",
        ),
        (
            json!({"truststore": {"existingSecret": ""}}),
            "keystores.truststore.existingSecret is empty",
        ),
    ] {
        let said = refusal(3, cert_manager(&more));
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn a_public_authority_is_not_asked_to_sign_internal_names() {
    let public = json!({
        "hostnames": {"gateway": "gw.example.com"},
        "keystores": {"certManager": {"enabled": true, "internalNames": false, "issuerRef": {"name": "letsencrypt", "kind": "ClusterIssuer"}}},
    });
    let release = release(3, public);
    let certificate = release
        .find("Certificate", "apim-tls-keystore")
        .expect("a Certificate");
    assert_eq!(certificate["spec"]["dnsNames"], json!(["gw.example.com"]));
}

#[test]
fn a_truststore_alone_changes_nothing_else() {
    let values = json!({
        "keystores": {"truststore": {"existingSecret": "trust", "fileName": "trust.p12", "type": "PKCS12"}},
        "credentials": {"keys": {"truststore-password": {"secret": "trust", "key": "password"}}},
    });
    let release = release(3, values);
    let toml = toml(&release, "gateway");
    assert!(toml.contains("[truststore]\nfile_name = \"trust.p12\"\npassword = \"$env{AM_TRUSTSTORE_PASSWORD}\"\ntype = \"PKCS12\""), "{toml}");
    assert!(!toml.contains("[keystore"), "{toml}");
    assert_eq!(
        mounts(&release, "gateway", "truststore"),
        [format!("{STORES}/trust.p12")]
    );
    let said = refusal(
        3,
        json!({"keystores": {"truststore": {"existingSecret": "trust"}}}),
    );
    assert!(said.contains("nothing gives truststore-password"), "{said}");
}

#[test]
fn one_secret_brings_all_keystores() {
    let values = json!({
        "keystores": {"existingSecret": "stores", "tls": {"fileName": "tls.p12", "type": "PKCS12", "alias": "tls"}},
        "credentials": {"existingSecret": "credentials"},
        "database": {"mode": "external", "host": "db.example.net"},
    });
    let release = release(3, values);
    assert_eq!(
        mounts(&release, "gateway", "keystores"),
        [
            format!("{STORES}/wso2carbon.jks"),
            format!("{STORES}/tls.p12"),
            format!("{STORES}/client-truststore.jks")
        ]
    );
    let toml = toml(&release, "gateway");
    assert!(toml.contains("[keystore.tls]\nalias = \"tls\"\nfile_name = \"tls.p12\"\nkey_password = \"$env{AM_KEYSTORE_KEY_PASSWORD}\""), "{toml}");
}

fn vault(secrets: &Value) -> Value {
    json!({
        "database": {"mode": "external", "host": "db.example.net"},
        "credentials": {"existingSecret": "credentials"},
        "secureVault": {"enabled": true, "secrets": secrets},
        "gateway": {"config": {"mail": {"password": "$secret{mail_password}"}}},
    })
}

#[test]
fn the_vault_has_what_variables_had() {
    let release = release(
        3,
        vault(&json!({"admin_password": "b64text", "mail_password": "more"})),
    );
    let toml = toml(&release, "gateway");
    for part in [
        "[secrets]\nadmin_password = \"b64text\"\nmail_password = \"more\"",
        "password = \"$secret{admin_password}\"",
        "$secret{mail_password}",
    ] {
        assert!(toml.contains(part), "{part} is missing in {toml}");
    }
    assert!(!toml.contains("AM_ADMIN_PASSWORD"), "{toml}");
    let pod = release.pod("gateway").to_string();
    assert!(!pod.contains("AM_ADMIN_PASSWORD") && pod.contains("AM_ENCRYPTION_KEY"));
    let key = "/home/wso2carbon/wso2-config-volume/encryption-key-persist";
    assert_eq!(mounts(&release, "gateway", "secure-vault"), [key]);
    assert_eq!(
        secret_of(&release, "gateway", "secure-vault")["secretName"],
        "credentials"
    );
}

#[test]
fn the_vault_knows_the_home_of_each_distribution() {
    let release = release(4, vault(&json!({"admin_password": "text"})));
    for (component, home) in [
        ("control-plane", "wso2am-acp-4.7.0"),
        ("key-manager", "wso2am-acp-4.7.0"),
        ("traffic-manager", "wso2am-tm-4.7.0"),
        ("gateway", "wso2am-universal-gw-4.7.0"),
    ] {
        let map = release.find("ConfigMap", &format!("apim-{component}-config"));
        let properties = map.expect("a ConfigMap")["data"]["secret-conf.properties"].as_str();
        let location = format!(
            "keystore.identity.location=/home/wso2carbon/{home}/repository/resources/security/wso2carbon.jks\n"
        );
        assert!(
            properties.expect("properties").contains(&location),
            "{component}: {properties:?}"
        );
        assert!(properties.is_some_and(|text| {
            text.contains("secretRepositories.file.encryptionMode=key.based.symmetric.encryption")
        }));
    }
}

#[test]
fn a_vault_that_cannot_work_is_refused() {
    let mut bundled = vault(&json!({"apim_db_password": "text"}));
    bundled["database"] = json!({"mode": "bundled"});
    for (values, message) in [
        (
            bundled,
            "secureVault.secrets has a password of the databases, but database.mode is bundled",
        ),
        (
            json!({"secureVault": {"enabled": true, "secrets": {"admin_password": "text"}}}),
            "no key is given that could have encrypted the texts",
        ),
        (
            vault(&json!({"admin_password": ""})),
            "secureVault.secrets.admin_password is empty",
        ),
    ] {
        let said = refusal(3, values);
        assert!(said.contains(message), "{said}");
    }
}
