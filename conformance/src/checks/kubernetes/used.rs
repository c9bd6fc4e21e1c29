//! Objects that are there for others, and that nobody uses.

use serde_json::Value;

use super::{
    named::{Reference, TABLES, Unreferenced, references, says},
    references::makes_claim,
    schemas::is_built_in,
};
use crate::{
    context::{Context, Fault, Judge},
    facts::matches_glob,
    manifest::{Object, PodTemplate, Workload},
};

/// Kinds that do nothing by themselves.
const KINDS: [&str; 4] = [
    "ConfigMap",
    "PersistentVolumeClaim",
    "Secret",
    "ServiceAccount",
];

pub(super) fn objects_are_used(context: &Context<'_>, judge: &mut Judge<'_>) {
    let table = match TABLES.as_ref() {
        Ok(tables) => &tables.unreferenced,
        Err(error) => return judge.unsupported(error.clone()),
    };
    let references = references(context.manifest);
    let objects = context.manifest.objects.iter();
    for object in objects.filter(|object| KINDS.contains(&object.kind())) {
        // Who would use it may be in a document that is missing; an extra object is the operator's.
        if context.manifest.is_any_partial()
            || object.is_extra()
            || is_found_otherwise(context, table, object)
        {
            continue;
        }
        let is_used = references.iter().any(|reference| is_to(reference, object))
            || context
                .manifest
                .objects
                .iter()
                .filter(|other| !std::ptr::eq(*other, object))
                .any(|other| is_used_by(context, other, object))
            || is_in_the_notes(context, object);
        judge.require(is_used, || {
            Fault::new(
                format!("nothing of the releases uses {}", object.reference()),
                match object.kind() {
                    "ServiceAccount" => {
                        "name it as serviceAccountName of the pods that it is for, or remove it"
                    }
                    _ => "mount it, or refer to it where it is meant to be used, or remove it",
                },
            )
            .object(object)
            .field("name")
        });
    }
}

fn is_to(reference: &Reference<'_>, object: &Object) -> bool {
    reference.kind == object.kind()
        && reference.name == object.name()
        && reference.namespace == object.namespace()
}

/// Whether somebody outside of the releases looks for the object: Helm itself, a controller, a person.
fn is_found_otherwise(context: &Context<'_>, table: &Unreferenced, object: &Object) -> bool {
    let is_any = |patterns: &[String], text: &str| {
        patterns.iter().any(|pattern| matches_glob(pattern, text))
    };
    let has_type = object
        .str("/type")
        .is_some_and(|found| table.secret_types.iter().any(|known| known == found));
    object.is_hook()
        || object.namespace() != object.release_namespace
        || object
            .annotations()
            .keys()
            .any(|key| is_any(&table.annotations, key))
        || has_type
        || object
            .labels()
            .keys()
            .filter(|key| !is_any(&table.common_labels, key))
            .any(|key| is_of_its_kind_only(context, object, key))
}

/// Whether only objects of one kind have a label, as those do that a sidecar or an operator collects.
fn is_of_its_kind_only(context: &Context<'_>, object: &Object, label: &str) -> bool {
    let others = context.manifest.objects.iter();
    !others
        .filter(|other| other.kind() != object.kind())
        .any(|other| other.labels().contains_key(label))
}

/// Whether another object uses it in a way that no table tells: a custom resource that names it, a rule about it, a text that
/// speaks of it.
fn is_used_by(context: &Context<'_>, other: &Object, object: &Object) -> bool {
    let name = object.name();
    if other.kind() == "StatefulSet"
        && object.kind() == "PersistentVolumeClaim"
        && other.namespace() == object.namespace()
        && makes_claim(other, name)
    {
        return true;
    }
    if !is_built_in(other.api_version()) {
        return other
            .value
            .get("spec")
            .is_some_and(|spec| holds(spec, name));
    }
    if matches!(other.kind(), "Role" | "ClusterRole") {
        return holds(&other.value, name);
    }
    let is_shared = is_shared(context, object);
    let account = format!("{}:{name}", object.namespace());
    let wanted = match object.kind() {
        "ServiceAccount" => account.as_str(),
        _ if is_shared => return false,
        _ => name,
    };
    texts_of(other).iter().any(|text| says(text, wanted))
}

