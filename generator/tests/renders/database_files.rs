//! How the driver's jar and the authorities of database servers reach the servers that have a database, and those alone.

use serde_json::{Value, json};

use crate::support::{Release, refusal, release};

const SUM: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn external(kind: &str, more: &[(&str, Value)]) -> Value {
    let mut values = json!({
        "database": {"mode": "external", "type": kind, "host": "db.example.net"},
        "credentials": {"existingSecret": "accounts"},
    });
    for (key, value) in more {
        values["database"][key] = value.clone();
    }
    values
}

fn main_container<'r>(release: &'r Release, component: &str) -> &'r Value {
    &release.pod(component)["containers"][0]
}

fn mount<'r>(container: &'r Value, name: &str) -> Option<&'r Value> {
    container["volumeMounts"]
        .as_array()?
        .iter()
        .find(|mount| mount["name"] == name)
}

fn volume<'r>(pod: &'r Value, name: &str) -> Option<&'r Value> {
    pod["volumes"]
        .as_array()?
        .iter()
        .find(|volume| volume["name"] == name)
}

#[test]
fn a_jar_from_a_url_is_checked_and_lands_where_the_entrypoint_copies_from() {
    let jar = json!({"url": "https://repo.example.com/driver.jar", "sha256": SUM});
    let release = release(4, external("postgre", &[("driverJar", jar)]));
    for component in ["control-plane", "key-manager"] {
        let script = release.script(component, "fetch-database-driver");
        assert!(
            script.contains("'https://repo.example.com/driver.jar'"),
            "{script}"
        );
        assert!(script.contains(SUM), "{script}");
        let mount = mount(main_container(&release, component), "database-driver");
        let mount = mount.expect("the jar is mounted");
        assert_eq!(
            mount["mountPath"],
            "/home/wso2carbon/wso2-config-volume/repository/components/lib/database-driver.jar"
        );
        assert_eq!(mount["readOnly"], true);
    }
    for component in ["gateway", "traffic-manager"] {
        assert!(
            !release
                .init_names(component)
                .contains(&"fetch-database-driver")
        );
        assert!(volume(release.pod(component), "database-driver").is_none());
    }
}

#[test]
fn a_jar_from_an_image_is_copied_under_the_same_restrictions() {
    let jar = json!({"image": {"registry": "registry.example.com", "repository": "drivers", "tag": "1"}, "path": "/driver.jar"});
    let release = release(3, external("mysql", &[("driverJar", jar)]));
    let fetch = release
        .init_containers("control-plane")
        .iter()
        .find(|container| container["name"] == "fetch-database-driver")
        .expect("it is copied");
    assert_eq!(fetch["image"], "registry.example.com/drivers:1");
    assert_eq!(fetch["securityContext"]["allowPrivilegeEscalation"], false);
    assert_eq!(
        fetch["securityContext"]["capabilities"]["drop"],
        json!(["ALL"])
    );
}

#[test]
fn a_jar_from_a_claim_is_mounted_as_it_is() {
    let jar = json!({"claim": {"name": "jars", "path": "mysql/driver.jar"}});
    let release = release(3, external("mysql", &[("driverJar", jar)]));
    assert!(
        !release
            .init_names("control-plane")
            .contains(&"fetch-database-driver")
    );
    let mount = mount(main_container(&release, "control-plane"), "database-driver");
    assert_eq!(
        mount.expect("the jar is mounted")["subPath"],
        "mysql/driver.jar"
    );
    let volume = volume(release.pod("control-plane"), "database-driver").expect("a volume");
    assert_eq!(
        volume["persistentVolumeClaim"],
        json!({"claimName": "jars", "readOnly": true})
    );
}

#[test]
fn a_jar_from_nowhere_or_two_places_is_refused() {
    let claim = json!({"name": "jars", "path": "a.jar"});
    for (jar, expected) in [
        (
            json!({"url": "https://x/a.jar"}),
            "database.driverJar.sha256 is empty",
        ),
        (
            json!({"url": "https://x/a.jar", "sha256": SUM, "claim": claim}),
            "url and claim are given",
        ),
        (
            json!({"image": {"repository": "x", "tag": "1"}}),
            "database.driverJar.path is empty",
        ),
    ] {
        let message = refusal(3, external("mysql", &[("driverJar", jar)]));
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn authorities_reach_the_driver_in_the_form_that_it_reads() {
    let tls = json!({"mode": "verify-full", "caSecret": {"name": "rds", "key": "bundle.pem"}});
    for (kind, file, parameter) in [
        (
            "postgre",
            "ca.crt",
            "sslrootcert=/home/wso2carbon/database-ca/ca.crt",
        ),
        (
            "mariadb",
            "ca.crt",
            "serverSslCert=/home/wso2carbon/database-ca/ca.crt",
        ),
        (
            "mysql",
            "ca.p12",
            "trustCertificateKeyStoreUrl=file:/home/wso2carbon/database-ca/ca.p12&amp;trustCertificateKeyStoreType=PKCS12",
        ),
        (
            "mssql",
            "ca.p12",
            "trustStore=/home/wso2carbon/database-ca/ca.p12;trustStoreType=PKCS12",
        ),
        (
            "oracle",
            "ca.p12",
            "javax.net.ssl.trustStore=/home/wso2carbon/database-ca/ca.p12&amp;javax.net.ssl.trustStoreType=PKCS12",
        ),
    ] {
        let release = release(3, external(kind, &[("tls", tls.clone())]));
        let map = release
            .find("ConfigMap", "apim-control-plane-config")
            .expect("a configuration");
        let toml = map["data"]["node-0.toml"].as_str().expect("a text");
        assert!(toml.contains(parameter), "{kind}: {toml}");
        let pod = release.pod("control-plane");
        let container = main_container(&release, "control-plane");
        let mounted = mount(container, "database-ca").expect("authorities are mounted");
        assert_eq!(mounted["mountPath"], "/home/wso2carbon/database-ca");
        let source = if file == "ca.crt" {
            "database-ca"
        } else {
            "database-authorities"
        };
        assert_eq!(
            volume(pod, source).expect("a volume")["secret"],
            json!({"secretName": "rds", "items": [{"key": "bundle.pem", "path": "ca.crt"}]})
        );
        let makes_store = release.init_names("control-plane").contains(&"database-ca");
        assert_eq!(makes_store, file == "ca.p12", "{kind}");
        assert!(volume(release.pod("gateway"), "database-ca").is_none());
    }
}
