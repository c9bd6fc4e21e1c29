//! Selectors: they choose the pods of their own release and workload, and no others.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    context::{Context, Fault, Judge},
    manifest::{LabelSelector, Manifest, Object, PodTemplate, Workload, array_at},
    variation::{Refusal, Variation, releases},
};

const OTHER_RELEASE: &str = "conformance-other";

const INSTANCE: &str = "app.kubernetes.io/instance";

/// Labels by which the workloads of our charts select (ARCHITECTURE.md, The chart contract).
const OWNED: [&str; 3] = [
    "app.kubernetes.io/component",
    INSTANCE,
    "app.kubernetes.io/name",
];

/// Something that chooses pods.
struct Choice<'a> {
    object: &'a Object,
    /// How messages name it.
    place: String,
    selector: Selector<'a>,
    role: Role,
}

enum Selector<'a> {
    Map(BTreeMap<&'a str, &'a str>),
    Labels(LabelSelector<'a>),
}

/// What a selector is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It chooses the pods that a workload makes.
    Owner,
    /// It spreads the pods of a workload.
    Spread,
    /// It keeps the pods of a workload away from others.
    Apart,
    /// It names peers of a policy.
    Peer,
    /// Anything else.
    Other,
}

type Labels<'l> = BTreeMap<&'l str, &'l str>;

impl Choice<'_> {
    /// Whether there is none, which Kubernetes takes for one that matches no pod.
    fn is_missing(&self) -> bool {
        matches!(&self.selector, Selector::Labels(selector) if selector.0.is_null())
    }

    fn matches(&self, labels: &Labels<'_>) -> bool {
        match &self.selector {
            Selector::Map(map) => map
                .iter()
                .all(|(key, value)| labels.get(key) == Some(value)),
            Selector::Labels(selector) => selector.matches(labels),
        }
    }
}

/// Every selector of pods in the object's own namespace. Empty ones of policies mean all pods, deliberately.
fn choices<'a>(manifest: &'a Manifest) -> Vec<Choice<'a>> {
    let mut found = Vec::new();
    for service in manifest.services() {
        if !service.selector().is_empty() && service.external_name().is_none() {
            found.push(Choice {
                object: service.object,
                place: "selector".to_owned(),
                selector: Selector::Map(service.selector()),
                role: Role::Other,
            });
        }
    }
    for object in &manifest.objects {
        let mut add = |place: &str, value: Option<&'a Value>, role| {
            if let Some(value) = value {
                found.push(Choice {
                    object,
                    place: place.to_owned(),
                    selector: Selector::Labels(LabelSelector(value)),
                    role,
                });
            }
        };
        match object.kind() {
            "PodDisruptionBudget" => {
                add(
                    "selector",
                    object.value.pointer("/spec/selector"),
                    Role::Other,
                );
            }
            "NetworkPolicy" => {
                let selector = object.value.pointer("/spec/podSelector");
                let selector = selector.filter(|value| !LabelSelector(value).is_empty());
                add("podSelector", selector, Role::Other);
                peers(object, &mut add);
            }
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => {
                add(
                    "selector",
                    object.value.pointer("/spec/selector"),
                    Role::Owner,
                );
            }
            _ => {}
        }
        if let Some(workload) = Workload::of(object).filter(Workload::is_server) {
            of_pods(&workload.pod, &mut add);
        }
    }
    found
}

fn peers<'a>(object: &'a Object, add: &mut impl FnMut(&str, Option<&'a Value>, Role)) {
    for (rules, side) in [("/spec/ingress", "/from"), ("/spec/egress", "/to")] {
        for rule in array_at(&object.value, rules) {
            for peer in array_at(rule, side) {
                let selector = peer
                    .get("podSelector")
                    .filter(|value| !LabelSelector(value).is_empty())
                    // Pods of other namespaces are of other releases.
                    .filter(|_| peer.get("namespaceSelector").is_none());
                add("peer", selector, Role::Peer);
            }
        }
    }
}

