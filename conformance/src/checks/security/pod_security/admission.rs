//! Our rules against Kubernetes' own: the admission library in the render server gives the same verdict on every pod.

use std::path::{Path, PathBuf};

use am_toolchain::{
    PodSecurityLevel, RenderRequest, RenderServer, Renderer as _, StderrProgress, Tool, Toolchain,
};
use serde_json::{Value, json};

use super::{CONTROLS, Pod, violations};
use crate::{
    facts::Facts,
    manifest::{Manifest, Workload, strings_at},
    suite::{operator_values, platforms_of},
};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn server() -> RenderServer {
    let program = Toolchain::new(workspace())
        .ensure(Tool::Renderer, &mut StderrProgress::default())
        .expect("the render server can be built");
    RenderServer::new(program)
}

/// What our rules say about a pod with `metadata` and `spec`.
fn ours(pod: &Value) -> Vec<String> {
    let annotations = strings_at(pod, "/metadata/annotations");
    let taken_apart = Pod {
        spec: &pod["spec"],
        annotations: annotations.into_iter().collect(),
    };
    CONTROLS
        .iter()
        .filter(|control| !violations(control, &taken_apart).is_empty())
        .map(|control| control.name.to_owned())
        .collect()
}

/// Pods on which the two disagree, with what each says.
fn disagreements(pods: &[(String, Value)]) -> Vec<String> {
    let values: Vec<&Value> = pods.iter().map(|(_, pod)| pod).collect();
    let theirs = server()
        .pod_security(PodSecurityLevel::Restricted, &values)
        .expect("the server judges pods");
    assert_eq!(theirs.len(), pods.len());
    pods.iter()
        .zip(theirs)
        .map(|((name, pod), theirs)| (name, ours(pod), theirs))
        .filter(|(_, ours, theirs)| ours.is_empty() != theirs.is_empty())
        .map(|(name, ours, theirs)| format!("{name}: ours {ours:?}, Kubernetes' {theirs:?}"))
        .collect()
}

#[test]
fn every_pod_of_our_charts_gets_the_verdict_of_kubernetes() {
    let root = workspace();
    let mut helm = server();
    let facts = Facts::load().expect("the committed facts are well-formed");
    let mut pods = Vec::new();
    for pattern in 0..6 {
        let chart = root.join(format!("charts-out/am-pattern-{pattern}"));
        for platform in platforms_of(&chart).expect("the chart's overlays are read") {
            let overlay = chart.join(format!("overlays/{platform}.yaml"));
            let mut request = RenderRequest::new(&chart, "am", "apim");
            request.values_files = operator_values(&root, &facts, pattern, &platform);
            if overlay.is_file() {
                request.values_files.insert(0, overlay);
            }
            let rendered = helm.render(&request).expect("the chart renders");
            let manifest = Manifest {
                objects: crate::suite::objects_of(&request, rendered),
            };
            for workload in manifest.workloads() {
                let name = format!("{pattern}/{platform}/{}", workload.object.reference());
                pods.push((name, template_of(&workload)));
            }
        }
    }
    assert!(pods.len() > 100, "{} pods", pods.len());
    assert_eq!(disagreements(&pods), Vec::<String>::new());
}

fn template_of(workload: &Workload<'_>) -> Value {
    json!({
        "metadata": {"annotations": workload.pod.annotations(), "labels": workload.pod.labels()},
        "spec": workload.pod.spec,
    })
}

fn good() -> Value {
    json!({
        "metadata": {"annotations": {}},
        "spec": {
            "securityContext": {"runAsNonRoot": true, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
            "initContainers": [{"name": "i", "image": "i",
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}],
            "containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 9443}],
                "livenessProbe": {"httpGet": {"port": 9763}},
                "lifecycle": {"preStop": {"exec": {"command": ["true"]}}},
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}],
            "volumes": [{"name": "a", "configMap": {"name": "a"}}, {"name": "b", "emptyDir": {}}]
        }
    })
}

