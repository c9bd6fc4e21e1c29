//! Values that the schema allows and that would not work.

use serde_json::{Value, json};

use crate::support::{refusal, release};

#[test]
fn what_would_not_work_is_refused_with_the_value_that_is_wrong() {
    let configuration = json!({"repository/conf/a.xml": "x"});
    let from = |path: &str| json!([{"path": path, "configMap": {"name": "a", "key": "b"}}]);
    let rows: [(Value, &str); 11] = [
        (
            json!({"gateway": {"config": {"server": {"offset": 10}}}}),
            "gateway.config.server.offset moves the ports",
        ),
        (
            json!({"defaults": {"config": {"server": {"offset": 10}}}}),
            "defaults.config.server.offset moves the ports",
        ),
        (
            json!({"gateway": {"serviceAccount": {"name": "x"}}, "trafficManager": {"serviceAccount": {"name": "x"}}}),
            "would both make the ServiceAccount x",
        ),
        (
            json!({"exposure": {"certManager": {"issuerRef": {"name": "le", "kind": "ClusterIsuer"}}}}),
            "exposure.certManager.issuerRef.kind is ClusterIsuer",
        ),
        (
            json!({"commonAnnotations": {"helm.sh/hook-weight": "1"}}),
            "commonAnnotations: helm.sh/hook-weight",
        ),
        (
            json!({"gateway": {"filesFrom": from("repository/conf/deployment.toml")}}),
            "gateway.filesFrom: repository/conf/deployment.toml is not allowed",
        ),
        (
            json!({"gateway": {"files": configuration, "filesFrom": from("repository/conf/a.xml")}}),
            "gateway.filesFrom: repository/conf/a.xml is given twice",
        ),
        (
            json!({"secureVault": {"enabled": true, "secrets": {"shared-db-password": "x"}}}),
            "the vault's alias of this credential is shared_db_password",
        ),
        (
            json!({"credentials": {"externalSecret": {"keys": {"admin-pasword": {"key": "z"}}}}}),
            "credentials.externalSecret.keys.admin-pasword: there is no such credential",
        ),
        (
            json!({"hostnames": {"gateway": "a.example.com"}, "exposure": {"endpoints": {"gateway": {"hostnames": ["a.example.com"]}}}}),
            "exposure.endpoints.gateway.hostnames: a.example.com is given twice",
        ),
        (
            json!({"database": {"schemaJob": {"enabled": true, "serviceAccount": {"name": "x"}}}, "gateway": {"serviceAccount": {"name": "x"}}}),
            "would both make the ServiceAccount x",
        ),
    ];
    for (mut values, message) in rows {
        if values["database"]["schemaJob"].is_object() {
            values["database"]["mode"] = "external".into();
            values["database"]["type"] = "postgre".into();
            values["database"]["host"] = "db.example.com".into();
            values["credentials"]["existingSecret"] = "creds".into();
        }
        let error = refusal(3, values.clone());
        assert!(error.contains(message), "{values}: {error}");
    }
}

#[test]
fn an_annotation_of_the_user_is_never_written_beside_the_chart_s_own() {
    let of_pods = json!({"checksum/files": "x", "kubectl.kubernetes.io/default-container": "y"});
    let timeout = "haproxy.router.openshift.io/timeout";
    let release = release(
        3,
        json!({
            "commonAnnotations": {"helm.sh/resource-policy": "keep", (timeout): "9s"},
            "defaults": {"podAnnotations": of_pods},
            "hostnames": {"management": "am.example.com"},
            "exposure": {
                "route": {"enabled": true},
                "endpoints": {"management": {"annotations": {(timeout): "7s"}}},
            },
        }),
    );
    let route = release.all("Route").next().expect("a Route");
    assert_eq!(route["metadata"]["annotations"][timeout], "7s");
    let gateway = release.find("Deployment", "apim-gateway").expect("it");
    let annotations = &gateway["spec"]["template"]["metadata"]["annotations"];
    assert_eq!(
        annotations["kubectl.kubernetes.io/default-container"],
        "gateway"
    );
    assert_ne!(annotations["checksum/files"], "x");
}

#[test]
fn what_the_schema_job_runs_as_is_made_under_the_name_that_is_given() {
    let values = json!({
        "database": {
            "mode": "external",
            "type": "postgre",
            "host": "db.example.com",
            "schemaJob": {"enabled": true, "serviceAccount": {"name": "made"}},
        },
        "credentials": {"existingSecret": "creds"},
    });
    assert!(release(3, values).find("ServiceAccount", "made").is_some());
}

#[test]
fn rules_of_the_user_reach_prometheus_with_its_own_templates() {
    let summary = "{{ $labels.pod }} is away";
    let rule = json!({"alert": "A", "expr": "up", "annotations": {"summary": summary}});
    let values = json!({"prometheusRule": {"enabled": true, "rules": [rule]}});
    let release = release(3, values);
    let rules = release.all("PrometheusRule").next().expect("rules");
    assert!(rules.to_string().contains(summary), "{rules}");
}
