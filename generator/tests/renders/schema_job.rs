//! The Job that makes the schema.

use serde_json::{Value, json};

use crate::support::{Release, refusal, release};

fn values(credentials: Value, more: &[(&str, Value)]) -> Value {
    let mut database = json!({
        "mode": "external",
        "type": "postgre",
        "host": "db.example.net",
        "driverJar": {"claim": {"name": "jars", "path": "driver.jar"}},
        "schemaJob": {"enabled": true},
    });
    for (key, value) in more {
        database[key] = value.clone();
    }
    json!({"database": database, "credentials": credentials})
}

fn job(release: &Release) -> &Value {
    release.find("Job", "apim-schema").expect("the Job")
}

fn container(release: &Release) -> &Value {
    &job(release)["spec"]["template"]["spec"]["containers"][0]
}

fn weight(document: &Value) -> i64 {
    let annotations = &document["metadata"]["annotations"];
    assert_eq!(annotations["helm.sh/hook"], "pre-install,pre-upgrade");
    annotations["helm.sh/hook-weight"]
        .as_str()
        .and_then(|weight| weight.parse().ok())
        .expect("a weight")
}

#[test]
fn it_runs_the_products_scripts_for_the_type_on_each_database() {
    for (kind, style, takes_back, script) in [
        ("postgre", "semicolon", "true", "postgresql.sql"),
        ("mysql", "mysql", "false", "mysql.sql"),
        ("mariadb", "mysql", "false", "mysql.sql"),
        ("mssql", "go", "true", "mssql.sql"),
        ("oracle", "slash", "false", "oracle.sql"),
    ] {
        let release = release(
            3,
            values(
                json!({"existingSecret": "accounts"}),
                &[("type", json!(kind))],
            ),
        );
        let container = container(&release);
        let arguments = container["args"].as_array().expect("arguments");
        assert_eq!(
            arguments[3..6],
            [json!(style), json!(takes_back), json!("300")]
        );
        assert_eq!(
            [&arguments[6], &arguments[8]],
            [&json!("apim"), &json!(format!("apimgt/{script}"))]
        );
        assert_eq!(
            [&arguments[9], &arguments[11]],
            [&json!("shared"), &json!(script)]
        );
        let text = container["args"].to_string();
        // URLs as the driver reads them, not as they stand in XML.
        assert!(!text.contains("&amp;"), "{text}");
        assert!(
            container["image"]
                .as_str()
                .is_some_and(|image| image.contains("acp"))
        );
    }
}

#[test]
fn what_it_reads_is_there_before_it() {
    let given = json!({"apimDb": {"password": "one"}, "sharedDb": {"password": "two"}});
    let mut with_policies = values(given, &[]);
    with_policies["networkPolicy"] = json!({"enabled": true});
    let release = release(3, with_policies);
    let job = job(&release);
    for kind in ["ConfigMap", "Secret", "ServiceAccount", "NetworkPolicy"] {
        let document = release.find(kind, "apim-schema");
        let document = document.unwrap_or_else(|| panic!("no {kind}"));
        assert!(weight(document) < weight(job), "{kind}");
    }
    for variable in container(&release)["env"].as_array().expect("accounts") {
        assert_eq!(variable["valueFrom"]["secretKeyRef"]["name"], "apim-schema");
    }
    assert_eq!(
        job["spec"]["template"]["spec"]["serviceAccountName"],
        "apim-schema"
    );
}

#[test]
fn a_secret_of_the_users_is_read_where_it_is() {
    let release = release(3, values(json!({"existingSecret": "accounts"}), &[]));
    assert!(release.find("Secret", "apim-schema").is_none());
    for variable in container(&release)["env"].as_array().expect("accounts") {
        assert_eq!(variable["valueFrom"]["secretKeyRef"]["name"], "accounts");
    }
}

#[test]
fn a_store_of_secrets_is_asked_for_it_alone() {
    let csi = json!({"csi": {"enabled": true, "provider": "aws", "secretName": "apim/production"}});
    let release = release(3, values(csi, &[]));
    let class = release
        .find("SecretProviderClass", "apim-schema")
        .expect("a class of its own");
    assert_eq!(
        class["spec"]["secretObjects"][0]["secretName"],
        "apim-schema"
    );
    let objects = class["spec"]["parameters"]["objects"]
        .as_str()
        .expect("objects");
    assert!(
        objects.contains("apim-db-password") && !objects.contains("admin-password"),
        "{objects}"
    );
    let volumes = job(&release)["spec"]["template"]["spec"]["volumes"]
        .as_array()
        .expect("volumes");
    assert!(
        volumes.iter().any(
            |volume| volume["csi"]["volumeAttributes"]["secretProviderClass"] == "apim-schema"
        )
    );
}

#[test]
fn it_is_left_out_unless_asked_for_and_refused_where_it_makes_nothing() {
    let mut off = values(json!({"existingSecret": "accounts"}), &[]);
    off["database"]["schemaJob"]["enabled"] = json!(false);
    assert!(release(3, off).find("Job", "apim-schema").is_none());
    let message = refusal(3, json!({"database": {"schemaJob": {"enabled": true}}}));
    assert!(
        message.contains("database.mode bundled makes its own schema"),
        "{message}"
    );
    let message = refusal(
        3,
        values(
            json!({"existingSecret": "accounts"}),
            &[("type", json!("h2"))],
        ),
    );
    assert!(
        message.contains("the product has no script for database.type h2"),
        "{message}"
    );
}
