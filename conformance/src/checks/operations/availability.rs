//! Drains, budgets, spread and updates of components with several nodes.

use serde_json::Value;

use crate::{
    component::Component,
    context::{Context, Fault, Judge},
    graph::{Graph, Member},
    manifest::{DisruptionBudget, LabelSelector, array_at, integer_at, str_at},
};

pub(super) fn allows_a_drain(context: &Context<'_>, judge: &mut Judge<'_>) {
    for budget in context
        .manifest
        .of_kind("PodDisruptionBudget")
        .map(DisruptionBudget)
    {
        let pods: usize = context
            .graph
            .protected_by(budget)
            .iter()
            .map(|member| member.replicas)
            .sum();
        let Ok(pods) = i64::try_from(pods) else {
            continue;
        };
        if pods == 0 {
            continue;
        }
        judge.require(budget.allowed_disruptions(pods) >= 1, || {
            Fault::new(
                format!(
                    "PodDisruptionBudget `{}` lets none of its {pods} pods go, so no node can be drained",
                    budget.0.name()
                ),
                "set maxUnavailable: 1, or minAvailable below the number of pods",
            )
            .object(budget.0)
            .field("maxUnavailable")
            .field("minAvailable")
        });
    }
}

/// Members of components that have several nodes.
fn several<'g, 'a>(graph: &'g Graph<'a>) -> Vec<(&'g Member<'a>, Component)> {
    graph
        .members
        .iter()
        .filter_map(|member| Some((member, member.component?)))
        .filter(|(_, component)| graph.nodes_of(*component).len() >= 2)
        .collect()
}

pub(super) fn has_a_budget(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (member, component) in several(context.graph) {
        let is_protected = context
            .manifest
            .of_kind("PodDisruptionBudget")
            .map(DisruptionBudget)
            .any(|budget| {
                context
                    .graph
                    .protected_by(budget)
                    .iter()
                    .any(|other| std::ptr::eq(*other, member))
            });
        judge.require(is_protected, || {
            Fault::new(
                format!(
                    "the {} has no PodDisruptionBudget: a drain may take all its nodes at once",
                    component.title()
                ),
                "add one with maxUnavailable: 1",
            )
            .object(member.workload.object)
            .field("maxUnavailable")
        });
        keeps_one_up(context, member, judge);
    }
}

/// A budget that allows all nodes to go at once protects none.
fn keeps_one_up(context: &Context<'_>, member: &Member<'_>, judge: &mut Judge<'_>) {
    for budget in context
        .manifest
        .of_kind("PodDisruptionBudget")
        .map(DisruptionBudget)
    {
        let is_own = context
            .graph
            .protected_by(budget)
            .iter()
            .any(|other| std::ptr::eq(*other, member));
        let Some(away) = budget
            .0
            .value
            .pointer("/spec/maxUnavailable")
            .filter(|_| is_own)
        else {
            continue;
        };
        judge.require(
            unavailable(Some(away), member.replicas) < member.replicas,
            || {
                Fault::new(
                    format!(
                        "PodDisruptionBudget `{}` lets a drain take all {} nodes at once",
                        budget.0.name(),
                        member.replicas
                    ),
                    "use a maxUnavailable below the number of nodes, such as 1",
                )
                .object(budget.0)
                .field("maxUnavailable")
                .value(away.to_string())
            },
        );
    }
}

/// Whether a constraint that must hold may put all pods in one place.
fn permits_one_place(term: &Value, pods: usize) -> bool {
    let skew = integer_at(term, "/maxSkew").unwrap_or(1);
    str_at(term, "/whenUnsatisfiable") == Some("DoNotSchedule")
        && usize::try_from(skew).is_ok_and(|skew| skew >= pods.max(2))
}