fn of_pods<'a>(pod: &PodTemplate<'a>, add: &mut impl FnMut(&str, Option<&'a Value>, Role)) {
    static NOBODY: Value = Value::Null;
    // Kubernetes takes a missing selector for one that matches no pod.
    let selector_of = |term: &'a Value| term.get("labelSelector").unwrap_or(&NOBODY);
    for constraint in array_at(pod.spec, "/topologySpreadConstraints") {
        add(
            "topologySpreadConstraint",
            Some(selector_of(constraint)),
            Role::Spread,
        );
    }
    let anti = "/affinity/podAntiAffinity";
    let required = format!("{anti}/requiredDuringSchedulingIgnoredDuringExecution");
    let preferred = format!("{anti}/preferredDuringSchedulingIgnoredDuringExecution");
    let preferred = array_at(pod.spec, &preferred)
        .iter()
        .filter_map(|weighted| weighted.get("podAffinityTerm"));
    for term in array_at(pod.spec, &required).iter().chain(preferred) {
        let is_elsewhere =
            term.get("namespaces").is_some() || term.get("namespaceSelector").is_some();
        add(
            "podAntiAffinity",
            Some(selector_of(term)).filter(|_| !is_elsewhere),
            Role::Apart,
        );
    }
}

pub(super) fn stay_in_the_release(context: &Context<'_>, judge: &mut Judge<'_>) {
    let choices = choices(context.manifest);
    let workloads: Vec<Workload<'_>> = context
        .manifest
        .workloads()
        .into_iter()
        .filter(Workload::is_server)
        .collect();
    for choice in &choices {
        stays_with_its_workload(context, choice, &workloads, judge);
        if context.is_generated {
            names_the_release(choice, &workloads, judge);
            never_changes(choice, judge);
        }
    }
    if context.is_representative && !context.is_generated {
        leaves_other_releases_alone(context, &choices, judge);
    }
}

/// Whether a selector means pods of one of the releases that are judged.
fn names_an_own_release(context: &Context<'_>, choice: &Choice<'_>) -> bool {
    let Selector::Labels(selector) = &choice.selector else {
        return false;
    };
    let instance = selector
        .0
        .get("matchLabels")
        .and_then(|labels| labels.get(INSTANCE)?.as_str());
    instance.is_some_and(|instance| {
        context
            .manifest
            .objects
            .iter()
            .any(|object| object.release == instance)
    })
}

/// A workload owns its own pods alone; what spreads pods or keeps them apart means pods that are there.
fn stays_with_its_workload(
    context: &Context<'_>,
    choice: &Choice<'_>,
    workloads: &[Workload<'_>],
    judge: &mut Judge<'_>,
) {
    let is_own = |workload: &Workload<'_>| std::ptr::eq(workload.object, choice.object);
    let selected: Vec<&Workload<'_>> = workloads
        .iter()
        .filter(|workload| workload.object.namespace() == choice.object.namespace())
        .filter(|_| !choice.is_missing())
        .filter(|workload| choice.matches(&workload.pod.labels()))
        .collect();
    let other = selected.iter().find(|workload| !is_own(workload));
    // Where the operator's pods are put is the operator's business; our charts spread each component by itself.
    let is_judged = match choice.role {
        Role::Owner => true,
        Role::Spread | Role::Apart | Role::Peer => context.is_generated,
        Role::Other => false,
    };
    if !is_judged {
        return;
    }
    if let (Role::Owner | Role::Spread, Some(other)) = (choice.role, other) {
        judge.looked();
        judge.fault(
            Fault::new(
                format!(
                    "the {} of {} selects the pods of {} as well",
                    choice.place,
                    choice.object.reference(),
                    other.object.reference()
                ),
                "select by a label that only its own pods have",
            )
            .object(choice.object)
            .field("selector"),
        );
    }
    let is_right = match choice.role {
        Role::Spread => selected.iter().any(|workload| is_own(workload)),
        Role::Apart => !selected.is_empty(),
        Role::Peer => {
            let pods = |workload: &Workload<'_>| {
                workload.object.namespace() == choice.object.namespace()
                    && choice.matches(&workload.pod.labels())
            };
            !names_an_own_release(context, choice) || context.manifest.workloads().iter().any(pods)
        }
        _ => true,
    };
    judge.require(is_right, || {
        Fault::new(
            format!(
                "the {} of {} selects no pods",
                choice.place,
                choice.object.reference()
            ),
            "select by labels of the pods' template",
        )
        .object(choice.object)
        .field("selector")
    });
}

