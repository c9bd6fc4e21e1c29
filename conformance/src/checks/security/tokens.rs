//! Service account tokens.

use serde_json::Value;

use crate::{
    context::{Context, Fault, Judge},
    manifest::{Workload, str_at},
};

pub(super) fn are_not_mounted(context: &Context<'_>, judge: &mut Judge<'_>) {
    for workload in context.manifest.workloads() {
        // Whether a stranger's sidecar or job needs the API is not ours to say; the product never does.
        let is_product = context.graph.members.iter().any(|member| {
            member.component.is_some() && std::ptr::eq(member.workload.object, workload.object)
        });
        if !is_product && !context.is_generated {
            continue;
        }
        judge.require(!mounts_token(context, &workload), || {
            Fault::new(
                format!(
                    "{} gets a token for the Kubernetes API, which the product does not use",
                    workload.object.reference()
                ),
                "set automountServiceAccountToken: false on the pod",
            )
            .object(workload.object)
            .field("automountServiceAccountToken")
        });
    }
}

/// The pod's own word counts, then that of its `ServiceAccount`, then Kubernetes' default: yes.
fn mounts_token(context: &Context<'_>, workload: &Workload<'_>) -> bool {
    let at = "/automountServiceAccountToken";
    let of_pod = workload.pod.spec.pointer(at).and_then(Value::as_bool);
    of_pod.unwrap_or_else(|| {
        str_at(workload.pod.spec, "/serviceAccountName")
            .and_then(|name| {
                context
                    .manifest
                    .find("ServiceAccount", workload.object.namespace(), name)
            })
            .and_then(|account| account.value.pointer(at)?.as_bool())
            .unwrap_or(true)
    })
}
