//! What the API server checks inside of pods and no schema says.

use std::collections::BTreeSet;

use serde_json::Value;

use super::names::is_label;
use crate::{
    context::{Context, Fault, Judge},
    manifest::{Container, Workload, array_at, str_at},
};

/// Names in a list that come more than once.
fn repeated<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    names
        .into_iter()
        .filter(|name| !seen.insert(*name))
        .collect()
}

fn names_at<'a>(value: &'a Value, at: &str, field: &str) -> Vec<&'a str> {
    array_at(value, at)
        .iter()
        .filter_map(|entry| str_at(entry, field))
        .collect()
}

pub(super) fn names_in_pods_are_unique(context: &Context<'_>, judge: &mut Judge<'_>) {
    for workload in context.manifest.workloads() {
        let containers = workload.pod.all_containers();
        unique(
            judge,
            &workload,
            "container",
            containers.iter().map(Container::name),
        );
        // A claim template of the same name as a volume replaces it, which is allowed.
        unique(
            judge,
            &workload,
            "volume",
            names_at(workload.pod.spec, "/volumes", "/name"),
        );
        unique(
            judge,
            &workload,
            "claim template",
            workload.claim_templates(),
        );
        // Kubernetes tells spread constraints apart by both.
        let constraints: Vec<String> = array_at(workload.pod.spec, "/topologySpreadConstraints")
            .iter()
            .filter_map(|constraint| {
                let key = str_at(constraint, "/topologyKey")?;
                Some(format!(
                    "{key} {}",
                    str_at(constraint, "/whenUnsatisfiable")?
                ))
            })
            .collect();
        unique(
            judge,
            &workload,
            "spread constraint",
            constraints.iter().map(String::as_str),
        );
        for container in &containers {
            let of = |what: &str| format!("{what} of container `{}`", container.name());
            unique(
                judge,
                &workload,
                &of("environment variable"),
                names_at(container.value, "/env", "/name"),
            );
            unique(
                judge,
                &workload,
                &of("mount path"),
                names_at(container.value, "/volumeMounts", "/mountPath"),
            );
        }
    }
}

fn unique<'a>(
    judge: &mut Judge<'_>,
    workload: &Workload<'_>,
    what: &str,
    names: impl IntoIterator<Item = &'a str>,
) {
    judge.looked();
    for name in repeated(names) {
        judge.fault(
            Fault::new(
                format!("{} has the {what} `{name}` twice", workload.object.reference()),
                "keep one; server-side apply and some API checks refuse the list, and the last one wins elsewhere",
            )
            .object(workload.object)
            .value(name),
        );
    }
}

pub(super) fn ports_are_named_well(context: &Context<'_>, judge: &mut Judge<'_>) {
    for workload in context.manifest.workloads() {
        let containers = workload.pod.all_containers();
        let ports: Vec<_> = containers.iter().flat_map(Container::ports).collect();
        for port in &ports {
            let problem = port.name.and_then(port_name_problem);
            judge.require(problem.is_none(), || {
                Fault::new(
                    format!("{} names a port `{}`: {}", workload.object.reference(), port.name.unwrap_or_default(), problem.unwrap_or_default()),
                    "use at most 15 lower case letters, digits and single dashes, with at least one letter",
                )
                .object(workload.object)
            });
        }
        for container in &containers {
            probes_name_ports(container, &workload, judge);
        }
        unique(
            judge,
            &workload,
            "port name",
            ports.iter().filter_map(|port| port.name),
        );
        let numbers: Vec<String> = ports
            .iter()
            .map(|port| format!("{}/{}", port.number, port.protocol))
            .collect();
        unique(judge, &workload, "port", numbers.iter().map(String::as_str));
    }
    for service in context.manifest.services() {
        let ports = service.ports();
        for port in &ports {
            judge.require(port.name.is_some() || ports.len() == 1, || {
                Fault::new(
                    format!(
                        "port {} of {} has no name, though there are several",
                        port.number,
                        service.object.reference()
                    ),
                    "give every port a name",
                )
                .object(service.object)
            });
            judge.require(
                port.name
                    .is_none_or(|name| name.len() <= 63 && is_label(name)),
                || {
                    Fault::new(
                        format!(
                            "{} names a port `{}`, which is no DNS label",
                            service.object.reference(),
                            port.name.unwrap_or_default()
                        ),
                        "use lower case letters, digits and dashes",
                    )
                    .object(service.object)
                },
            );
        }
        for name in repeated(ports.iter().filter_map(|port| port.name)) {
            judge.fault(
                Fault::new(
                    format!(
                        "{} has two ports called `{name}`",
                        service.object.reference()
                    ),
                    "name them differently",
                )
                .object(service.object),
            );
        }
    }
}