/// An upgrade cannot change the selector of a workload, so ours are the three labels that never change.
fn never_changes(choice: &Choice<'_>, judge: &mut Judge<'_>) {
    let is_of_contract = match choice.role {
        Role::Owner => true,
        Role::Other => matches!(choice.object.kind(), "Service" | "PodDisruptionBudget"),
        _ => false,
    };
    // Extra objects are the operator's.
    if !is_of_contract || choice.object.is_extra() {
        return;
    }
    let written: BTreeSet<&str> = match &choice.selector {
        Selector::Map(map) => map.keys().copied().collect(),
        Selector::Labels(selector) => selector
            .0
            .get("matchLabels")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|labels| labels.keys().map(String::as_str))
            .collect(),
    };
    let wanted = BTreeSet::from(OWNED);
    let is_right = if choice.role == Role::Owner {
        written == wanted
    } else {
        written.is_superset(&wanted)
    };
    judge.require(is_right, || {
        Fault::new(
            format!(
                "{} selects pods by {}, not by {}: a release cannot be upgraded to it, or it takes the pods of another part",
                choice.object.reference(),
                written.into_iter().collect::<Vec<_>>().join(", "),
                OWNED.join(", ")
            ),
            "select by these three labels, which no upgrade changes",
        )
        .object(choice.object)
        .field("selector")
    });
}

/// Our charts tell releases apart by the instance's label.
fn names_the_release(choice: &Choice<'_>, workloads: &[Workload<'_>], judge: &mut Judge<'_>) {
    if choice.is_missing() {
        return;
    }
    let taken = workloads.iter().find(|workload| {
        let mut labels = workload.pod.labels();
        labels.insert(INSTANCE, OTHER_RELEASE);
        choice.matches(&labels)
    });
    report(choice, taken.map(|workload| workload.object), judge);
}

fn report(choice: &Choice<'_>, taken: Option<&Object>, judge: &mut Judge<'_>) {
    judge.require(taken.is_none(), || {
        Fault::new(
            format!(
                "the {} of {} selects the pods of {} of any other release in the namespace, too",
                choice.place,
                choice.object.reference(),
                taken
                    .map(|object| object.reference().to_string())
                    .unwrap_or_default()
            ),
            format!("select by a label that tells releases apart, such as {INSTANCE}"),
        )
        .object(choice.object)
        .field("selector")
    });
}

