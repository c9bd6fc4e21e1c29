//! Where credentials come from, and who reads them.

use serde_json::{Value, json};

use crate::support::{Release, refusal, release};

/// Secret and key of each credential that a component's server reads.
fn read(release: &Release, component: &str) -> Vec<(String, String, String)> {
    let containers = release.pod(component)["containers"].as_array();
    let variables = containers.expect("containers")[0]["env"].as_array();
    let of = |variable: &Value| {
        let source = &variable["valueFrom"]["secretKeyRef"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Some((
            text(&variable["name"])?,
            text(&source["name"])?,
            text(&source["key"])?,
        ))
    };
    variables
        .expect("variables")
        .iter()
        .filter_map(of)
        .collect()
}

fn source(release: &Release, component: &str, variable: &str) -> (String, String) {
    let found = read(release, component)
        .into_iter()
        .find(|(name, ..)| name == variable);
    let (_, secret, key) = found.unwrap_or_else(|| panic!("{component} has no {variable}"));
    (secret, key)
}

/// Names of the volumes of a pod that a driver fills.
fn driver_volumes(release: &Release, component: &str) -> Vec<String> {
    let volumes = release.pod(component)["volumes"]
        .as_array()
        .expect("volumes");
    volumes
        .iter()
        .filter_map(|volume| volume["csi"]["volumeAttributes"]["secretProviderClass"].as_str())
        .map(str::to_owned)
        .collect()
}

fn store(provider: &str, name: &str, parameters: &Value) -> Value {
    json!({
        "database": {"mode": "external", "host": "db.example.net"},
        "credentials": {"csi": {"enabled": true, "provider": provider, "secretName": name, "parameters": parameters}},
    })
}

fn objects(release: &Release, class: &str, parameter: &str) -> Value {
    let class = release.find("SecretProviderClass", class).expect("a class");
    let text = class["spec"]["parameters"][parameter]
        .as_str()
        .expect("a list");
    serde_saphyr::from_str(text).expect("a list is YAML")
}

#[test]
fn only_components_with_a_database_read_its_credentials() {
    let release = release(3, json!({}));
    for component in ["gateway", "traffic-manager"] {
        let read = read(&release, component);
        assert!(!read.is_empty(), "{component} reads nothing");
        for (variable, secret, _) in read {
            assert_eq!(secret, "apim-credentials", "{component} {variable}");
        }
    }
    let (secret, key) = source(&release, "control-plane", "AM_APIM_DB_PASSWORD");
    assert_eq!(
        (&*secret, &*key),
        ("apim-database-credentials", "apim-db-password")
    );
}

#[test]
fn a_driver_gives_a_gateway_no_credentials_of_databases() {
    let release = release(3, store("aws", "apim/production", &json!({})));
    assert_eq!(driver_volumes(&release, "gateway"), ["apim-credentials"]);
    assert_eq!(
        driver_volumes(&release, "control-plane"),
        ["apim-credentials", "apim-database-credentials"]
    );
    let class = release.find("SecretProviderClass", "apim-credentials");
    assert!(!class.expect("a class").to_string().contains("db-password"));
}

#[test]
fn each_provider_gets_its_own_list_of_objects() {
    let aws = release(
        3,
        store("aws", "apim/production", &json!({"usePodIdentity": "true"})),
    );
    assert_eq!(
        objects(&aws, "apim-database-credentials", "objects")[0]["jmesPath"][1],
        json!({"path": "\"apim-db-password\"", "objectAlias": "apim-db-password"})
    );
    let identity = json!({"keyvaultName": "v", "tenantID": "t", "clientID": "c"});
    let azure = release(3, store("azure", "apim", &identity));
    let first = &objects(&azure, "apim-credentials", "objects")["array"][0];
    assert_eq!(
        first.as_str(),
        Some("objectName: apim-admin-username\nobjectAlias: admin-username\nobjectType: secret\n")
    );
    let gcp = release(3, store("gcp", "projects/p/secrets/apim", &json!({})));
    assert_eq!(
        objects(&gcp, "apim-credentials", "secrets")[1],
        json!({"resourceName": "projects/p/secrets/apim/versions/latest", "path": "admin-password", "extractJSONKey": "admin-password"})
    );
    let vault = release(
        3,
        store("vault", "secret/data/apim", &json!({"roleName": "apim"})),
    );
    assert_eq!(
        objects(&vault, "apim-credentials", "objects")[1],
        json!({"objectName": "admin-password", "secretPath": "secret/data/apim", "secretKey": "admin-password"})
    );
}

#[test]
fn a_store_that_cannot_be_read_is_refused() {
    let identity = json!({"keyvaultName": "v", "tenantID": "t", "clientID": "c"});
    let without = |parameter: &str| {
        let mut rest = identity.clone();
        rest[parameter] = json!("");
        rest
    };
    for (provider, name, parameters, message) in [
        (
            "azure",
            "apim",
            without("keyvaultName"),
            "credentials.csi.parameters.keyvaultName is empty",
        ),
        (
            "azure",
            "apim",
            without("tenantID"),
            "credentials.csi.parameters.tenantID is empty",
        ),
        (
            "azure",
            "apim",
            without("clientID"),
            "credentials.csi.parameters.clientID is empty",
        ),
        (
            "azure",
            "",
            identity.clone(),
            "credentials.csi.secretName is \"\"",
        ),
        (
            "azure",
            "a/b",
            identity.clone(),
            "credentials.csi.secretName is \"a/b\"",
        ),
        (
            "gcp",
            "apim",
            json!({}),
            "for example projects/my-project/secrets/apim",
        ),
        (
            "vault",
            "secret/data/apim",
            json!({}),
            "credentials.csi.parameters.roleName is empty",
        ),
        (
            "akeyless",
            "apim",
            json!({}),
            "does not know how the provider akeyless writes its list",
        ),
        ("", "apim", json!({}), "credentials.csi.provider is empty"),
    ] {
        let said = refusal(3, store(provider, name, &parameters));
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn a_list_of_ones_own_replaces_the_generated_one() {
    let mut values = store("akeyless", "", &json!({}));
    values["credentials"]["csi"]["objects"] = json!("- {objectName: mine}\n");
    values["credentials"]["csi"]["databaseObjects"] = json!("- {objectName: db}\n");
    let release = release(3, values);
    assert_eq!(
        objects(&release, "apim-credentials", "objects"),
        json!([{"objectName": "mine"}])
    );
    assert_eq!(
        objects(&release, "apim-database-credentials", "objects"),
        json!([{"objectName": "db"}])
    );
}

#[test]
fn one_secret_of_a_store_is_enough_for_external_secrets() {
    let values = json!({
        "database": {"mode": "external", "host": "db.example.net"},
        "credentials": {"externalSecret": {
            "enabled": true,
            "secretStoreRef": {"name": "vault"},
            "from": {"key": "apim/production"},
            "keys": {"apim-db-password": {"key": "rds", "property": "password"}},
        }},
    });
    let release = release(3, values);
    let of = |name: &str| {
        release
            .find("ExternalSecret", name)
            .expect("an ExternalSecret")["spec"]
            .clone()
    };
    let written_out = json!({"conversionStrategy": "Default", "decodingStrategy": "None", "metadataPolicy": "None"});
    let mut expected = written_out.clone();
    expected["key"] = json!("apim/production");
    expected["property"] = json!("admin-password");
    assert_eq!(
        of("apim-credentials")["data"][1],
        json!({"secretKey": "admin-password", "remoteRef": expected})
    );
    let mut expected = written_out;
    expected["key"] = json!("rds");
    expected["property"] = json!("password");
    let databases = of("apim-database-credentials");
    assert_eq!(
        databases["data"][1],
        json!({"secretKey": "apim-db-password", "remoteRef": expected})
    );
    assert_eq!(databases["target"]["deletionPolicy"], "Retain");
}

#[test]
fn each_credential_may_be_a_secret_of_the_store() {
    let external = json!({"enabled": true, "secretStoreRef": {"name": "vault"}});
    let mut values = json!({"credentials": {"externalSecret": external}});
    let said = refusal(3, values.clone());
    assert!(
        said.contains("credentials.externalSecret does not say where the store keeps"),
        "{said}"
    );
    values["credentials"]["externalSecret"]["keyPrefix"] = json!("apim-");
    let release = release(3, values);
    let secret = release
        .find("ExternalSecret", "apim-credentials")
        .expect("an ExternalSecret");
    assert_eq!(
        secret["spec"]["data"][0]["remoteRef"]["key"],
        "apim-admin-username"
    );
    assert!(
        secret["spec"]["data"][0]["remoteRef"]
            .get("property")
            .is_none()
    );
}

#[test]
fn existing_secrets_may_have_keys_and_names_of_their_own() {
    let release = release(
        3,
        json!({
            "database": {"mode": "external", "host": "db.example.net"},
            "credentials": {
                "existingSecret": "portal",
                "keys": {
                    "admin-password": "password",
                    "apim-db-username": {"secret": "apim-user", "key": "username"},
                    "apim-db-password": {"secret": "apim-user", "key": "password"},
                },
            },
        }),
    );
    for (variable, secret, key) in [
        ("AM_ADMIN_USERNAME", "portal", "admin-username"),
        ("AM_ADMIN_PASSWORD", "portal", "password"),
        ("AM_APIM_DB_USERNAME", "apim-user", "username"),
        ("AM_APIM_DB_PASSWORD", "apim-user", "password"),
        ("AM_SHARED_DB_PASSWORD", "portal", "shared-db-password"),
    ] {
        let found = source(&release, "control-plane", variable);
        assert_eq!((&*found.0, &*found.1), (secret, key), "{variable}");
    }
    assert_eq!(release.all("Secret").count(), 0);
}

#[test]
fn a_secret_of_another_operator_goes_beside_the_chart_s_own() {
    let user = json!({"secret": "apim-user", "key": "password"});
    let release = release(
        3,
        json!({"credentials": {"keys": {"apim-db-password": user}}}),
    );
    let own = release
        .find("Secret", "apim-database-credentials")
        .expect("a Secret");
    assert!(own["data"].get("apim-db-password").is_none());
    assert!(own["data"].get("shared-db-password").is_some());
}

#[test]
fn names_and_writers_that_do_not_fit_are_refused() {
    for (credentials, message) in [
        (
            json!({"keys": {"admin-pasword": {"secret": "a", "key": "b"}}}),
            "credentials.keys.admin-pasword: there is no such credential",
        ),
        (
            json!({"keys": {"admin-password": "password"}}),
            "credentials.keys.admin-password is a key of credentials.existingSecret, which is empty",
        ),
        (
            json!({"existingSecret": "a", "csi": {"enabled": true, "provider": "aws", "secretName": "x"}}),
            "credentials.csi.enabled and credentials.existingSecret exclude each other",
        ),
        (
            json!({"existingSecret": "a", "externalSecret": {"enabled": true, "secretStoreRef": {"name": "x"}}}),
            "exclude each other",
        ),
    ] {
        let said = refusal(3, json!({"credentials": credentials}));
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn nothing_is_made_up_where_no_cluster_can_be_asked() {
    let said = refusal(3, json!({"credentials": {"generateWithoutCluster": false}}));
    for part in [
        "the cluster cannot be asked",
        "credentials.existingSecret",
        "credentials.generateWithoutCluster",
        "password",
    ] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn what_values_give_is_not_made_up() {
    let given = json!({
        "generateWithoutCluster": false,
        "admin": {"password": "a"}, "apimDb": {"password": "b"}, "sharedDb": {"password": "c"},
        "encryptionKey": "0".repeat(64),
    });
    let release = release(3, json!({"credentials": given}));
    let secret = release
        .find("Secret", "apim-credentials")
        .expect("a Secret");
    assert_eq!(secret["data"]["admin-password"], "YQ==");
}

/// The checksum of what a component's pods read.
fn checksum(release: &Release, component: &str) -> Value {
    let name = format!("apim-{component}");
    let workload = release
        .find("StatefulSet", &name)
        .or_else(|| release.find("Deployment", &name));
    let template = &workload.expect("a workload")["spec"]["template"];
    template["metadata"]["annotations"]["checksum/references"].clone()
}

#[test]
fn a_password_restarts_those_who_read_it_and_nobody_else() {
    let with = |credentials: Value| release(3, json!({"credentials": credentials}));
    let before = with(json!({"apimDb": {"password": "a"}, "admin": {"password": "a"}}));
    let database = with(json!({"apimDb": {"password": "b"}, "admin": {"password": "a"}}));
    assert_ne!(
        checksum(&before, "control-plane"),
        checksum(&database, "control-plane")
    );
    for component in ["gateway", "traffic-manager"] {
        assert_eq!(checksum(&before, component), checksum(&database, component));
    }
    let admin = with(json!({"apimDb": {"password": "a"}, "admin": {"password": "b"}}));
    for component in ["control-plane", "gateway", "traffic-manager"] {
        assert_ne!(checksum(&before, component), checksum(&admin, component));
    }
}

fn annotations(release: &Release, kind: &str, component: &str) -> Value {
    let workload = release.find(kind, &format!("apim-{component}"));
    workload.expect("a workload")["metadata"]["annotations"].clone()
}

#[test]
fn an_operator_is_told_which_secrets_a_component_reads() {
    let mut values = store("aws", "apim/production", &json!({}));
    values["restarts"] = json!({"operator": "reloader"});
    values["gateway"] =
        json!({"filesFrom": [{"path": "a.txt", "configMap": {"name": "notice", "key": "a"}}]});
    let release = release(3, values);
    let secrets = "secret.reloader.stakater.com/reload";
    assert_eq!(
        annotations(&release, "StatefulSet", "control-plane")[secrets],
        "apim-credentials,apim-database-credentials"
    );
    let gateway = annotations(&release, "Deployment", "gateway");
    assert_eq!(gateway[secrets], "apim-credentials");
    assert_eq!(gateway["configmap.reloader.stakater.com/reload"], "notice");
}

#[test]
fn what_an_upgrade_changes_is_no_business_of_that_operator() {
    let release = release(3, json!({"restarts": {"operator": "reloader"}}));
    assert_eq!(annotations(&release, "Deployment", "gateway"), Value::Null);
}
