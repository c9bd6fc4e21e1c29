//! Objects that pods and others name exist.

use std::collections::BTreeSet;

use serde_json::Value;

use super::schemas::group;
use crate::{
    context::{Context, Fault, Judge},
    manifest::{Container, EnvSource, Manifest, Object, VolumeSource, Workload, array_at, str_at},
    variation::{Variation, Variations, releases},
};
use am_suggest::near;

/// The name of an object that another one needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reference<'a> {
    /// Who needs it.
    pub(crate) from: &'a Object,
    pub(crate) kind: &'static str,
    pub(crate) name: &'a str,
}

/// Every name of a `ConfigMap`, Secret, `ServiceAccount` or claim that must exist for a pod to start, and of
/// the Services behind routes and `StatefulSet`s.
fn references(manifest: &Manifest) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    for workload in manifest.workloads() {
        of_workload(&workload, &mut found);
    }
    for object in manifest
        .of_kind("Ingress")
        .filter(|object| group(object.api_version()) != "config.openshift.io")
    {
        for tls in array_at(&object.value, "/spec/tls") {
            found.extend(str_at(tls, "/secretName").map(|name| Reference {
                from: object,
                kind: "Secret",
                name,
            }));
        }
    }
    found
}

fn of_workload<'a>(workload: &Workload<'a>, found: &mut Vec<Reference<'a>>) {
    let from = workload.object;
    let mut add = |kind, name: &'a str| {
        if !name.is_empty() {
            found.push(Reference { from, kind, name });
        }
    };
    if let Some(name) = str_at(workload.pod.spec, "/serviceAccountName") {
        add("ServiceAccount", name);
    }
    if let Some(name) = workload
        .service_name()
        .filter(|_| workload.is_stateful_set())
    {
        add("Service", name);
    }
    for volume in workload.pod.volumes() {
        for source in volume.sources {
            match source {
                VolumeSource::Keys {
                    kind,
                    name,
                    optional: false,
                    ..
                } => add(kind, name),
                VolumeSource::Claim(name) => add("PersistentVolumeClaim", name),
                _ => {}
            }
        }
    }
    for volume in array_at(workload.pod.spec, "/volumes") {
        if let Some(name) = str_at(volume, "/csi/volumeAttributes/secretProviderClass") {
            add("SecretProviderClass", name);
        }
    }
    for container in workload.pod.all_containers() {
        of_container(&container, &mut add);
    }
}

fn of_container<'a>(container: &Container<'a>, add: &mut impl FnMut(&'static str, &'a str)) {
    for variable in container.env() {
        match variable.source {
            EnvSource::Secret {
                name,
                optional: false,
                ..
            } => add("Secret", name),
            EnvSource::ConfigMap {
                name,
                optional: false,
                ..
            } => add("ConfigMap", name),
            _ => {}
        }
    }
    for (kind, name, _, optional) in container.env_from() {
        if !optional {
            add(kind, name);
        }
    }
}

/// The rendered object of almost the same name: a name that a user gives is not one letter off that of an object of the
/// release. Numbered objects are each other's siblings.
fn almost<'a>(manifest: &'a Manifest, reference: &Reference<'_>) -> Option<&'a str> {
    let without_digits = |name: &str| name.replace(|c: char| c.is_ascii_digit(), "");
    let rendered = manifest
        .of_kind(reference.kind)
        .filter(|object| object.namespace() == reference.from.namespace())
        .map(Object::name)
        .filter(|other| without_digits(other) != without_digits(reference.name));
    near(reference.name, rendered)
}

/// Whether something among the documents makes an object, or the cluster always has it.
fn exists(manifest: &Manifest, reference: &Reference<'_>) -> bool {
    let namespace = reference.from.namespace();
    if manifest
        .find(reference.kind, namespace, reference.name)
        .is_some()
    {
        return true;
    }
    match reference.kind {
        "ServiceAccount" => reference.name == "default",
        "ConfigMap" => ["kube-root-ca.crt", "openshift-service-ca.crt"].contains(&reference.name),
        "Secret" => manifest
            .objects
            .iter()
            .filter(|object| object.namespace() == namespace)
            .any(|object| makes_secret(object, reference.name)),
        _ => false,
    }
}

/// Whether a controller turns a custom resource into a Secret of this name.
fn makes_secret(object: &Object, name: &str) -> bool {
    match object.kind() {
        "ExternalSecret" => object.str("/spec/target/name").unwrap_or(object.name()) == name,
        "SealedSecret" => {
            object
                .str("/spec/template/metadata/name")
                .unwrap_or(object.name())
                == name
        }
        "Certificate" => object.str("/spec/secretName") == Some(name),
        "SecretProviderClass" => array_at(&object.value, "/spec/secretObjects")
            .iter()
            .any(|secret| str_at(secret, "/secretName") == Some(name)),
        "Ingress" | "Gateway" => object
            .annotations()
            .keys()
            // cert-manager fills the Secrets that these name.
            .any(|key| key.starts_with("cert-manager.io/") || *key == "kubernetes.io/tls-acme"),
        "Service" => object
            .annotations()
            .get("service.beta.openshift.io/serving-cert-secret-name")
            .is_some_and(|secret| *secret == name),
        // An operator may make anything from a resource of its own that names the Secret.
        _ => !super::schemas::is_built_in(object.api_version()) && mentions(&object.value, name),
    }
}

