//! Labels that tell people and tools what an object belongs to.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    chart::ChartSource,
    context::{Context, Fault, Judge},
    manifest::{Object, Workload, array_at, str_at, strings_at},
    requirement::Layer,
};

/// What `app.kubernetes.io/name` and `part-of` say on everything that our charts make, by the layer of the product.
fn application(context: &Context<'_>) -> &'static str {
    match Layer::of(context.subject.pattern) {
        Layer::ApiManagement => "wso2-api-manager",
        Layer::Integration => "wso2-integrator",
    }
}

/// What stands after the component in the names of its objects.
const ENDINGS: [&str; 3] = ["", "-config", "-headless"];

/// What `app.kubernetes.io/component` says on objects that belong to no component of the product.
const PARTS: [&str; 9] = [
    "artifacts",
    "credentials",
    "database",
    "exposure",
    "observability",
    "policies",
    "registration",
    "schema",
    "test",
];

const COMPONENT: &str = "app.kubernetes.io/component";

const INSTANCE: &str = "app.kubernetes.io/instance";

/// Labels that the pods and the claims of a release carry, too.
const POD: [&str; 3] = [
    "app.kubernetes.io/name",
    INSTANCE,
    "app.kubernetes.io/part-of",
];
const CLAIM: [&str; 2] = ["app.kubernetes.io/name", INSTANCE];

/// An extra object with as many right labels is one of the chart's own overlays; others are the operator's.
const OWN_LABELS: usize = 3;

pub(super) fn objects_tell_where_they_belong(context: &Context<'_>, judge: &mut Judge<'_>) {
    let files: BTreeMap<&str, Value> = context
        .charts
        .iter()
        .filter_map(|(name, chart)| Some((name.as_str(), chart_file(chart)?)))
        .collect();
    for object in &context.manifest.objects {
        let labels = object.labels();
        let wanted = wanted(context, object, files.get(object.chart.as_str()));
        let right = wanted
            .iter()
            .filter(|(label, value)| labels.get(label) == Some(&value.as_str()))
            .count();
        if object.is_extra() && right < OWN_LABELS && !is_called_like_ours(context, object) {
            continue;
        }
        of_map(object, &labels, &wanted, "", judge);
        component_is_told(context, object, &labels, "", judge);
        of_templates(context, object, &wanted, judge);
    }
}

/// Whether an extra object has the name of one that a template of the chart makes, as those of the overlays have.
fn is_called_like_ours(context: &Context<'_>, extra: &Object) -> bool {
    context.manifest.objects.iter().any(|object| {
        !object.is_extra() && object.release == extra.release && object.name() == extra.name()
    })
}

/// Pods and claims that an object makes.
fn of_templates(
    context: &Context<'_>,
    object: &Object,
    wanted: &[(&'static str, String)],
    judge: &mut Judge<'_>,
) {
    let only = |names: &[&str]| -> Vec<(&'static str, String)> {
        wanted
            .iter()
            .filter(|(label, _)| names.contains(label))
            .cloned()
            .collect()
    };
    if let Some(workload) = Workload::of(object).filter(|_| object.kind() != "Pod") {
        let labels = workload.pod.labels();
        of_map(object, &labels, &only(&POD), " in its pod template", judge);
        component_is_told(context, object, &labels, " in its pod template", judge);
    }
    for claim in array_at(&object.value, "/spec/volumeClaimTemplates") {
        let labels = strings_at(claim, "/metadata/labels");
        of_map(
            object,
            &labels,
            &only(&CLAIM),
            " in a claim template",
            judge,
        );
        component_is_told(context, object, &labels, " in a claim template", judge);
    }
}

fn of_map(
    object: &Object,
    labels: &BTreeMap<&str, &str>,
    wanted: &[(&'static str, String)],
    place: &str,
    judge: &mut Judge<'_>,
) {
    for (label, wanted) in wanted {
        let found = labels.get(label).copied();
        judge.require(found == Some(wanted.as_str()), || {
            let fault = Fault::new(
                match found {
                    Some(found) => format!(
                        "{} has the label {label}: {found}{place}, not {wanted}",
                        object.reference()
                    ),
                    None => format!("{} has no label {label}{place}", object.reference()),
                },
                format!("write {label}: {wanted}, as every object of the release has it"),
            )
            .object(object);
            match found {
                Some(found) => fault.value(found),
                None => fault,
            }
        });
    }
}

/// The component's label is there, says one of the parts of a release, and the one after which the object is named.
fn component_is_told(
    context: &Context<'_>,
    object: &Object,
    labels: &BTreeMap<&str, &str>,
    place: &str,
    judge: &mut Judge<'_>,
) {
    let components: Vec<String> = context.pattern().keys().map(ToString::to_string).collect();
    let named = components
        .iter()
        .map(String::as_str)
        .chain(PARTS)
        .find(|part| {
            ENDINGS
                .iter()
                .any(|ending| object.name().ends_with(&format!("-{part}{ending}")))
        });
    let found = labels.get(COMPONENT).copied();
    let is_part =
        found.is_some_and(|found| PARTS.contains(&found) || components.iter().any(|c| c == found));
    // A route to a component is named after what it is for, which may be called like another component.
    let is_route = matches!(
        object.kind(),
        "HTTPRoute" | "Ingress" | "Route" | "BackendTLSPolicy"
    );
    let is_right = is_part && (is_route || named.is_none_or(|named| found == Some(named)));
    judge.require(is_right, || {
        let fault = Fault::new(
            match found {
                Some(found) => format!(
                    "{} has the label {COMPONENT}: {found}{place}",
                    object.reference()
                ),
                None => format!("{} has no label {COMPONENT}{place}", object.reference()),
            },
            match named {
                Some(named) if !is_route => format!("write {COMPONENT}: {named}"),
                _ => format!("write {COMPONENT} with the part of the release that it belongs to"),
            },
        )
        .object(object);
        match found {
            Some(found) => fault.value(found),
            None => fault,
        }
    });
}

fn chart_file(chart: &ChartSource) -> Option<Value> {
    serde_saphyr::from_str(chart.files.get("Chart.yaml")?).ok()
}

/// What tells an object's copy of the chart from others: the release, or the full name where the values fix one. That is the instance
/// of which all workloads speak, and which all of their names begin with.
fn instance(context: &Context<'_>, object: &Object) -> String {
    let workloads = context.manifest.objects.iter().filter(|other| {
        other.release == object.release
            && other.chart == object.chart
            && matches!(other.kind(), "Deployment" | "StatefulSet")
    });
    let mut instances = workloads.map(|workload| {
        let told = workload.labels().get(INSTANCE).copied()?;
        let rest = workload.name().strip_prefix(told)?;
        rest.starts_with('-').then_some(told)
    });
    match instances.next().flatten() {
        Some(first) if instances.all(|other| other == Some(first)) => first.to_owned(),
        _ => object.release.clone(),
    }
}

fn wanted(
    context: &Context<'_>,
    object: &Object,
    file: Option<&Value>,
) -> Vec<(&'static str, String)> {
    let mut wanted = vec![
        ("app.kubernetes.io/name", application(context).to_owned()),
        (INSTANCE, instance(context, object)),
        ("app.kubernetes.io/managed-by", "Helm".to_owned()),
        ("app.kubernetes.io/part-of", application(context).to_owned()),
    ];
    if let Some(file) = file {
        let field = |name: &str| str_at(file, name).map(ToOwned::to_owned);
        if let Some(version) = field("/appVersion") {
            wanted.push(("app.kubernetes.io/version", version));
        }
        if let Some(version) = field("/version") {
            let version = version.replace('+', "_");
            wanted.push(("helm.sh/chart", format!("{}-{version}", object.chart)));
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::objects_tell_where_they_belong;
    use crate::checks::harness::Case;

    const GOOD: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {app.kubernetes.io/name: wso2-api-manager, app.kubernetes.io/instance: r, app.kubernetes.io/managed-by: Helm, app.kubernetes.io/part-of: wso2-api-manager, app.kubernetes.io/version: 4.7.0, app.kubernetes.io/component: gateway, helm.sh/chart: c-0.1.0_b}}}";

    fn judged(document: &str) -> Vec<String> {
        let chart = [(
            "Chart.yaml",
            "name: c\nversion: 0.1.0+b\nappVersion: 4.7.0\n",
        )];
        Case::documents(document)
            .with_chart(&chart)
            .generated()
            .judge(objects_tell_where_they_belong)
            .findings()
            .iter()
            .map(|finding| finding.message.clone())
            .collect()
    }

    #[test]
    fn the_labels_of_the_release_pass_and_others_are_found() {
        assert_eq!(judged(GOOD), Vec::<String>::new());
        assert!(judged(&GOOD.replace("Helm", "Hlem"))[0].contains("not Helm"));
        assert!(judged(&GOOD.replace("/instance: r", "/instnace: r"))[0].contains("no label"));
        assert!(judged(&GOOD.replace("c-0.1.0_b", "c-0.2.0"))[0].contains("c-0.1.0_b"));
        assert!(judged(&GOOD.replace("gateway", "gatway"))[0].contains("gatway"));
        assert!(judged(&GOOD.replace("name: a,", "name: r-test,"))[0].contains("component"));
    }

    #[test]
    fn pods_and_claims_are_labelled_too() {
        let set = |pod: &str, claim: &str| {
            GOOD.replace("v1, kind: ConfigMap", "apps/v1, kind: StatefulSet").replace(
                "}}}",
                &format!(
                    "}}}}, spec: {{template: {{metadata: {{labels: {{{pod}}}}}, spec: {{}}}}, volumeClaimTemplates: [{{metadata: {{labels: {{{claim}}}}}}}]}}}}"
                ),
            )
        };
        let claim = "app.kubernetes.io/name: wso2-api-manager, app.kubernetes.io/instance: r, app.kubernetes.io/component: gateway";
        let pod = format!("{claim}, app.kubernetes.io/part-of: wso2-api-manager");
        assert_eq!(judged(&set(&pod, claim)), Vec::<String>::new());
        assert!(judged(&set(claim, claim))[0].contains("pod template"));
        assert!(judged(&set(&pod, &claim.replace(": r", ": s")))[0].contains("claim template"));
    }

    #[test]
    fn a_full_name_that_heads_the_workloads_is_the_instance() {
        let of = |text: &str| text.replace("instance: r", "instance: full");
        let workload = of(GOOD)
            .replace("v1, kind: ConfigMap", "apps/v1, kind: StatefulSet")
            .replace("name: a,", "name: full-gateway,");
        let with = |other: &str| judged(&format!("{workload}\n---\n{other}"));
        assert_eq!(with(&of(GOOD)), Vec::<String>::new());
        assert!(with(GOOD)[0].contains("instance: r, not full"));
        // A name that does not head the workload's is none.
        let elsewhere = judged(&workload.replace("full-gateway", "other-gateway"));
        assert!(elsewhere[0].contains("instance: full, not r"));
    }
}