/// Texts that programs and people read: data, annotations, and what containers run.
fn texts_of(object: &Object) -> Vec<&str> {
    let mut found = Vec::new();
    for at in ["/data", "/stringData", "/metadata/annotations"] {
        collect(object.value.pointer(at), &mut found);
    }
    let pod = Workload::of(object).map(|workload| workload.pod);
    for container in pod.iter().flat_map(PodTemplate::all_containers) {
        for field in ["command", "args", "env", "lifecycle"] {
            collect(container.value.get(field), &mut found);
        }
    }
    collect(
        pod.and_then(|pod| pod.value.pointer("/metadata/annotations")),
        &mut found,
    );
    found
}

fn collect<'a>(value: Option<&'a Value>, found: &mut Vec<&'a str>) {
    match value {
        Some(Value::String(text)) => found.push(text),
        Some(Value::Array(items)) => items.iter().for_each(|item| collect(Some(item), found)),
        Some(Value::Object(map)) => map.values().for_each(|item| collect(Some(item), found)),
        _ => {}
    }
}

fn holds(value: &Value, name: &str) -> bool {
    let mut texts = Vec::new();
    collect(Some(value), &mut texts);
    texts.iter().any(|text| says(text, name))
}

/// Whether a Service, a workload or the like has the same name, of which a text then speaks.
fn is_shared(context: &Context<'_>, object: &Object) -> bool {
    let others = context.manifest.objects.iter();
    others
        .filter(|other| !KINDS.contains(&other.kind()))
        .any(|other| other.name() == object.name() && other.namespace() == object.namespace())
}

/// Whether the release tells its user about it.
fn is_in_the_notes(context: &Context<'_>, object: &Object) -> bool {
    if is_shared(context, object) {
        return false;
    }
    let notes = context
        .variations
        .and_then(|variations| variations.notes(&object.release).ok()?);
    notes.is_some_and(|notes| says(&notes, object.name()))
}

#[cfg(test)]
mod tests {
    use super::objects_are_used;
    use crate::checks::harness::{Case, messages};

    fn judged(documents: &str) -> Vec<String> {
        messages(&Case::documents(documents).judge(objects_are_used))
    }

    #[test]
    fn objects_that_nobody_names_are_found() {
        for kind in [
            "ConfigMap",
            "Secret",
            "ServiceAccount",
            "PersistentVolumeClaim",
        ] {
            let document = format!(
                "{{apiVersion: v1, kind: {kind}, metadata: {{name: r-gateway, labels: {{app: x}}}}}}\n---\n\
                 {{apiVersion: apps/v1, kind: Deployment, metadata: {{name: r-gateway, labels: {{app: x}}}}, spec: {{template: {{spec: {{containers: []}}}}}}}}"
            );
            let found = judged(&document);
            assert_eq!(
                found,
                [format!("nothing of the releases uses {kind}/r-gateway")]
            );
        }
    }

    #[test]
    fn whatever_uses_or_looks_for_an_object_is_enough() {
        for document in [
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {grafana_dashboard: '1'}}}",
            "{apiVersion: v1, kind: Secret, metadata: {name: a, annotations: {helm.sh/hook: test}}}",
            "{apiVersion: v1, kind: Secret, metadata: {name: a, annotations: {reflector.v1.k8s.emberstack.com/reflection-allowed: 'true'}}}",
            "{apiVersion: v1, kind: Secret, type: kubernetes.io/service-account-token, metadata: {name: a}}",
            "{apiVersion: v1, kind: Secret, metadata: {name: a}}\n---\n{apiVersion: example.com/v1, kind: Thing, metadata: {name: b}, spec: {secret: a}}",
            "{apiVersion: v1, kind: Secret, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}, spec: {containers: [{name: c, args: ['kubectl get secret a']}]}}",
            "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data-b-0}}\n---\n{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: b}, spec: {volumeClaimTemplates: [{metadata: {name: data}}]}}",
            "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}, spec: {serviceAccountName: a, containers: []}}",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}, spec: {containers: [{name: c, envFrom: [{configMapRef: {name: a, optional: true}}]}]}}",
        ] {
            let outcome = Case::documents(document).judge(objects_are_used);
            assert!(outcome.findings().is_empty(), "{document}");
        }
    }

    #[test]
    fn an_object_of_which_the_notes_tell_is_used_by_people() {
        let secret = "{apiVersion: v1, kind: Secret, metadata: {name: r-login}}";
        let told = Case::documents(secret)
            .with_further(|further| further.notes = Some("kubectl get secret r-login".into()));
        assert!(messages(&told.judge(objects_are_used)).is_empty());
    }
}
