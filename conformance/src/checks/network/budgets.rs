//! `PodDisruptionBudget`s: whom they protect.

use crate::{
    context::{Context, Fault, Judge},
    graph::{Graph, Member},
    manifest::DisruptionBudget,
};

/// The server workloads whose pods a budget protects.
pub(in crate::checks) fn protected<'g, 'a>(
    graph: &'g Graph<'a>,
    budget: DisruptionBudget<'_>,
) -> Vec<&'g Member<'a>> {
    let Some(selector) = budget.selector() else {
        return Vec::new();
    };
    graph
        .members
        .iter()
        .filter(|member| {
            member.workload.object.namespace() == budget.0.namespace()
                && selector.matches(&member.workload.pod.labels())
        })
        .collect()
}

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
                protected(context.graph, **budget)
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
