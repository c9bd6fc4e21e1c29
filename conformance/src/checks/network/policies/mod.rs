//! `NetworkPolicy`s against the edges that the pattern needs: nothing missing, nothing more.

mod common;
mod excess;
mod needed;

use super::reachability::Policies;
use crate::{
    context::{Context, Fault, Judge},
    manifest::array_at,
};

pub(super) use excess::allow_nothing_more;
pub(super) use needed::allow_needed_edges;

pub(super) fn govern_pods(context: &Context<'_>, judge: &mut Judge<'_>) {
    let policies = Policies::of(context.manifest);
    let workloads = context.manifest.workloads();
    for policy in &policies.all {
        let governs = workloads.iter().any(|workload| {
            workload.object.namespace() == policy.0.namespace()
                && policy
                    .selector()
                    .is_some_and(|selector| selector.matches(&workload.pod.labels()))
        });
        judge.require(governs, || {
            Fault::new(
                format!("NetworkPolicy `{}` governs no pods", policy.0.name()),
                "make its podSelector the labels of the pods it is for",
            )
            .object(policy.0)
            .field("podSelector")
        });
        let types = array_at(&policy.0.value, "/spec/policyTypes").len();
        judge.require(types <= 2, || {
            Fault::new(
                format!("NetworkPolicy `{}` names {types} policyTypes, and the API server takes two at most", policy.0.name()),
                "write Ingress and Egress, each once",
            )
            .object(policy.0)
            .field("policyTypes")
        });
    }
}