fn mentions(value: &Value, text: &str) -> bool {
    match value {
        Value::String(own) => own == text,
        Value::Array(list) => list.iter().any(|entry| mentions(entry, text)),
        Value::Object(map) => map.values().any(|entry| mentions(entry, text)),
        _ => false,
    }
}

/// References to objects that no release makes.
pub(crate) struct Dangling<'a> {
    /// How many references there are in all.
    pub(crate) checked: usize,
    /// Those to objects that the releases should have made.
    pub(crate) missing: Vec<Reference<'a>>,
    /// Those to objects of the user's.
    pub(crate) given: Vec<Reference<'a>>,
}

/// Tells the references to objects that the releases should have made and did not from those to the user's objects.
///
/// A name that stays the same under another release name comes from the user's values (or is a fixed
/// prerequisite), so the object is the user's: `elsewhere` are the documents under another name.
pub(crate) fn dangling<'a>(manifest: &'a Manifest, elsewhere: &Manifest) -> Dangling<'a> {
    let given: BTreeSet<(&str, &str)> = self::references(elsewhere)
        .iter()
        .map(|reference| (reference.kind, reference.name))
        .collect();
    let references = self::references(manifest);
    let checked = references.len();
    let (given, missing) = references
        .into_iter()
        .filter(|reference| !exists(manifest, reference))
        .partition(|reference| given.contains(&(reference.kind, reference.name)));
    Dangling {
        checked,
        missing,
        given,
    }
}

/// The documents of every release under another release name.
pub(crate) fn under_other_names(
    manifest: &Manifest,
    variations: &dyn Variations,
) -> Option<Manifest> {
    let mut all = Manifest::default();
    for release in releases(manifest).into_keys() {
        let variation = Variation {
            release: Some("conformance-other".into()),
            ..Variation::default()
        };
        all.objects
            .extend(variations.render(release, &variation).ok()?.objects);
    }
    Some(all)
}

pub(super) fn references_resolve(context: &Context<'_>, judge: &mut Judge<'_>) {
    let elsewhere = context
        .variations
        .and_then(|variations| under_other_names(context.manifest, variations));
    let Some(elsewhere) = elsewhere else {
        return judge.unsupported(
            "the charts cannot be rendered under another name, so their own objects cannot be told from the user's",
        );
    };
    let found = dangling(context.manifest, &elsewhere);
    for _ in 0..found.checked {
        judge.looked();
    }
    for reference in found.given {
        let Some(meant) = almost(context.manifest, &reference) else {
            continue;
        };
        judge.fault(
            Fault::new(
                format!(
                    "{} needs the {} `{}`, which no release makes",
                    reference.from.reference(),
                    reference.kind,
                    reference.name
                ),
                format!("did you mean `{meant}`?"),
            )
            .object(reference.from)
            .value(reference.name),
        );
    }
    for reference in found.missing {
        judge.fault(
            Fault::new(
                format!("{} needs the {} `{}`, which no release makes", reference.from.reference(), reference.kind, reference.name),
                "render the object, correct the name, or take the name from a value that the user sets",
            )
            .object(reference.from)
            .value(reference.name),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::references_resolve;
    use crate::checks::harness::{Case, messages};

    fn documents(release: &str) -> String {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {release}-p}}, spec: {{serviceAccountName: default, \
             volumes: [{{name: a, configMap: {{name: {release}-files}}}}, {{name: b, secret: {{secretName: given-by-user}}}}, \
             {{name: c, configMap: {{name: {release}-maybe, optional: true}}}}], \
             containers: [{{name: a, envFrom: [{{secretRef: {{name: {release}-made}}}}]}}]}}}}\n---\n\
             {{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {{name: {release}-x}}, spec: {{target: {{name: {release}-made}}}}}}"
        )
    }

    fn case(more: &'static str) -> Case {
        Case::documents(&(documents("r") + more)).varied(move |variation| {
            Ok(documents(variation.release.as_deref().unwrap_or("r")) + more)
        })
    }

    #[test]
    fn only_a_missing_object_of_the_release_itself_is_found() {
        let found = messages(&case("").judge(references_resolve));
        assert_eq!(
            found,
            ["Pod/r-p needs the ConfigMap `r-files`, which no release makes"]
        );
    }

    #[test]
    fn an_object_that_is_rendered_is_found_to_be_there() {
        let case = case("\n---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: r-files}}");
        assert!(case.judge(references_resolve).is_green());
    }

    #[test]
    fn a_given_name_that_is_almost_that_of_a_rendered_object_is_found() {
        let with = |name: &str| {
            format!(
                "\n---\n{{apiVersion: v1, kind: Pod, metadata: {{name: q}}, spec: {{serviceAccountName: {name}}}}}\n---\n{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: r-gateway}}}}\n---\n{{apiVersion: v1, kind: ConfigMap, metadata: {{name: r-files}}}}"
            )
        };
        for (name, is_found) in [
            ("r-gatweay", true),
            ("my-account", false),
            ("r-gateway2", false),
        ] {
            let case = case(with(name).leak()).judge(references_resolve);
            assert_eq!(!case.is_green(), is_found, "{name}");
        }
    }

    #[test]
    fn without_further_renders_nothing_is_claimed() {
        assert!(
            !Case::documents(&documents("r"))
                .judge(references_resolve)
                .is_green()
        );
    }
}