/// A probe may name a port of its own container; the kubelet finds no other.
fn probes_name_ports(container: &Container<'_>, workload: &Workload<'_>, judge: &mut Judge<'_>) {
    let known: Vec<&str> = container
        .ports()
        .iter()
        .filter_map(|port| port.name)
        .collect();
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        for handler in ["httpGet", "tcpSocket"] {
            let Some(name) = str_at(container.value, &format!("/{probe}/{handler}/port")) else {
                continue;
            };
            judge.require(known.contains(&name), || {
                Fault::new(
                    format!(
                        "the {probe} of container `{}` of {} asks the port `{name}`, which the container does not have",
                        container.name(),
                        workload.object.reference()
                    ),
                    "use the name or the number of a port of the container",
                )
                .object(workload.object)
                .value(name)
            });
        }
    }
}

/// Source: Kubernetes, the IANA service name that a container port's name must be.
fn port_name_problem(name: &str) -> Option<&'static str> {
    if name.len() > 15 {
        return Some("it has more than 15 characters");
    }
    if !is_label(name) || name.contains("--") {
        return Some("it is no service name");
    }
    (!name.contains(|c: char| c.is_ascii_lowercase())).then_some("it has no letter")
}

/// How the variables that our charts set are called (ARCHITECTURE.md, The chart contract).
const OWN_VARIABLES: [&str; 4] = ["AM_", "JAVA_OPTS", "JVM_MEM_OPTS", "POD_NAME"];

pub(super) fn environment_is_named_well(context: &Context<'_>, judge: &mut Judge<'_>) {
    for workload in context.manifest.workloads() {
        for container in workload.pod.all_containers() {
            for entry in array_at(container.value, "/env") {
                let name = str_at(entry, "/name").unwrap_or_default();
                // Names like `a.b` are allowed by Kubernetes, though shells cannot read them.
                let is_sound = !name.is_empty()
                    && !name.starts_with(|c: char| c.is_ascii_digit())
                    && name.chars().all(|c| c.is_ascii_graphic() && c != '=');
                judge.require(is_sound, || {
                    Fault::new(
                        format!(
                            "container `{}` of {} has an environment variable called `{name}`",
                            container.name(),
                            workload.object.reference()
                        ),
                        "use letters, digits, `_`, `-` and `.`, and no digit first",
                    )
                    .object(workload.object)
                });
                let value = entry.get("value");
                judge.require(value.is_none_or(|value| value.is_string() || value.is_null()), || {
                    Fault::new(
                        format!("the environment variable `{name}` of container `{}` of {} is not text", container.name(), workload.object.reference()),
                        "quote the value",
                    )
                    .object(workload.object)
                });
                judge.require(value.is_none_or(|value| value.as_str() == Some("")) || entry.get("valueFrom").is_none(), || {
                    Fault::new(
                        format!("the environment variable `{name}` of container `{}` of {} has both a value and a source", container.name(), workload.object.reference()),
                        "keep `value` or `valueFrom`",
                    )
                    .object(workload.object)
                });
                // Kubernetes takes a variable without either for an empty one; our charts write what they mean, and what
                // an operator adds is the operator's.
                let is_own = context.is_generated
                    && OWN_VARIABLES.iter().any(|start| name.starts_with(start));
                let is_filled = entry.get("value").or(entry.get("valueFrom")).is_some();
                judge.require(!is_own || is_filled, || {
                    Fault::new(
                        format!("the environment variable `{name}` of container `{}` of {} has no value and no source, so it is empty", container.name(), workload.object.reference()),
                        "write `value` or `valueFrom`",
                    )
                    .object(workload.object)
                    .value(name)
                });
            }
        }
    }
}