/// Sound and faulty values of each field that the standard knows.
fn cases() -> Vec<(&'static str, Value)> {
    vec![
        ("/spec/hostNetwork", json!(true)),
        ("/spec/hostNetwork", json!(false)),
        ("/spec/hostPID", json!(true)),
        ("/spec/hostIPC", json!(true)),
        ("/spec/securityContext/runAsNonRoot", json!(false)),
        ("/spec/securityContext/runAsNonRoot", Value::Null),
        ("/spec/securityContext/runAsUser", json!(0)),
        ("/spec/securityContext/runAsUser", Value::Null),
        ("/spec/securityContext/seccompProfile", Value::Null),
        (
            "/spec/securityContext/seccompProfile",
            json!({"type": "Unconfined"}),
        ),
        (
            "/spec/securityContext/seccompProfile",
            json!({"type": "Localhost", "localhostProfile": "p.json"}),
        ),
        (
            "/spec/securityContext/seLinuxOptions",
            json!({"type": "container_t"}),
        ),
        (
            "/spec/securityContext/seLinuxOptions",
            json!({"type": "spc_t"}),
        ),
        ("/spec/securityContext/seLinuxOptions", json!({"user": "u"})),
        (
            "/spec/securityContext/seLinuxOptions",
            json!({"level": "s0:c1"}),
        ),
        (
            "/spec/securityContext/sysctls",
            json!([{"name": "kernel.msgmax", "value": "1"}]),
        ),
        (
            "/spec/securityContext/sysctls",
            json!([{"name": "net.ipv4.tcp_rmem", "value": "1"}]),
        ),
        (
            "/spec/securityContext/appArmorProfile",
            json!({"type": "Unconfined"}),
        ),
        (
            "/spec/securityContext/appArmorProfile",
            json!({"type": "RuntimeDefault"}),
        ),
        ("/spec/securityContext/supplementalGroups", json!([0])),
        ("/spec/containers/0/securityContext/privileged", json!(true)),
        (
            "/spec/containers/0/securityContext/privileged",
            json!(false),
        ),
        (
            "/spec/containers/0/securityContext/allowPrivilegeEscalation",
            json!(true),
        ),
        (
            "/spec/containers/0/securityContext/allowPrivilegeEscalation",
            Value::Null,
        ),
        (
            "/spec/containers/0/securityContext/capabilities",
            Value::Null,
        ),
        (
            "/spec/containers/0/securityContext/capabilities",
            json!({"drop": ["NET_RAW"]}),
        ),
        (
            "/spec/containers/0/securityContext/capabilities",
            json!({"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
        ),
        (
            "/spec/containers/0/securityContext/capabilities",
            json!({"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
        ),
        (
            "/spec/containers/0/securityContext/procMount",
            json!("Unmasked"),
        ),
        (
            "/spec/containers/0/securityContext/procMount",
            json!("Default"),
        ),
        ("/spec/containers/0/securityContext/runAsUser", json!(0)),
        (
            "/spec/containers/0/securityContext/runAsNonRoot",
            json!(false),
        ),
        (
            "/spec/containers/0/securityContext/seccompProfile",
            json!({"type": "Unconfined"}),
        ),
        (
            "/spec/containers/0/securityContext/seLinuxOptions",
            json!({"role": "r"}),
        ),
        (
            "/spec/containers/0/securityContext/appArmorProfile",
            json!({"type": "Unconfined"}),
        ),
        (
            "/spec/containers/0/ports",
            json!([{"containerPort": 1, "hostPort": 80}]),
        ),
        (
            "/spec/containers/0/ports",
            json!([{"containerPort": 1, "hostPort": 0}]),
        ),
        (
            "/spec/containers/0/livenessProbe",
            json!({"httpGet": {"port": 1, "host": "169.254.169.254"}}),
        ),
        (
            "/spec/containers/0/livenessProbe",
            json!({"tcpSocket": {"port": 1, "host": "x"}}),
        ),
        (
            "/spec/containers/0/livenessProbe",
            json!({"httpGet": {"port": 1, "host": "127.0.0.1"}}),
        ),
        (
            "/spec/containers/0/lifecycle",
            json!({"postStart": {"httpGet": {"port": 1, "host": "x"}}}),
        ),
        (
            "/spec/initContainers/0/securityContext/privileged",
            json!(true),
        ),
        ("/spec/initContainers/0/securityContext/runAsUser", json!(0)),
        (
            "/spec/initContainers/0/securityContext/capabilities",
            Value::Null,
        ),
        (
            "/spec/volumes",
            json!([{"name": "h", "hostPath": {"path": "/"}}]),
        ),
        (
            "/spec/volumes",
            json!([{"name": "h", "nfs": {"server": "s", "path": "/"}}]),
        ),
        (
            "/spec/volumes",
            json!([{"name": "h", "csi": {"driver": "d"}}]),
        ),
        (
            "/spec/volumes",
            json!([{"name": "h", "projected": {"sources": []}}]),
        ),
        (
            "/spec/volumes",
            json!([{"name": "h", "persistentVolumeClaim": {"claimName": "c"}}]),
        ),
        (
            "/spec/volumes",
            json!([{"name": "h", "image": {"reference": "r"}}]),
        ),
        (
            "/metadata/annotations",
            json!({"container.apparmor.security.beta.kubernetes.io/c": "unconfined"}),
        ),
        (
            "/metadata/annotations",
            json!({"container.apparmor.security.beta.kubernetes.io/c": "runtime/default"}),
        ),
    ]
}

#[test]
fn every_field_of_the_standard_gets_the_verdict_of_kubernetes() {
    let mut pods = vec![("unchanged".to_owned(), good())];
    for (path, value) in cases() {
        let mut pod = good();
        let (parent, last) = path.rsplit_once('/').expect("a path has a parent");
        let shown = format!("{path} = {value}");
        pod.pointer_mut(parent).expect("the parent is there")[last] = value;
        pods.push((shown, pod));
    }
    let refused = pods.iter().filter(|(_, pod)| !ours(pod).is_empty()).count();
    assert!(
        refused > 20 && refused < pods.len(),
        "{refused} of {} are refused",
        pods.len()
    );
    assert_eq!(disagreements(&pods), Vec::<String>::new());
}
