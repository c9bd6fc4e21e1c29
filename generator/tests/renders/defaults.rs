//! What components leave to `defaults`, and what every other pod takes from there.

use serde_json::{Value, json};

use crate::support::{Release, release};

/// The specs of all pods of a release, those of tests included.
fn pods(release: &Release) -> Vec<(String, Value)> {
    let workloads = ["Deployment", "StatefulSet", "Job"].into_iter();
    let templates = workloads
        .flat_map(|kind| release.all(kind))
        .map(|object| (object, &object["spec"]["template"]));
    let bare = release.all("Pod").map(|pod| (pod, pod));
    templates
        .chain(bare)
        .map(|(object, pod)| (object["metadata"]["name"].to_string(), pod.clone()))
        .collect()
}

fn common() -> Value {
    json!({
        "tolerations": [{"key": "apim", "operator": "Exists"}],
        "nodeSelector": {"pool": "apim"},
        "priorityClassName": "high",
        "podAnnotations": {"example.org/team": "api"},
        "podLabels": {"example.org/team": "api"},
        "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["db"]}],
        "dnsPolicy": "ClusterFirst",
        "dnsConfig": {"options": [{"name": "ndots", "value": "1"}]},
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "{{ .Release.Name }}", "operator": "Exists"}]}]}}},
        "resources": {"limits": {"cpu": "2"}},
    })
}

#[test]
fn every_pod_takes_what_defaults_say() {
    let bundled = json!({"defaults": common()});
    let made = json!({
        "defaults": common(),
        "credentials": {"existingSecret": "given"},
        "database": {
            "mode": "external", "type": "postgre", "host": "db.example.net",
            "driverJar": {"claim": {"name": "jars", "path": "driver.jar"}}, "schemaJob": {"enabled": true},
        },
    });
    // The components and their tests; the database or the Job that makes its tables.
    for values in [bundled, made] {
        let pods = pods(&release(4, values));
        assert_eq!(pods.len(), 4 + 4 + 1);
        each_has_the_defaults(pods);
    }
}

fn each_has_the_defaults(pods: Vec<(String, Value)>) {
    for (name, pod) in pods {
        let spec = &pod["spec"];
        for (field, value) in common().as_object().expect("a mapping") {
            match field.as_str() {
                "podAnnotations" => assert_eq!(
                    pod["metadata"]["annotations"]["example.org/team"], "api",
                    "{name}"
                ),
                "podLabels" => assert_eq!(
                    pod["metadata"]["labels"]["example.org/team"], "api",
                    "{name}"
                ),
                "affinity" => assert_eq!(
                    spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
                        ["nodeSelectorTerms"][0]["matchExpressions"][0]["key"],
                    "apim",
                    "{name}"
                ),
                "resources" => {
                    for container in spec["containers"]
                        .as_array()
                        .into_iter()
                        .chain(spec["initContainers"].as_array())
                        .flatten()
                    {
                        assert_eq!(
                            container["resources"]["limits"]["cpu"], "2",
                            "{name}: {container}"
                        );
                        assert!(
                            container["resources"]["limits"]["memory"].is_string(),
                            "{name}"
                        );
                    }
                }
                field => assert_eq!(&spec[field], value, "{name}"),
            }
        }
    }
}

#[test]
fn a_component_has_the_last_word() {
    let own = json!({
        "tolerations": [],
        "nodeSelector": {"disk": "fast"},
        "priorityClassName": "higher",
        "podAnnotations": {"example.org/team": "gateways"},
        "resources": {"limits": {"cpu": "3"}},
        "config": {"server": {"b": 2}},
        "shutdown": {"drainSeconds": 7},
    });
    let mut values = json!({"defaults": common(), "gateway": own});
    values["defaults"]["config"] = json!({"server": {"a": 1, "b": 1}});
    values["defaults"]["shutdown"] = json!({"drainSeconds": 3});
    values["defaults"]["jvm"] = json!({"options": "-Dall=1"});
    let release = release(4, values);
    let pod = &release
        .find("Deployment", "apim-gateway")
        .expect("a gateway")["spec"]["template"];
    let spec = &pod["spec"];
    assert_eq!(spec.get("tolerations"), None);
    assert_eq!(
        spec["nodeSelector"],
        json!({"pool": "apim", "disk": "fast"})
    );
    assert_eq!(spec["priorityClassName"], "higher");
    assert_eq!(
        pod["metadata"]["annotations"]["example.org/team"],
        "gateways"
    );
    assert_eq!(spec["containers"][0]["resources"]["limits"]["cpu"], "3");
    let toml = |component: &str, key: &str| {
        let map = release.find("ConfigMap", &format!("apim-{component}-config"));
        map.expect("a configuration")["data"][key]
            .as_str()
            .expect("text")
            .to_owned()
    };
    let (gateway, manager) = (
        toml("gateway", "deployment.toml"),
        toml("traffic-manager", "node-0.toml"),
    );
    assert!(
        gateway.contains("a = 1") && gateway.contains("b = 2"),
        "{gateway}"
    );
    assert!(
        manager.contains("a = 1") && manager.contains("b = 1"),
        "{manager}"
    );
    let drain = |component: &str| {
        release.pod(component)["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1]
            .clone()
    };
    assert_eq!(
        (drain("gateway"), drain("key-manager")),
        (json!("7"), json!("3"))
    );
    let options = release.pod("control-plane")["containers"][0]["env"]
        .as_array()
        .expect("variables")
        .iter()
        .any(|variable| *variable == json!({"name": "JAVA_OPTS", "value": "-Dall=1"}));
    assert!(options);
}

#[test]
fn no_default_reaches_a_selector() {
    let labels = json!({"app.kubernetes.io/name": "other", "app.kubernetes.io/component": "other", "x": "y"});
    let release = release(4, json!({"defaults": {"podLabels": labels}}));
    for kind in ["Deployment", "StatefulSet"] {
        for workload in release.all(kind) {
            let selector = workload["spec"]["selector"]["matchLabels"]
                .as_object()
                .expect("labels");
            let labels = &workload["spec"]["template"]["metadata"]["labels"];
            assert!(selector.iter().all(|(key, value)| labels[key] == *value));
            assert!(!selector.contains_key("x") && selector["app.kubernetes.io/name"] != "other");
        }
    }
}

#[test]
fn a_label_that_two_values_give_is_written_once() {
    let labels = json!({"team": "api"});
    let values = json!({"commonLabels": labels, "defaults": {"podLabels": labels}, "gateway": {"podLabels": labels}});
    let release = release(3, values);
    let pods = release
        .all("Pod")
        .map(|pod| &pod["metadata"]["labels"]["team"]);
    let made = release
        .all("Deployment")
        .map(|it| &it["spec"]["template"]["metadata"]["labels"]["team"]);
    let all: Vec<_> = pods.chain(made).collect();
    assert!(
        all.len() > 3 && all.iter().all(|team| *team == "api"),
        "{all:?}"
    );
}