/// Other charts tell them apart by whatever they like, so they are rendered under another name.
fn leaves_other_releases_alone(
    context: &Context<'_>,
    choices: &[Choice<'_>],
    judge: &mut Judge<'_>,
) {
    let Some(variations) = context.variations else {
        return;
    };
    for release in releases(context.manifest).into_keys() {
        let variation = Variation {
            release: Some(OTHER_RELEASE.to_owned()),
            ..Variation::default()
        };
        let other = match variations.render(release, &variation) {
            Ok(other) => other,
            Err(Refusal::Unavailable(_) | Refusal::Schema(_) | Refusal::Template(_)) => continue,
        };
        let workloads: Vec<Workload<'_>> = other
            .workloads()
            .into_iter()
            .filter(Workload::is_server)
            // Releases whose objects have the same names cannot be side by side (AM-HELM-009).
            .filter(|workload| {
                let object = workload.object;
                context
                    .manifest
                    .find(object.kind(), object.namespace(), object.name())
                    .is_none()
            })
            .collect();
        let judged = choices.iter().filter(|choice| {
            choice.object.release == release && matches!(choice.role, Role::Owner | Role::Other)
        });
        for choice in judged {
            let taken = workloads.iter().find(|workload| {
                workload.object.namespace() == choice.object.namespace()
                    && choice.matches(&workload.pod.labels())
            });
            report(choice, taken.map(|workload| workload.object), judge);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::stay_in_the_release;
    use crate::checks::harness::Case;

    const RELEASE: &str = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: R-a}, spec: {selector: {matchLabels: {app.kubernetes.io/instance: R, app.kubernetes.io/name: chart, app.kubernetes.io/component: a}}, template: {metadata: {labels: {app.kubernetes.io/instance: R, app.kubernetes.io/name: chart, app.kubernetes.io/component: a}}, spec: {topologySpreadConstraints: [{topologyKey: zone, labelSelector: {matchLabels: {app.kubernetes.io/instance: R, app.kubernetes.io/name: chart, app.kubernetes.io/component: a}}}], containers: []}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: R-b}, spec: {selector: {matchLabels: {app.kubernetes.io/instance: R, app.kubernetes.io/name: chart, app.kubernetes.io/component: b}}, template: {metadata: {labels: {app.kubernetes.io/instance: R, app.kubernetes.io/name: chart, app.kubernetes.io/component: b}}, spec: {containers: []}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: R-a}, spec: {selector: {app.kubernetes.io/instance: R, app.kubernetes.io/name: chart, app.kubernetes.io/component: a}}}";

    fn judged(case: &Case) -> Vec<String> {
        case.judge(stay_in_the_release)
            .findings()
            .iter()
            .map(|finding| finding.message.clone())
            .collect()
    }

    #[test]
    fn selectors_with_the_release_pass() {
        let documents = RELEASE.replace('R', "r");
        assert_eq!(
            judged(&Case::documents(&documents).generated()),
            Vec::<String>::new()
        );
    }

    #[test]
    fn each_selector_that_is_too_wide_or_means_nobody_is_found() {
        for (from, to, told) in [
            (
                "selector: {app.kubernetes.io/instance: r, app.kubernetes.io/name: chart, app.kubernetes.io/component: a}}",
                "selector: {app.kubernetes.io/component: a}}",
                "any other release",
            ),
            (
                "selector: {matchLabels: {app.kubernetes.io/instance: r, app.kubernetes.io/name: chart, app.kubernetes.io/component: a}}",
                "selector: {matchLabels: {app.kubernetes.io/instance: r}}",
                "Deployment/r-b as well",
            ),
            (
                "labelSelector: {matchLabels: {app.kubernetes.io/instance: r, app.kubernetes.io/name: chart, app.kubernetes.io/component: a}}",
                "labelSelector: {}",
                "as well",
            ),
            (
                ", labelSelector: {matchLabels: {app.kubernetes.io/instance: r, app.kubernetes.io/name: chart, app.kubernetes.io/component: a}}",
                "",
                "selects no pods",
            ),
        ] {
            let documents = RELEASE.replace('R', "r").replace(from, to);
            let found = judged(&Case::documents(&documents).generated());
            assert!(
                found.iter().any(|message| message.contains(told)),
                "{to}: {found:?}"
            );
        }
    }

    #[test]
    fn a_selector_without_one_of_the_three_labels_is_found_in_our_charts() {
        let documents =
            RELEASE
                .replace('R', "r")
                .replacen("app.kubernetes.io/name: chart, ", "", 1);
        let found = judged(&Case::documents(&documents).generated());
        assert!(found[0].contains("cannot be upgraded"), "{found:?}");
        assert_eq!(judged(&Case::documents(&documents)), Vec::<String>::new());
    }

    #[test]
    fn other_charts_are_rendered_under_another_name() {
        let case = |base: String| {
            let render = base.clone();
            Case::documents(&base.replace('R', "r")).varied(move |variation| {
                Ok(render.replace('R', variation.release.as_deref().unwrap_or("r")))
            })
        };
        assert_eq!(judged(&case(RELEASE.to_owned())), Vec::<String>::new());
        let wide = RELEASE.replace(
            "{selector: {app.kubernetes.io/instance: R, app.kubernetes.io/name: chart, app.kubernetes.io/component: a}}",
            "{selector: {app.kubernetes.io/component: a}}",
        );
        let found = judged(&case(wide));
        assert!(
            found.len() == 1 && found[0].contains("Service/r-a"),
            "{found:?}"
        );
    }
}
