//! The `restricted` level of Kubernetes' Pod Security Standards, judged by Kubernetes' own admission code; a table says
//! which of its checks belongs to which requirement.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use crate::context::{Context, Fault, Judge};

/// What belongs to a requirement.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Control {
    /// Checks of the admission library.
    checks: Vec<String>,
    /// What to write.
    help: String,
    /// The fields that it is about, for the place of a finding.
    fields: Vec<String>,
}

static CONTROLS: LazyLock<Result<BTreeMap<String, Control>, String>> = LazyLock::new(|| {
    serde_saphyr::from_str(include_str!("../../../requirements/pod-security.yaml"))
        .map_err(|error| format!("pod-security.yaml: {error}"))
});

/// Judges every pod under the control that the requirement is about.
pub(super) fn obeys_control(context: &Context<'_>, judge: &mut Judge<'_>) {
    let id = &judge.requirement().id;
    let control = CONTROLS.as_ref().map_err(Clone::clone).and_then(|table| {
        table
            .get(id)
            .ok_or_else(|| format!("no check of Pod Security admission belongs to {id}"))
    });
    let control = match control {
        Ok(control) => control,
        Err(reason) => return judge.unsupported(reason),
    };
    let verdicts = match context.admission.of(context.manifest) {
        Ok(verdicts) => verdicts,
        Err(reason) => return judge.unsupported(reason),
    };
    for (workload, violations) in context.manifest.workloads().iter().zip(verdicts) {
        judge.looked();
        for violation in violations
            .iter()
            .filter(|violation| control.checks.contains(&violation.check))
        {
            let name = workload.object.reference();
            // Names stand in the quotes of the suite's own messages.
            let detail = violation.detail.replace('"', "`");
            let message = format!("{name}: {detail} ({})", violation.reason);
            let fault = Fault::new(message, &control.help).object(workload.object);
            let fields = control.fields.iter();
            judge.fault(fields.fold(fault, |fault, field| fault.field(field)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::{Value, json};

    use super::CONTROLS;
    use crate::upstream::{Upstream as _, testing::upstream};

    fn good() -> Value {
        json!({
            "metadata": {"annotations": {}},
            "spec": {
                "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
                "containers": [{"name": "c", "image": "i",
                    "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}],
            }
        })
    }

    /// A fault for each check of the restricted level.
    fn faults() -> BTreeMap<&'static str, (&'static str, Value)> {
        let of_container = "/spec/containers/0/securityContext";
        let hosts = json!({"httpGet": {"port": 1, "host": "a"}});
        BTreeMap::from([
            ("hostNamespaces", ("/spec/hostNetwork", json!(true))),
            (
                "privileged",
                (
                    of_container,
                    json!({"privileged": true, "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}),
                ),
            ),
            (
                "windowsHostProcess",
                (
                    "/spec/securityContext/windowsOptions",
                    json!({"hostProcess": true}),
                ),
            ),
            (
                "capabilities_restricted",
                (of_container, json!({"allowPrivilegeEscalation": false})),
            ),
            (
                "restrictedVolumes",
                (
                    "/spec/volumes",
                    json!([{"name": "h", "hostPath": {"path": "/"}}]),
                ),
            ),
            (
                "hostPorts",
                (
                    "/spec/containers/0/ports",
                    json!([{"containerPort": 1, "hostPort": 1}]),
                ),
            ),
            (
                "hostProbesAndHostLifecycle",
                ("/spec/containers/0/livenessProbe", hosts),
            ),
            (
                "appArmorProfile",
                (
                    "/spec/securityContext/appArmorProfile",
                    json!({"type": "Unconfined"}),
                ),
            ),
            (
                "seLinuxOptions",
                (
                    "/spec/securityContext/seLinuxOptions",
                    json!({"type": "spc_t"}),
                ),
            ),
            (
                "procMount_restricted",
                (
                    of_container,
                    json!({"procMount": "Unmasked", "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}),
                ),
            ),
            (
                "seccompProfile_restricted",
                ("/spec/securityContext/seccompProfile", Value::Null),
            ),
            (
                "sysctls",
                (
                    "/spec/securityContext/sysctls",
                    json!([{"name": "kernel.msgmax", "value": "1"}]),
                ),
            ),
            (
                "allowPrivilegeEscalation",
                (of_container, json!({"capabilities": {"drop": ["ALL"]}})),
            ),
            (
                "runAsNonRoot",
                ("/spec/securityContext/runAsNonRoot", Value::Null),
            ),
            ("runAsUser", ("/spec/securityContext/runAsUser", json!(0))),
        ])
    }

    #[test]
    fn every_check_of_the_table_is_one_of_kubernetes_and_finds_its_fault_alone() {
        let mut pods = vec![good()];
        for (path, value) in faults().into_values() {
            let mut pod = good();
            let (parent, last) = path.rsplit_once('/').expect("a path has a parent");
            pod.pointer_mut(parent).expect("the parent is there")[last] = value;
            pods.push(pod);
        }
        let verdicts = upstream().pod_security(&pods).expect("judged");
        assert_eq!(verdicts[0], []);
        let found: Vec<Vec<&str>> = verdicts[1..]
            .iter()
            .map(|found| found.iter().map(|fault| fault.check.as_str()).collect())
            .collect();
        let expected: Vec<Vec<&str>> = faults().keys().map(|check| vec![*check]).collect();
        assert_eq!(found, expected);
        let table = CONTROLS.as_ref().expect("the table is well-formed");
        let listed: BTreeSet<&str> = table
            .values()
            .flat_map(|control| &control.checks)
            .map(String::as_str)
            .collect();
        assert_eq!(listed, faults().into_keys().collect());
    }
}
