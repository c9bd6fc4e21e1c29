//! Selectors: they choose the pods of their own release, and of no other.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    context::{Context, Fault, Judge},
    manifest::{LabelSelector, Manifest, Object, PodTemplate, Workload, array_at},
    variation::{Variation, releases},
};

const OTHER_RELEASE: &str = "conformance-other";

const INSTANCE: &str = "app.kubernetes.io/instance";

/// Something that chooses pods of its object's namespace.
struct Choice<'a> {
    object: &'a Object,
    /// How messages name it.
    place: &'static str,
    selector: Selector<'a>,
}

enum Selector<'a> {
    Map(BTreeMap<&'a str, &'a str>),
    Labels(LabelSelector<'a>),
}

impl Choice<'_> {
    fn matches(&self, labels: &BTreeMap<&str, &str>) -> bool {
        match &self.selector {
            Selector::Map(map) => map
                .iter()
                .all(|(key, value)| labels.get(key) == Some(value)),
            Selector::Labels(selector) => selector.matches(labels),
        }
    }
}

fn choice<'a>(object: &'a Object, place: &'static str, selector: &'a Value) -> Choice<'a> {
    Choice {
        object,
        place,
        selector: Selector::Labels(LabelSelector(selector)),
    }
}

/// Selectors of what governs, owns or leads to pods. Empty ones of policies mean all pods, deliberately.
fn choices(manifest: &Manifest) -> Vec<Choice<'_>> {
    let mut found = Vec::new();
    for service in manifest.services() {
        if !service.selector().is_empty() && service.external_name().is_none() {
            found.push(Choice {
                object: service.object,
                place: "selector",
                selector: Selector::Map(service.selector()),
            });
        }
    }
    for object in &manifest.objects {
        let place = match object.kind() {
            "NetworkPolicy" => "podSelector",
            "PodDisruptionBudget" | "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => {
                "selector"
            }
            _ => continue,
        };
        let selector = object.value.pointer(&format!("/spec/{place}"));
        let is_deliberate = |selector: &Value| {
            object.kind() == "NetworkPolicy" && LabelSelector(selector).is_empty()
        };
        found.extend(
            selector
                .filter(|selector| !is_deliberate(selector))
                .map(|selector| choice(object, place, selector)),
        );
    }
    found
}

/// Selectors in rules of policies and in pods, which name pods beside others.
fn mentions(manifest: &Manifest) -> Vec<Choice<'_>> {
    let mut found = Vec::new();
    for object in &manifest.objects {
        if object.kind() == "NetworkPolicy" {
            let peers = peers(object).map(|selector| choice(object, "peer", selector));
            found.extend(peers);
        }
        if let Some(workload) = Workload::of(object).filter(Workload::is_server) {
            let of_pod = of_pod(&workload.pod).into_iter();
            found.extend(of_pod.map(|(place, selector)| choice(object, place, selector)));
        }
    }
    found
}

fn peers(policy: &Object) -> impl Iterator<Item = &Value> {
    [("/spec/ingress", "/from"), ("/spec/egress", "/to")]
        .into_iter()
        .flat_map(|(rules, side)| {
            let rules = array_at(&policy.value, rules).iter();
            rules.flat_map(move |rule| array_at(rule, side))
        })
        // Pods of other namespaces are of other releases.
        .filter(|peer| peer.get("namespaceSelector").is_none())
        .filter_map(|peer| peer.get("podSelector"))
        .filter(|selector| !LabelSelector(selector).is_empty())
}

fn of_pod<'a>(pod: &PodTemplate<'a>) -> Vec<(&'static str, &'a Value)> {
    let spread = array_at(pod.spec, "/topologySpreadConstraints").iter();
    let spread = spread.filter_map(|constraint| constraint.get("labelSelector"));
    let anti = "/affinity/podAntiAffinity";
    let required = format!("{anti}/requiredDuringSchedulingIgnoredDuringExecution");
    let preferred = format!("{anti}/preferredDuringSchedulingIgnoredDuringExecution");
    let preferred = array_at(pod.spec, &preferred).iter();
    let apart = array_at(pod.spec, &required)
        .iter()
        .chain(preferred.filter_map(|weighted| weighted.get("podAffinityTerm")))
        .filter(|term| term.get("namespaces").is_none() && term.get("namespaceSelector").is_none())
        .filter_map(|term| term.get("labelSelector"));
    spread
        .map(|selector| ("topologySpreadConstraint", selector))
        .chain(apart.map(|selector| ("podAntiAffinity", selector)))
        .collect()
}

fn servers(manifest: &Manifest) -> Vec<Workload<'_>> {
    let mut workloads = manifest.workloads();
    workloads.retain(Workload::is_server);
    workloads
}

