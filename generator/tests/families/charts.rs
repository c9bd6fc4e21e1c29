//! What every chart of every family is held to.

use std::collections::BTreeSet;
use std::path::Path;

use am_toolchain::schemas::SchemaSet;
use serde_json::{Value, json};

use crate::support::{MI, NEWEST, SI, charts, families, forbidden, lint, render};

/// What a user adds to an overlay.
fn of_overlay(overlay: &str) -> Value {
    match overlay {
        "dev" => json!({}),
        "production" => json!({"credentials": {"generateWithoutCluster": true}}),
        "aws" => json!({"credentials": {"csi": {"secretName": "apim/integration"}}}),
        "azure" | "azure-agc" => {
            json!({"credentials": {"csi": {"secretName": "mi", "parameters": {"keyvaultName": "k", "tenantID": "t", "clientID": "c"}}}})
        }
        "gcp" => json!({"credentials": {"csi": {"secretName": "projects/p/secrets/s"}}}),
        "openshift" => json!({"credentials": {"existingSecret": "integration"}}),
        "azure-external-secrets" => {
            json!({"credentials": {"externalSecret": {"keyPrefix": "mi-"}}})
        }
        _ => json!({"credentials": {"externalSecret": {"from": {"key": "apim/integration"}}}}),
    }
}

/// The way in that an overlay prepares, switched on.
fn published(chart: &str, overlay: &str) -> Value {
    let host = if chart == MI { "integration" } else { "admin" };
    let mut values = of_overlay(overlay);
    values["hostnames"] = json!({host: "int.example.com"});
    let way = if overlay.starts_with("aws") {
        json!({"ingress": {"enabled": true}})
    } else if overlay == "openshift" {
        json!({"route": {"enabled": true}})
    } else {
        json!({"gatewayApi": {"enabled": true, "gateway": {"create": true, "className": "any", "tlsSecret": "tls"}}})
    };
    values["exposure"] = way;
    values
}

fn overlays(chart: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(chart.join("overlays")).expect("overlays");
    let names = entries.map(|entry| entry.expect("an entry").path());
    names
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect()
}

#[test]
fn each_is_the_version_beside_api_manager_s() {
    for (version, mi, si) in [
        ("4.5.0", "4.4.0", "4.3.0"),
        ("4.6.0", "4.5.0", "4.3.1"),
        (NEWEST, "4.6.0", "4.4.0"),
    ] {
        for (chart, own) in [(MI, mi), (SI, si)] {
            let file = charts()[version].join(chart).join("Chart.yaml");
            let text = std::fs::read_to_string(file).expect("a chart");
            assert!(
                text.contains(&format!("appVersion: \"{own}\"")),
                "{chart}: {text}"
            );
        }
    }
}

#[test]
fn every_chart_renders_and_lints_with_every_overlay_in_every_version() {
    for (version, folder) in charts() {
        for chart in [MI, SI] {
            let path = folder.join(chart);
            let overlays = overlays(&path);
            assert!(overlays.len() > 8, "{overlays:?}");
            for overlay in &overlays {
                let messages = lint(&path, &path.join(format!("overlays/{overlay}.yaml")));
                assert!(
                    messages.is_empty(),
                    "{chart} {version} {overlay}: {messages:?}"
                );
                let release = render(chart, version, &[overlay], of_overlay(overlay))
                    .unwrap_or_else(|error| panic!("{chart} {version} {overlay}: {error}"));
                assert_eq!(
                    forbidden(&release.pods()),
                    Vec::<String>::new(),
                    "{chart} {overlay}"
                );
            }
        }
    }
}

#[test]
fn each_is_published_where_an_overlay_is_told_to() {
    let folder = &charts()[NEWEST];
    for chart in [MI, SI] {
        for overlay in overlays(&folder.join(chart)) {
            let release = render(chart, NEWEST, &[&overlay], published(chart, &overlay));
            let release = release.unwrap_or_else(|error| panic!("{chart} {overlay}: {error}"));
            let ways = ["Ingress", "HTTPRoute", "Route"];
            let ways: usize = ways.iter().map(|kind| release.all(kind).count()).sum();
            assert_eq!(ways, 1, "{chart} {overlay}");
        }
    }
}

