//! The `restricted` level of Kubernetes' Pod Security Standards, one control per requirement.
//!
//! The rules are a table, so that they can be read next to the standard. [`violations`] judges one pod and
//! knows nothing of findings: a test, or a server with Kubernetes' own code, can be held against it.

use serde_json::Value;

use crate::{
    context::{Context, Fault, Judge},
    manifest::{Workload, array_at, str_at, strings_at},
};

/// A control of the standard and the requirement that asks for it.
#[derive(Debug)]
struct Control {
    id: &'static str,
    /// The standard's name for it.
    name: &'static str,
    rules: &'static [Rule],
    /// What to write.
    help: &'static str,
}

type Test = fn(Option<&Value>) -> bool;

/// A rule about a field.
#[derive(Debug)]
enum Rule {
    /// A field of the pod's specification.
    Pod(&'static str, Test),
    /// A field of every container.
    Container(&'static str, Test),
    /// A field of the security context that containers inherit from the pod unless they set it.
    Inherited(&'static str, Test),
    /// Each element of a list of the pod, or of every container: list, field of the element.
    PodEach(&'static str, &'static str, Test),
    ContainerEach(&'static str, &'static str, Test),
    /// Something else: places at fault.
    Other(fn(&Pod<'_>) -> Vec<String>),
}

impl Rule {
    /// The field that it is about.
    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Pod(field, _)
            | Self::Container(field, _)
            | Self::Inherited(field, _)
            | Self::PodEach(_, field, _)
            | Self::ContainerEach(_, field, _) => Some(*field),
            Self::Other(_) => None,
        }
    }
}

/// A pod template, taken apart.
#[derive(Debug)]
struct Pod<'a> {
    spec: &'a Value,
    annotations: Vec<(&'a str, &'a str)>,
}

fn absent_or_false(value: Option<&Value>) -> bool {
    value.is_none_or(|value| value.is_null() || value == &Value::Bool(false))
}

fn is_false(value: Option<&Value>) -> bool {
    value == Some(&Value::Bool(false))
}

fn is_true(value: Option<&Value>) -> bool {
    value == Some(&Value::Bool(true))
}

fn absent_or_empty(value: Option<&Value>) -> bool {
    value.is_none_or(|value| value.is_null() || value.as_str() == Some(""))
}

fn absent_or_zero(value: Option<&Value>) -> bool {
    value.is_none_or(|value| value.is_null() || value.as_i64() == Some(0))
}

fn not_root(value: Option<&Value>) -> bool {
    value.is_none_or(|value| value.as_i64() != Some(0))
}

fn proc_mount(value: Option<&Value>) -> bool {
    value.is_none_or(|value| value.is_null() || value.as_str() == Some("Default"))
}

fn profile(value: Option<&Value>) -> bool {
    matches!(
        value.and_then(Value::as_str),
        Some("RuntimeDefault" | "Localhost")
    )
}

fn absent_or_profile(value: Option<&Value>) -> bool {
    value.is_none_or(Value::is_null) || profile(value)
}

fn selinux_type(value: Option<&Value>) -> bool {
    absent_or_empty(value)
        || matches!(
            value.and_then(Value::as_str),
            Some("container_t" | "container_init_t" | "container_kvm_t" | "container_engine_t")
        )
}

fn safe_sysctl(value: Option<&Value>) -> bool {
    value
        .and_then(Value::as_str)
        .is_some_and(|name| SAFE_SYSCTLS.contains(&name))
}

const SAFE_SYSCTLS: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

const VOLUME_TYPES: [&str; 9] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

const CONTROLS: &[Control] = &[
    Control {
        id: "AM-SEC-001",
        name: "Host Namespaces",
        rules: &[
            Rule::Pod("/hostNetwork", absent_or_false),
            Rule::Pod("/hostPID", absent_or_false),
            Rule::Pod("/hostIPC", absent_or_false),
        ],
        help: "remove hostNetwork, hostPID and hostIPC",
    },
    Control {
        id: "AM-SEC-002",
        name: "Privileged Containers",
        rules: &[
            Rule::Container("/securityContext/privileged", absent_or_false),
            Rule::Pod(
                "/securityContext/windowsOptions/hostProcess",
                absent_or_false,
            ),
            Rule::Container(
                "/securityContext/windowsOptions/hostProcess",
                absent_or_false,
            ),
        ],
        help: "remove privileged and hostProcess",
    },
    Control {
        id: "AM-SEC-003",
        name: "Capabilities",
        rules: &[Rule::Other(capabilities)],
        help: "set capabilities: {drop: [ALL]} on every container and add nothing but NET_BIND_SERVICE",
    },
    Control {
        id: "AM-SEC-004",
        name: "Volume Types",
        rules: &[Rule::Other(volume_types)],
        help: "use ConfigMaps, Secrets, claims, projected, CSI or emptyDir volumes",
    },
    Control {
        id: "AM-SEC-005",
        name: "Host Ports",
        rules: &[Rule::ContainerEach("/ports", "/hostPort", absent_or_zero)],
        help: "remove hostPort and use a Service",
    },
    Control {
        id: "AM-SEC-006",
        name: "Host Probes and Lifecycle Hooks",
        rules: &[
            Rule::Container("/livenessProbe/httpGet/host", absent_or_empty),
            Rule::Container("/livenessProbe/tcpSocket/host", absent_or_empty),
            Rule::Container("/readinessProbe/httpGet/host", absent_or_empty),
            Rule::Container("/readinessProbe/tcpSocket/host", absent_or_empty),
            Rule::Container("/startupProbe/httpGet/host", absent_or_empty),
            Rule::Container("/startupProbe/tcpSocket/host", absent_or_empty),
            Rule::Container("/lifecycle/postStart/httpGet/host", absent_or_empty),
            Rule::Container("/lifecycle/postStart/tcpSocket/host", absent_or_empty),
            Rule::Container("/lifecycle/preStop/httpGet/host", absent_or_empty),
            Rule::Container("/lifecycle/preStop/tcpSocket/host", absent_or_empty),
        ],
        help: "remove host; the kubelet asks the pod itself",
    },
    Control {
        id: "AM-SEC-007",
        name: "AppArmor",
        rules: &[
            Rule::Pod("/securityContext/appArmorProfile/type", absent_or_profile),
            Rule::Container("/securityContext/appArmorProfile/type", absent_or_profile),
            Rule::Other(apparmor_annotations),
        ],
        help: "leave the profile out, or use RuntimeDefault or Localhost",
    },
    Control {
        id: "AM-SEC-008",
        name: "SELinux",
        rules: &[
            Rule::Pod("/securityContext/seLinuxOptions/type", selinux_type),
            Rule::Container("/securityContext/seLinuxOptions/type", selinux_type),
            Rule::Pod("/securityContext/seLinuxOptions/user", absent_or_empty),
            Rule::Container("/securityContext/seLinuxOptions/user", absent_or_empty),
            Rule::Pod("/securityContext/seLinuxOptions/role", absent_or_empty),
            Rule::Container("/securityContext/seLinuxOptions/role", absent_or_empty),
        ],
        help: "set no SELinux user or role, and only a container type",
    },
    Control {
        id: "AM-SEC-009",
        name: "/proc Mount Type",
        rules: &[Rule::Container("/securityContext/procMount", proc_mount)],
        help: "remove procMount",
    },
    Control {
        id: "AM-SEC-010",
        name: "Seccomp",
        rules: &[Rule::Inherited("/seccompProfile/type", profile)],
        help: "set seccompProfile: {type: RuntimeDefault} on the pod",
    },
    Control {
        id: "AM-SEC-011",
        name: "Sysctls",
        rules: &[Rule::PodEach(
            "/securityContext/sysctls",
            "/name",
            safe_sysctl,
        )],
        help: "remove the sysctl; it is set for the whole node",
    },
    Control {
        id: "AM-SEC-012",
        name: "Privilege Escalation",
        rules: &[Rule::Container(
            "/securityContext/allowPrivilegeEscalation",
            is_false,
        )],
        help: "set allowPrivilegeEscalation: false on every container",
    },
    Control {
        id: "AM-SEC-013",
        name: "Running as Non-root",
        rules: &[Rule::Inherited("/runAsNonRoot", is_true)],
        help: "set runAsNonRoot: true on the pod",
    },
    Control {
        id: "AM-SEC-014",
        name: "Running as Non-root user",
        rules: &[
            Rule::Pod("/securityContext/runAsUser", not_root),
            Rule::Container("/securityContext/runAsUser", not_root),
        ],
        help: "leave runAsUser out, or use the image's own user 10001",
    },
];

/// All containers, with the place where each stands.
fn containers(spec: &Value) -> Vec<(String, &Value)> {
    ["initContainers", "containers", "ephemeralContainers"]
        .into_iter()
        .flat_map(|list| {
            array_at(spec, &format!("/{list}"))
                .iter()
                .map(|container| {
                    let name = str_at(container, "/name").unwrap_or_default();
                    (format!("container `{name}`"), container)
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

fn capabilities(pod: &Pod<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for (place, container) in containers(pod.spec) {
        let list = |which: &str| {
            array_at(container, &format!("/securityContext/capabilities/{which}"))
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
        };
        if !list("drop").contains(&"ALL") {
            found.push(format!("{place} does not drop ALL capabilities"));
        }
        for added in list("add")
            .iter()
            .filter(|added| **added != "NET_BIND_SERVICE")
        {
            found.push(format!("{place} adds the capability {added}"));
        }
    }
    found
}

fn volume_types(pod: &Pod<'_>) -> Vec<String> {
    array_at(pod.spec, "/volumes")
        .iter()
        .filter_map(|volume| {
            let name = str_at(volume, "/name").unwrap_or_default();
            let kind = volume.as_object()?.keys().find(|key| *key != "name")?;
            (!VOLUME_TYPES.contains(&kind.as_str()))
                .then(|| format!("volume `{name}` is of the type {kind}"))
        })
        .collect()
}

fn apparmor_annotations(pod: &Pod<'_>) -> Vec<String> {
    pod.annotations
        .iter()
        .filter(|(key, value)| {
            key.starts_with("container.apparmor.security.beta.kubernetes.io/")
                && !(value.is_empty()
                    || *value == "runtime/default"
                    || value.starts_with("localhost/"))
        })
        .map(|(key, value)| format!("annotation {key} is {value}"))
        .collect()
}

fn shown(field: &str, value: Option<&Value>) -> String {
    let field = field.trim_start_matches('/').replace('/', ".");
    match value {
        None | Some(Value::Null) => format!("does not set {field}"),
        Some(value) => format!("sets {field} to {value}"),
    }
}

/// What is wrong with a pod under one control.
fn violations(control: &Control, pod: &Pod<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let all = containers(pod.spec);
    for rule in control.rules {
        match rule {
            Rule::Pod(field, test) => {
                let value = pod.spec.pointer(field);
                if !test(value) {
                    found.push(format!("the pod {}", shown(field, value)));
                }
            }
            Rule::Container(field, test) => {
                for (place, container) in &all {
                    let value = container.pointer(field);
                    if !test(value) {
                        found.push(format!("{place} {}", shown(field, value)));
                    }
                }
            }
            Rule::Inherited(field, test) => {
                let of_pod = pod.spec.pointer(&format!("/securityContext{field}"));
                for (place, container) in &all {
                    let own = container.pointer(&format!("/securityContext{field}"));
                    let value = own.filter(|own| !own.is_null()).or(of_pod);
                    if !test(value) {
                        found.push(format!("{place} {}", shown(field, value)));
                    }
                }
            }
            Rule::PodEach(list, field, test) => {
                for element in array_at(pod.spec, list) {
                    let value = element.pointer(field);
                    if !test(value) {
                        found.push(format!(
                            "the pod {}",
                            shown(&format!("{list}{field}"), value)
                        ));
                    }
                }
            }
            Rule::ContainerEach(list, field, test) => {
                for (place, container) in &all {
                    for element in array_at(container, list) {
                        let value = element.pointer(field);
                        if !test(value) {
                            found.push(format!("{place} {}", shown(field, value)));
                        }
                    }
                }
            }
            Rule::Other(judge) => found.extend(judge(pod)),
        }
    }
    found
}

fn pod_of<'a>(workload: &Workload<'a>) -> Pod<'a> {
    let metadata = match workload.object.kind() {
        "Pod" => "/metadata/annotations",
        "CronJob" => "/spec/jobTemplate/spec/template/metadata/annotations",
        _ => "/spec/template/metadata/annotations",
    };
    Pod {
        spec: workload.pod.spec,
        annotations: strings_at(&workload.object.value, metadata)
            .into_iter()
            .collect(),
    }
}

/// Judges every pod under the control that the requirement is about.
pub(super) fn obeys_control(context: &Context<'_>, judge: &mut Judge<'_>) {
    let id = judge.requirement().id.clone();
    let Some(control) = CONTROLS.iter().find(|control| control.id == id) else {
        judge.unsupported(format!(
            "no control of the Pod Security Standards belongs to {id}"
        ));
        return;
    };
    for workload in context.manifest.workloads() {
        judge.looked();
        for violation in violations(control, &pod_of(&workload)) {
            let fault = Fault::new(
                format!(
                    "{}: {violation} ({})",
                    workload.object.reference(),
                    control.name
                ),
                control.help,
            );
            let fields = control.rules.iter().filter_map(Rule::field);
            judge.fault(fields.fold(fault.object(workload.object), |fault, field| {
                fault.field(field)
            }));
        }
    }
}

#[cfg(test)]
mod admission;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{CONTROLS, Pod, violations};

    fn good() -> Value {
        json!({
            "securityContext": {"runAsNonRoot": true, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
            "initContainers": [{"name": "i", "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}],
            "containers": [{"name": "c", "ports": [{"containerPort": 9443}],
                "livenessProbe": {"httpGet": {"port": 9763}},
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}],
            "volumes": [{"name": "a", "configMap": {"name": "a"}}, {"name": "b", "emptyDir": {}}]
        })
    }

    /// Names of the controls that a pod violates after `value` was put at `path`.
    fn broken_by(path: &str, value: Value) -> Vec<&'static str> {
        let mut spec = good();
        let (parent, last) = path.rsplit_once('/').expect("a path has a parent");
        let mut at = &mut spec;
        for part in parent.split('/').skip(1) {
            at = match part.parse::<usize>() {
                Ok(index) => &mut at[index],
                Err(_) => &mut at[part],
            };
        }
        at[last] = value;
        let pod = Pod {
            spec: &spec,
            annotations: Vec::new(),
        };
        CONTROLS
            .iter()
            .filter(|control| !violations(control, &pod).is_empty())
            .map(|control| control.name)
            .collect()
    }

    #[test]
    fn a_hardened_pod_obeys_every_control() {
        let spec = good();
        let pod = Pod {
            spec: &spec,
            annotations: Vec::new(),
        };
        for control in CONTROLS {
            assert_eq!(
                violations(control, &pod),
                Vec::<String>::new(),
                "{}",
                control.name
            );
        }
    }

    #[test]
    fn each_control_is_broken_by_its_own_field_and_no_other() {
        let cases = [
            ("/hostNetwork", json!(true), "Host Namespaces"),
            (
                "/containers/0/securityContext/privileged",
                json!(true),
                "Privileged Containers",
            ),
            (
                "/initContainers/0/securityContext/capabilities",
                json!({"drop": ["NET_RAW"]}),
                "Capabilities",
            ),
            (
                "/containers/0/securityContext/capabilities",
                json!({"drop": ["ALL"], "add": ["SYS_TIME"]}),
                "Capabilities",
            ),
            (
                "/volumes",
                json!([{"name": "h", "hostPath": {"path": "/"}}]),
                "Volume Types",
            ),
            (
                "/containers/0/ports",
                json!([{"hostPort": 80}]),
                "Host Ports",
            ),
            (
                "/containers/0/livenessProbe/httpGet/host",
                json!("10.0.0.1"),
                "Host Probes and Lifecycle Hooks",
            ),
            (
                "/securityContext/appArmorProfile",
                json!({"type": "Unconfined"}),
                "AppArmor",
            ),
            (
                "/securityContext/seLinuxOptions",
                json!({"type": "spc_t"}),
                "SELinux",
            ),
            (
                "/containers/0/securityContext/procMount",
                json!("Unmasked"),
                "/proc Mount Type",
            ),
            (
                "/securityContext/seccompProfile",
                json!({"type": "Unconfined"}),
                "Seccomp",
            ),
            ("/securityContext/seccompProfile", Value::Null, "Seccomp"),
            (
                "/securityContext/sysctls",
                json!([{"name": "kernel.msgmax", "value": "1"}]),
                "Sysctls",
            ),
            (
                "/initContainers/0/securityContext/allowPrivilegeEscalation",
                Value::Null,
                "Privilege Escalation",
            ),
            (
                "/containers/0/securityContext/runAsNonRoot",
                json!(false),
                "Running as Non-root",
            ),
            (
                "/securityContext/runAsUser",
                json!(0),
                "Running as Non-root user",
            ),
        ];
        for (path, value, control) in cases {
            assert_eq!(broken_by(path, value), [control], "{path}");
        }
    }

    #[test]
    fn an_apparmor_annotation_must_name_a_profile() {
        let spec = good();
        let key = "container.apparmor.security.beta.kubernetes.io/c";
        let broken = |value| {
            let pod = Pod {
                spec: &spec,
                annotations: vec![(key, value)],
            };
            CONTROLS
                .iter()
                .any(|control| !violations(control, &pod).is_empty())
        };
        assert!(broken("unconfined"));
        assert!(!broken("runtime/default"));
    }
}
