//! `PodDisruptionBudget`s: whom they protect.

use crate::{
    context::{Context, Fault, Judge},
    manifest::DisruptionBudget,
};

pub(super) fn protect_each_pod_once(context: &Context<'_>, judge: &mut Judge<'_>) {
    let budgets: Vec<_> = context
        .manifest
        .of_kind("PodDisruptionBudget")
        .map(DisruptionBudget)
        .collect();
    for member in &context.graph.members {
        let of_member: Vec<&str> = budgets
            .iter()
            .filter(|budget| {
                context
                    .graph
                    .protected_by(**budget)
                    .iter()
                    .any(|other| std::ptr::eq(*other, member))
            })
            .map(|budget| budget.0.name())
            .collect();
        if of_member.is_empty() {
            continue;
        }
        judge.require(of_member.len() == 1, || {
            Fault::new(
                format!(
                    "the pods of {} have {} PodDisruptionBudgets: {}",
                    member.workload.object.reference(),
                    of_member.len(),
                    of_member.join(", ")
                ),
                "leave one; Kubernetes refuses to evict a pod that has several",
            )
            .object(member.workload.object)
        });
    }
}
