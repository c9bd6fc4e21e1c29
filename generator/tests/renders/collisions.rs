//! What a pod may have once only: ports, volumes, paths, names of containers.

use serde_json::{Value, json};

use crate::support::{refusal, release};

fn refused(values: &Value, message: &str) {
    let error = refusal(3, values.clone());
    assert!(error.contains(message), "{values}: {error}");
}

fn container(name: &str) -> Value {
    json!({"name": name, "image": "busybox:1.37"})
}

#[test]
fn ports_are_there_once() {
    let ports = |ports: Value| json!({"gateway": {"extraPorts": ports}});
    let port = |name: &str, number: u16| json!({"name": name, "containerPort": number});
    for (given, message) in [
        (
            json!([port("wss", 7000)]),
            "gateway.extraPorts: the name wss is taken by the chart itself: choose another one",
        ),
        (
            json!([port("mine", 8243)]),
            "gateway.extraPorts: the containerPort 8243 of mine is taken by the chart's port gateway-https",
        ),
        (
            json!([port("mine", 7000), port("mine", 7001)]),
            "gateway.extraPorts: the name mine is taken by another entry of gateway.extraPorts",
        ),
        (
            json!([port("mine", 7000), port("yours", 7000)]),
            "gateway.extraPorts: the containerPort 7000 of yours is taken by mine in gateway.extraPorts",
        ),
    ] {
        refused(&ports(given), message);
    }
    let mut offset = ports(json!([port("mine", 8253)]));
    offset["gateway"]["portOffset"] = json!(10);
    refused(&offset, "is taken by the chart's port gateway-https");
    release(3, ports(json!([port("mine", 7000), port("yours", 7001)])));
    // The exporter's own port steps back for one of the user's.
    let mut metrics = ports(json!([port("metrics", 9404)]));
    metrics["serviceMonitor"] = json!({"enabled": true});
    metrics["metrics"] = json!({"exporter": {"claim": {"name": "jars", "path": "a.jar"}}});
    release(3, metrics);
}

#[test]
fn volumes_are_there_once() {
    let volume = |name: &str| json!({"name": name, "emptyDir": {}});
    let taken = "the name configuration is taken by the chart itself: choose another one";
    let own = json!({"gateway": {"extraVolumes": [volume("configuration")]}});
    refused(&own, &format!("gateway.extraVolumes: {taken}"));
    let all = json!({"defaults": {"extraVolumes": [volume("configuration")]}});
    refused(&all, &format!("defaults.extraVolumes: {taken}"));
    refused(
        &json!({"gateway": {"extraVolumes": [volume("a"), volume("a")]}}),
        "gateway.extraVolumes: the name a is there twice",
    );
    // The claims of a StatefulSet are volumes, too.
    refused(
        &json!({"controlPlane": {"extraVolumes": [volume("database")]}}),
        "controlPlane.extraVolumes: the name database is taken by the chart itself",
    );
    release(
        3,
        json!({"defaults": {"extraVolumes": [volume("a"), volume("b")]}}),
    );
}

#[test]
fn paths_are_mounted_once_and_from_volumes_that_are_there() {
    let mounts = |mounts: Value| json!({"gateway": {"extraVolumes": [{"name": "a", "emptyDir": {}}], "extraVolumeMounts": mounts}});
    let mount = |name: &str, path: &str| json!({"name": name, "mountPath": path});
    let toml = "/home/wso2carbon/wso2-config-volume/repository/conf/deployment.toml";
    for (given, message) in [
        (
            json!([mount("a", toml)]),
            format!("gateway.extraVolumeMounts: the mountPath {toml} is taken by the chart itself"),
        ),
        (
            json!([mount("a", "/data"), mount("a", "/data/")]),
            "gateway.extraVolumeMounts: the mountPath /data is there twice".to_owned(),
        ),
        (
            json!([mount("b", "/data")]),
            "gateway.extraVolumeMounts: there is no volume b for the mount at /data: add it to extraVolumes, or name one of a, configuration".to_owned(),
        ),
    ] {
        refused(&mounts(given), &message);
    }
    let store = "repository/resources/security/wso2carbon.jks";
    let passwords = json!({"existingSecret": "given"});
    refused(
        &json!({"credentials": passwords, "keystores": {"existingSecret": "stores"}, "gateway": {"files": {(store): "x"}}}),
        "gateway: two values bring something to the mountPath",
    );
    release(3, mounts(json!([mount("a", "/data"), mount("a", "/more")])));
}

#[test]
fn containers_have_names_of_their_own() {
    for (given, message) in [
        (
            json!({"sidecars": [container("gateway")]}),
            "gateway.sidecars: the name gateway is taken by the chart itself",
        ),
        (
            json!({"initContainers": [container("gateway")]}),
            "gateway.initContainers: the name gateway is taken by the chart itself",
        ),
        (
            json!({"initContainers": [container("wait-for-event-hub")]}),
            "gateway.initContainers: the name wait-for-event-hub is taken by the chart itself",
        ),
        (
            json!({"initContainers": [container("a")], "sidecars": [container("a")]}),
            "gateway.sidecars: the name a is taken by gateway.initContainers",
        ),
        (
            json!({"sidecars": [container("a"), container("a")]}),
            "gateway.sidecars: the name a is there twice",
        ),
    ] {
        refused(&json!({"gateway": given}), message);
    }
    release(
        3,
        json!({"gateway": {"initContainers": [container("a")], "sidecars": [container("b")]}}),
    );
}

#[test]
fn values_of_variables_are_text() {
    let with = |value: Value| json!([{"name": "A", "value": value}]);
    for (value, told) in [
        (
            json!(5),
            r#"is 5 without quotes, but Kubernetes takes text alone: quote it, value: "5""#,
        ),
        (
            json!(true),
            r#"is true without quotes, but Kubernetes takes text alone: quote it, value: "true""#,
        ),
        (json!(1_000_000), r#"value: "1000000""#),
    ] {
        let own = json!({"gateway": {"extraEnv": with(value.clone())}});
        refused(
            &own,
            &format!("gateway.extraEnv: the value of A is {value}"),
        );
        refused(&own, told);
        let mut sidecar = container("a");
        sidecar["env"] = with(value);
        refused(
            &json!({"defaults": {"sidecars": [sidecar]}}),
            "defaults.sidecars: a: the value of A is",
        );
    }
    let release = release(
        3,
        json!({"gateway": {"extraEnv": [{"name": "A", "value": "5"}]}}),
    );
    let env = &release.pod("gateway")["containers"][0]["env"];
    let env = env.as_array().expect("variables");
    assert!(env.contains(&json!({"name": "A", "value": "5"})), "{env:?}");
}
