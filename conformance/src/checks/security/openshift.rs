//! `OpenShift`'s `restricted-v2` security context constraint.

use crate::{
    context::{Context, Fault, Judge},
    manifest::array_at,
};

/// Fields that the constraint fills in itself, from the namespace's ranges.
const ASSIGNED: [&str; 4] = ["runAsUser", "runAsGroup", "fsGroup", "seLinuxOptions"];

pub(super) fn leaves_ids_to_the_platform(context: &Context<'_>, judge: &mut Judge<'_>) {
    for workload in context.manifest.workloads() {
        let spec = workload.pod.spec;
        let contexts = std::iter::once(("the pod".to_owned(), spec.pointer("/securityContext")))
            .chain(
                ["/initContainers", "/containers"]
                    .into_iter()
                    .flat_map(|list| array_at(spec, list))
                    .map(|container| {
                        let name = container.get("name").and_then(serde_json::Value::as_str);
                        (
                            format!("container `{}`", name.unwrap_or_default()),
                            container.pointer("/securityContext"),
                        )
                    }),
            );
        for (place, security_context) in contexts {
            judge.looked();
            for field in ASSIGNED {
                let value = security_context
                    .and_then(|security_context| security_context.get(field))
                    .filter(|value| !value.is_null());
                let Some(value) = value else { continue };
                judge.fault(
                    Fault::new(
                        format!("{place} of {} fixes {field}", workload.object.reference()),
                        format!("leave {field} out on OpenShift; the restricted-v2 constraint assigns it and refuses others"),
                    )
                    .object(workload.object)
                    .field(field)
                    .value(value.to_string()),
                );
            }
        }
    }
}