/// Our charts tell releases apart by the instance's label.
pub(super) fn name_the_release(context: &Context<'_>, judge: &mut Judge<'_>) {
    let workloads = servers(context.manifest);
    let choices = choices(context.manifest).into_iter();
    for choice in choices.chain(mentions(context.manifest)) {
        let taken = workloads.iter().find(|workload| {
            let mut labels = workload.pod.labels();
            labels.insert(INSTANCE, OTHER_RELEASE);
            choice.matches(&labels)
        });
        report(&choice, taken.map(|workload| workload.object), judge);
    }
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

/// Charts tell releases apart by whatever they like, so they are rendered under another name.
pub(super) fn leave_other_releases_alone(context: &Context<'_>, judge: &mut Judge<'_>) {
    let choices = choices(context.manifest);
    for release in releases(context.manifest).into_keys() {
        let own = choices
            .iter()
            .filter(|choice| choice.object.release == release);
        if own.clone().next().is_none() {
            continue;
        }
        let variation = Variation {
            release: Some(OTHER_RELEASE.to_owned()),
            ..Variation::default()
        };
        let other = context
            .variations
            .and_then(|variations| variations.render(release, &variation).ok());
        let Some(other) = other else {
            judge.unsupported("the charts cannot be rendered under another name");
            continue;
        };
        let workloads: Vec<Workload<'_>> = servers(&other)
            .into_iter()
            // Releases whose objects have the same names cannot be side by side (AM-HELM-009).
            .filter(|workload| {
                let object = workload.object;
                context
                    .manifest
                    .find(object.kind(), object.namespace(), object.name())
                    .is_none()
            })
            .collect();
        for choice in own {
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
    use crate::checks::harness::Case;

    const RELEASE: &str = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: R-a, labels: {helm.sh/chart: c}}, spec: {selector: {matchLabels: {app.kubernetes.io/instance: R, app.kubernetes.io/name: chart, app.kubernetes.io/component: a}}, template: {metadata: {labels: {app.kubernetes.io/instance: R, app.kubernetes.io/name: chart, app.kubernetes.io/component: a}}, spec: {topologySpreadConstraints: [{topologyKey: zone, labelSelector: {matchLabels: {app.kubernetes.io/instance: R, app.kubernetes.io/name: chart, app.kubernetes.io/component: a}}}], containers: []}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: R-b, labels: {helm.sh/chart: c}}, spec: {selector: {matchLabels: {app.kubernetes.io/instance: R, app.kubernetes.io/name: chart, app.kubernetes.io/component: b}}, template: {metadata: {labels: {app.kubernetes.io/instance: R, app.kubernetes.io/name: chart, app.kubernetes.io/component: b}}, spec: {containers: []}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: R-a, labels: {helm.sh/chart: c}}, spec: {selector: {app.kubernetes.io/instance: R, app.kubernetes.io/name: chart, app.kubernetes.io/component: a}}}";

    fn judged(id: &str, documents: &str) -> Vec<String> {
        let outcome = Case::documents(&documents.replace('R', "r"))
            .generated()
            .judge_requirement(id);
        let findings = outcome.findings().iter();
        findings.map(|finding| finding.message.clone()).collect()
    }

    #[test]
    fn each_selector_that_is_too_wide_or_means_nobody_is_found() {
        const OWN: &str = "{matchLabels: {app.kubernetes.io/instance: R, app.kubernetes.io/name: chart, app.kubernetes.io/component: a}}";
        let own = |start: &str| format!("{start}{OWN}");
        for (id, from, to, told) in [
            (
                "AM-NET-029",
                "selector: {app.kubernetes.io/instance: R, app".to_owned(),
                "selector: {app",
                "any other release",
            ),
            (
                "AM-NET-026",
                own("selector: "),
                "selector: {matchLabels: {app.kubernetes.io/instance: R}}",
                "Deployment/r-b as well",
            ),
            (
                "AM-NET-027",
                "app.kubernetes.io/name: chart, ".to_owned(),
                "",
                "cannot be upgraded",
            ),
            (
                "AM-NET-028",
                "selector: {app.kubernetes.io/instance: R, app.kubernetes.io/name: chart, "
                    .to_owned(),
                "selector: {app.kubernetes.io/instance: R, ",
                "another part",
            ),
            (
                "AM-NET-030",
                own("labelSelector: "),
                "labelSelector: {}",
                "as well",
            ),
            ("AM-NET-030", own(", labelSelector: "), "", "does not count"),
        ] {
            assert_eq!(judged(id, RELEASE), Vec::<String>::new(), "{id}");
            assert!(RELEASE.contains(&from), "{from}");
            let found = judged(id, &RELEASE.replacen(&from, to, 1));
            assert!(
                found.len() == 1 && found[0].contains(told),
                "{id} {to}: {found:?}"
            );
        }
    }

    #[test]
    fn charts_are_rendered_under_another_name() {
        let judged = |base: &str| {
            let render = base.to_owned();
            let case = Case::documents(&base.replace('R', "r")).varied(move |variation| {
                Ok(render.replace('R', variation.release.as_deref().unwrap_or("r")))
            });
            let outcome = case.judge(super::leave_other_releases_alone);
            let findings = outcome.findings().iter();
            findings
                .map(|finding| finding.message.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(judged(RELEASE), Vec::<String>::new());
        let wide = RELEASE.replace(
            "selector: {app.kubernetes.io/instance: R, app",
            "selector: {app",
        );
        let found = judged(&wide);
        assert!(
            found.len() == 1 && found[0].contains("Service/r-a"),
            "{found:?}"
        );
    }
}