/// Whether the pods are told to spread over a topology: by a spread constraint or by anti-affinity whose
/// selector means these pods.
fn spreads(member: &Member<'_>, topology_keys: &[&str]) -> bool {
    let spec = member.workload.pod.spec;
    let labels = member.workload.pod.labels();
    let means_them = |term: &Value| {
        str_at(term, "/topologyKey").is_some_and(|key| topology_keys.contains(&key))
            && term
                .get("labelSelector")
                .is_some_and(|selector| LabelSelector(selector).matches(&labels))
    };
    let anti = "/affinity/podAntiAffinity";
    array_at(spec, "/topologySpreadConstraints")
        .iter()
        .any(|term| means_them(term) && !permits_one_place(term, member.replicas))
        || array_at(
            spec,
            &format!("{anti}/requiredDuringSchedulingIgnoredDuringExecution"),
        )
        .iter()
        .any(means_them)
        || array_at(
            spec,
            &format!("{anti}/preferredDuringSchedulingIgnoredDuringExecution"),
        )
        .iter()
        .filter_map(|weighted| weighted.get("podAffinityTerm"))
        .any(means_them)
}

const ZONE_KEYS: [&str; 2] = [
    "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/zone",
];
const NODE_KEYS: [&str; 1] = ["kubernetes.io/hostname"];

fn spread_over(context: &Context<'_>, judge: &mut Judge<'_>, what: &str, keys: &[&str]) {
    for (member, component) in several(context.graph) {
        judge.require(spreads(member, keys), || {
            Fault::new(
                format!(
                    "the nodes of the {} may all be put on one {what}",
                    component.title()
                ),
                format!(
                    "add a topologySpreadConstraint for {} whose labelSelector matches the pods",
                    keys.first().copied().unwrap_or_default()
                ),
            )
            .object(member.workload.object)
            .field("topologySpreadConstraints")
            .field("labelSelector")
        });
    }
}

pub(super) fn spreads_over_zones(context: &Context<'_>, judge: &mut Judge<'_>) {
    spread_over(context, judge, "zone", &ZONE_KEYS);
}

pub(super) fn spreads_over_nodes(context: &Context<'_>, judge: &mut Judge<'_>) {
    spread_over(context, judge, "Kubernetes node", &NODE_KEYS);
}

/// How many of `pods` a rollout may take away at once.
fn unavailable(value: Option<&Value>, pods: usize) -> usize {
    match value {
        Some(Value::Number(number)) => number
            .as_u64()
            .and_then(|number| usize::try_from(number).ok())
            .unwrap_or(usize::MAX),
        Some(Value::String(text)) => text
            .strip_suffix('%')
            .and_then(|percent| percent.parse::<usize>().ok())
            // Deployments round down.
            .map_or(0, |percent| pods * percent / 100),
        _ => 0,
    }
}

pub(super) fn updates_one_by_one(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (member, component) in several(context.graph) {
        let value = &member.workload.object.value;
        let strategy = if member.workload.is_stateful_set() {
            "/spec/updateStrategy"
        } else {
            "/spec/strategy"
        };
        let recreates = str_at(value, &format!("{strategy}/type")) == Some("Recreate");
        let away = value.pointer(&format!("{strategy}/rollingUpdate/maxUnavailable"));
        let takes_all =
            member.replicas >= 2 && unavailable(away, member.replicas) >= member.replicas;
        judge.require(!recreates && !takes_all, || {
            let workload = member.workload.object.reference();
            let (message, help) = if !recreates {
                (
                    format!("an update takes all {} pods of {workload} away at once", member.replicas),
                    format!("set maxUnavailable below {}", member.replicas),
                )
            } else if member.replicas >= 2 {
                (
                    format!("{workload} recreates its pods: an update takes all {} away before it starts new ones", member.replicas),
                    "use the strategy RollingUpdate".to_owned(),
                )
            } else {
                // Two workloads of one pod each: one update of the release recreates both.
                (
                    format!("{workload} recreates its pod, and so does every workload of the {} in the same update", component.title()),
                    "use the strategy RollingUpdate with maxUnavailable 0, so that a new pod is ready before the old one goes".to_owned(),
                )
            };
            Fault::new(message, help)
                .object(member.workload.object)
                .field(strategy)
        });
    }
}