pub(super) fn mounts_are_sound(context: &Context<'_>, judge: &mut Judge<'_>) {
    for workload in context.manifest.workloads() {
        for container in workload.pod.all_containers() {
            for mount in container.mounts() {
                let is_path = mount.path.starts_with('/') && !mount.path.contains(':');
                judge.require(is_path, || {
                    Fault::new(
                        format!(
                            "container `{}` of {} mounts at `{}`",
                            container.name(),
                            workload.object.reference(),
                            mount.path
                        ),
                        "use an absolute path without `:`",
                    )
                    .object(workload.object)
                });
                let sub_path = mount.sub_path.or(mount.sub_path_expr).unwrap_or_default();
                let is_inside =
                    !sub_path.starts_with('/') && !sub_path.split('/').any(|part| part == "..");
                judge.require(
                    is_inside && !(mount.sub_path.is_some() && mount.sub_path_expr.is_some()),
                    || {
                        Fault::new(
                            format!(
                                "container `{}` of {} mounts the part `{sub_path}` of a volume",
                                container.name(),
                                workload.object.reference()
                            ),
                            "use one of subPath and subPathExpr, relative and without `..`",
                        )
                        .object(workload.object)
                        .field("subPath")
                        .field("subPathExpr")
                    },
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        environment_is_named_well, mounts_are_sound, names_in_pods_are_unique, ports_are_named_well,
    };
    use crate::checks::{
        Check,
        harness::{Case, messages},
    };

    fn faults(check: Check, containers: &str) -> usize {
        let pod = format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{volumes: [{{name: v, emptyDir: {{}}}}], containers: {containers}}}}}"
        );
        let outcome = Case::documents(&pod).judge(check);
        if outcome.is_green() {
            0
        } else {
            messages(&outcome).len()
        }
    }

    #[test]
    fn repeated_names_are_found() {
        let check: Check = names_in_pods_are_unique;
        assert_eq!(faults(check, "[{name: a}, {name: b}]"), 0);
        assert_eq!(faults(check, "[{name: a}, {name: a}]"), 1);
        assert_eq!(
            faults(
                check,
                "[{name: a, env: [{name: X, value: '1'}, {name: X, value: '2'}]}]"
            ),
            1
        );
        assert_eq!(
            faults(
                check,
                "[{name: a, volumeMounts: [{name: v, mountPath: /a}, {name: v, mountPath: /a}]}]"
            ),
            1
        );
        let spread = |whens: [&str; 2]| {
            let constraint = whens.map(|when| {
                format!(
                    "{{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: {when}}}"
                )
            });
            let containers = "[{name: a}]";
            format!(
                "{containers}, topologySpreadConstraints: [{}]",
                constraint.join(", ")
            )
        };
        assert_eq!(
            faults(check, &spread(["ScheduleAnyway", "DoNotSchedule"])),
            0
        );
        assert_eq!(
            faults(check, &spread(["ScheduleAnyway", "ScheduleAnyway"])),
            1
        );
    }

    #[test]
    fn bad_and_repeated_ports_are_found() {
        let check: Check = ports_are_named_well;
        let port = |name: &str| {
            format!(
                "[{{name: a, ports: [{{name: '{name}', containerPort: 1}}, {{name: other, containerPort: 2}}]}}]"
            )
        };
        assert_eq!(faults(check, &port("servlet-https")), 0);
        for bad in ["a-name-too-long-x", "Upper", "a--b", "123", "other"] {
            assert_eq!(faults(check, &port(bad)), 1, "{bad}");
        }
        let same_number = "[{name: a, ports: [{containerPort: 1}, {containerPort: 1, protocol: UDP}]}, {name: b, ports: [{containerPort: 1}]}]";
        assert_eq!(faults(check, same_number), 1);
    }

    #[test]
    fn unnamed_ports_of_a_service_with_several_are_found() {
        let service = "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 1}, {port: 2, name: b}]}}";
        assert_eq!(
            messages(&Case::documents(service).judge(ports_are_named_well)).len(),
            1
        );
    }

    #[test]
    fn bad_environment_variables_are_found() {
        let check: Check = environment_is_named_well;
        assert_eq!(
            faults(check, "[{name: a, env: [{name: A_1, value: ''}]}]"),
            0
        );
        for bad in [
            "{name: 1A, value: x}",
            "{name: 'A B', value: x}",
            "{name: A, value: 1}",
            "{name: A, value: x, valueFrom: {fieldRef: {fieldPath: a}}}",
        ] {
            assert_eq!(
                faults(check, &format!("[{{name: a, env: [{bad}]}}]")),
                1,
                "{bad}"
            );
        }
    }

    #[test]
    fn a_variable_of_our_charts_that_says_nothing_is_found() {
        let pod = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, env: [{name: AM_A}]}]}}";
        let check: Check = environment_is_named_well;
        assert!(Case::documents(pod).judge(check).is_green());
        assert_eq!(
            messages(&Case::documents(pod).generated().judge(check)).len(),
            1
        );
        let filled = pod.replace("{name: AM_A}", "{name: AM_A, value: ''}");
        assert!(Case::documents(&filled).generated().judge(check).is_green());
    }

    #[test]
    fn bad_mounts_are_found() {
        let check: Check = mounts_are_sound;
        assert_eq!(
            faults(
                check,
                "[{name: a, volumeMounts: [{name: v, mountPath: /a, subPath: b/c}]}]"
            ),
            0
        );
        for bad in [
            "{name: v, mountPath: a}",
            "{name: v, mountPath: /a, subPath: ../b}",
        ] {
            assert_eq!(
                faults(check, &format!("[{{name: a, volumeMounts: [{bad}]}}]")),
                1,
                "{bad}"
            );
        }
    }
}
