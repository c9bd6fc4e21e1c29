//! `PodDisruptionBudget`s: whom they protect.

use crate::{
    context::{Context, Fault, Judge},
    manifest::DisruptionBudget,
};

pub(super) fn select_pods(context: &Context<'_>, judge: &mut Judge<'_>) {
    for budget in context
        .manifest
        .of_kind("PodDisruptionBudget")
        .map(DisruptionBudget)
    {
        judge.require(!context.graph.protected_by(budget).is_empty(), || {
            Fault::new(
                format!("PodDisruptionBudget `{}` protects no pods", budget.0.name()),
                "make its selector the labels of the pods it is for",
            )
            .object(budget.0)
        });
        let selects_all = ["matchLabels", "matchExpressions"].iter().all(|part| {
            let part = budget
                .0
                .value
                .pointer("/spec/selector")
                .and_then(|selector| selector.get(part));
            part.is_none_or(|part| {
                part.as_object().is_none_or(serde_json::Map::is_empty)
                    && part.as_array().is_none_or(Vec::is_empty)
            })
        });
        judge.require(!selects_all, || {
            Fault::new(
                format!("PodDisruptionBudget `{}` is about every pod of its namespace, whoever installed it", budget.0.name()),
                "make its selector the labels of the pods it is for",
            )
            .object(budget.0)
        });
    }
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