/// Values that make as many kinds of documents as there are.
fn everything(chart: &str) -> Vec<Value> {
    let database = json!({
        "mode": "external", "type": "mysql", "host": "db.example.com",
        "tls": {"mode": "verify-full", "caConfigMap": {"name": "ca"}},
        "driverJar": {"url": "https://repo.example.com/driver.jar", "sha256": "0".repeat(64)},
    });
    let mut all = json!({
        "tenant": "acme.example.com",
        "serviceCatalog": {"enabled": true, "url": "https://apim-control-plane:9443"},
        "artifacts": {"image": {"repository": "registry.example.com/apps", "tag": "7"}, "existingClaim": "apps", "configMaps": ["more"]},
        "networkPolicy": {
            "enabled": true,
            "clients": [{"podSelector": {}}],
            "administrators": [{"podSelector": {}}],
            "loadBalancers": [{"ipBlock": {"cidr": "10.0.0.0/16"}}],
            "backends": [{"ports": [{"port": 443}]}],
        },
        "keystores": {"existingSecret": "stores", "certManager": {"enabled": true, "issuerRef": {"name": "ca"}}},
        "credentials": {
            "generateWithoutCluster": true,
            "keys": {"keystore-password": {"secret": "s", "key": "a"}, "keystore-key-password": {"secret": "s", "key": "b"}, "truststore-password": {"secret": "s", "key": "c"}},
            "catalog": {"username": "x@acme.example.com", "password": "y"},
            "coordinationDb": {"username": "u", "password": "p"},
        },
        "database": database,
    });
    if chart == MI {
        all["coordination"] = json!({"enabled": true});
        all["serviceMonitor"] = json!({"enabled": true});
        let mut scaled = all.clone();
        scaled["coordination"]["enabled"] = false.into();
        scaled["database"] = json!({});
        scaled["microIntegrator"] =
            json!({"autoscaling": {"enabled": true}, "ulimits": {"openFiles": 65535}});
        vec![all, scaled]
    } else {
        all["apps"] = json!({"A.siddhi": "@App:name('A')"});
        all["streamingIntegrator"] = json!({"replicas": 2});
        all["nodeServices"] =
            json!({"type": "LoadBalancer", "loadBalancerSourceRanges": ["10.0.0.0/8"]});
        vec![all]
    }
}

#[test]
fn every_document_is_one_that_kubernetes_takes() {
    let schemas = SchemaSet::for_kubernetes("1.34").expect("schemas");
    for chart in [MI, SI] {
        for version in charts().keys() {
            for values in everything(chart) {
                let release = render(chart, version, &[], values);
                let release = release.unwrap_or_else(|error| panic!("{chart} {version}: {error}"));
                for document in &release.0 {
                    let violations = schemas.validate(document).expect("a known kind");
                    assert!(
                        violations.is_empty(),
                        "{chart} {version}: {violations:?} in {document:#}"
                    );
                }
                assert_eq!(
                    forbidden(&release.pods()),
                    Vec::<String>::new(),
                    "{chart} {version}"
                );
            }
        }
    }
}

#[test]
fn the_same_input_makes_the_same_bytes() {
    let selection = families().all();
    let [one, other] = [0, 1].map(|_| families().generate(&selection).expect("charts"));
    assert_eq!(one, other);
    assert!(one.charts().contains(&MI) && one.charts().contains(&SI));
}

#[test]
fn lines_of_a_shared_file_lead_to_whoever_owns_it() {
    let tree = families().generate(&families().all()).expect("charts");
    let origin = |path: &str| {
        tree.source_map()
            .lookup(path, 5)
            .map(|(file, _)| file.to_owned())
    };
    assert_eq!(
        origin("am-integration-mi/templates/_common/_names.tpl").as_deref(),
        Some("generator/templates/rendered/templates/_common/_names.tpl.hbs")
    );
    assert_eq!(
        origin("am-integration-mi/templates/_common/_artifacts.tpl").as_deref(),
        Some(
            "generator/families/integration/templates/rendered/templates/_common/_artifacts.tpl.hbs"
        )
    );
}

#[test]
fn every_policy_denies_what_none_allows() {
    for chart in [MI, SI] {
        let values = json!({"networkPolicy": {"enabled": true}, "credentials": {"generateWithoutCluster": true}});
        let release = render(chart, NEWEST, &[], values).expect("rendered");
        let deny = release
            .find("NetworkPolicy", "int-default-deny")
            .expect("a policy");
        assert_eq!(deny["spec"]["policyTypes"], json!(["Ingress", "Egress"]));
        assert!(deny["spec"].get("ingress").is_none() && deny["spec"].get("egress").is_none());
        assert_eq!(release.all("NetworkPolicy").count(), 3, "{chart}");
    }
}
