//! Where documents name other objects.

use std::sync::LazyLock;

use am_product::data::File;
use serde::Deserialize;
use serde_json::Value;

use super::tables::{at, roots};
use crate::manifest::{
    Container, EnvSource, Manifest, Object, VolumeSource, Workload, array_at, str_at,
};

const FILE: File = File::new(
    "conformance/requirements/references.yaml",
    include_str!("../../../requirements/references.yaml"),
);

/// The committed tables.
pub(super) static TABLES: LazyLock<Result<Tables, String>> =
    LazyLock::new(|| crate::yaml::of_file(&FILE));

/// Every table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tables {
    fields: Vec<Field>,
    annotations: Vec<Annotation>,
    pub(super) unreferenced: Unreferenced,
}

/// A field that names objects.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Field {
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    pod: bool,
    #[serde(default)]
    group: Option<String>,
    at: String,
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    only: Vec<String>,
}

/// An annotation that names objects.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Annotation {
    key: String,
    to: String,
}

/// What an object has that is useful without a reference.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Unreferenced {
    pub(super) annotations: Vec<String>,
    pub(super) secret_types: Vec<String>,
    pub(super) common_labels: Vec<String>,
}

/// The name of an object that another one uses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reference<'a> {
    /// Who uses it.
    pub(crate) from: &'a Object,
    pub(crate) kind: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    /// The field or annotation that names it; empty where several may.
    pub(crate) field: &'a str,
    /// Whether it does without.
    pub(crate) is_optional: bool,
}

/// Every name of an object that must exist for a pod to start or a controller to do its work. What routes lead to has a check of its
/// own.
pub(crate) fn references(manifest: &Manifest) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    for workload in manifest.workloads() {
        of_workload(&workload, &mut found);
    }
    if let Ok(tables) = TABLES.as_ref() {
        for field in &tables.fields {
            of_field(field, manifest, &mut found);
        }
        for object in &manifest.objects {
            of_annotations(&tables.annotations, object, &mut found);
        }
    }
    found.retain(|reference| !reference.name.is_empty());
    found
}

fn needed<'a>(from: &'a Object, kind: &'a str, name: &'a str, field: &'a str) -> Reference<'a> {
    Reference {
        from,
        kind,
        namespace: from.namespace(),
        name,
        field,
        is_optional: false,
    }
}

fn of_workload<'a>(workload: &Workload<'a>, found: &mut Vec<Reference<'a>>) {
    let from = workload.object;
    let mut add = |kind, name: &'a str, is_optional| {
        found.push(Reference {
            is_optional,
            ..needed(from, kind, name, "")
        });
    };
    if let Some(name) = str_at(workload.pod.spec, "/serviceAccountName") {
        add("ServiceAccount", name, false);
    }
    if let Some(name) = workload
        .service_name()
        .filter(|_| workload.is_stateful_set())
    {
        add("Service", name, false);
    }
    for volume in workload.pod.volumes() {
        for source in volume.sources {
            match source {
                VolumeSource::Keys {
                    kind,
                    name,
                    optional,
                    ..
                } => add(kind, name, optional),
                VolumeSource::Claim(name) => add("PersistentVolumeClaim", name, false),
                _ => {}
            }
        }
    }
    for volume in array_at(workload.pod.spec, "/volumes") {
        if let Some(name) = str_at(volume, "/csi/volumeAttributes/secretProviderClass") {
            add("SecretProviderClass", name, false);
        }
        if let Some(name) = str_at(volume, "/csi/nodePublishSecretRef/name") {
            add("Secret", name, false);
        }
    }
    for container in workload.pod.all_containers() {
        of_container(&container, &mut add);
    }
}

fn of_container<'a>(container: &Container<'a>, add: &mut impl FnMut(&'static str, &'a str, bool)) {
    for variable in container.env() {
        match variable.source {
            EnvSource::Secret { name, optional, .. } => add("Secret", name, optional),
            EnvSource::ConfigMap { name, optional, .. } => add("ConfigMap", name, optional),
            _ => {}
        }
    }
    for (kind, name, _, optional) in container.env_from() {
        add(kind, name, optional);
    }
}

fn of_field<'a>(field: &'static Field, manifest: &'a Manifest, found: &mut Vec<Reference<'a>>) {
    let roots = match field.group.as_deref() {
        Some("any") => manifest
            .objects
            .iter()
            .filter(|object| object.api_version().contains('.'))
            .map(|object| (object, &object.value))
            .collect(),
        group => roots(manifest, field.pod, &field.kinds, group),
    };
    let is_name = |part: &&str| !matches!(*part, "*" | "");
    let name = field.at.rsplit('/').find(is_name).unwrap_or_default();
    for (object, root) in roots {
        at(root, &field.at, &mut |value: &'a Value| {
            let text = |key| value.get(key).and_then(Value::as_str);
            let kind = text("kind").or(field.to.as_deref());
            let kind = kind
                .filter(|kind| field.only.is_empty() || field.only.iter().any(|only| only == kind));
            let (Some(kind), Some(named)) = (kind, value.as_str().or_else(|| text("name"))) else {
                return;
            };
            found.push(Reference {
                namespace: text("namespace").unwrap_or(object.namespace()),
                is_optional: value.get("optional").and_then(Value::as_bool) == Some(true),
                ..needed(object, kind, named, name)
            });
        });
    }
}

fn of_annotations<'a>(
    table: &'static [Annotation],
    object: &'a Object,
    found: &mut Vec<Reference<'a>>,
) {
    for (key, value) in object.annotations() {
        let Some(row) = table.iter().find(|row| row.key == key) else {
            continue;
        };
        for entry in value.split(',').map(str::trim) {
            let (namespace, name) = entry.split_once('/').unwrap_or((object.namespace(), entry));
            found.push(Reference {
                namespace,
                ..needed(object, &row.to, name, &row.key)
            });
        }
    }
}

/// Whether a field or annotation of an object names just what a reference does.
pub(super) fn needs(object: &Object, reference: &Reference<'_>) -> bool {
    let alone = Manifest {
        objects: vec![object.clone()],
        ..Manifest::default()
    };
    references(&alone)
        .iter()
        .any(|own| own.kind == reference.kind && own.name == reference.name)
}

/// Whether a text has a name as a whole: not as a part of a longer one.
pub(super) fn says(text: &str, name: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| {
            !text[..at].ends_with(is_of_name) && !text[at + name.len()..].starts_with(is_of_name)
        })
}

#[cfg(test)]
mod tests {
    use super::{references, says};
    use crate::checks::harness::manifest;

    #[test]
    fn names_are_found_in_fields_and_annotations_of_the_tables() {
        let documents = "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g}, spec: {listeners: [{tls: {certificateRefs: [{name: cert}]}}]}}\n---\n\
            {apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i, annotations: {konghq.com/plugins: 'a, other/b', nginx.ingress.kubernetes.io/proxy-ssl-secret: apim/ca}}, spec: {tls: [{secretName: tls}, {secretName: ''}]}}\n---\n\
            {apiVersion: gateway.envoyproxy.io/v1alpha1, kind: ClientTrafficPolicy, metadata: {name: p}, spec: {targetRefs: [{kind: Gateway, name: g}]}}\n---\n\
            {apiVersion: external-secrets.io/v1, kind: SecretStore, metadata: {name: s}, spec: {provider: {vault: {auth: {tokenSecretRef: {name: token, key: t}}}}}}\n---\n\
            {apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: b}, subjects: [{kind: User, name: u}, {kind: ServiceAccount, name: acc, namespace: ns}]}";
        let manifest = manifest(documents);
        let found: Vec<String> = references(&manifest)
            .iter()
            .map(|found| {
                format!(
                    "{} {}/{} by {}",
                    found.kind, found.namespace, found.name, found.field
                )
            })
            .collect();
        for wanted in [
            "Secret apim/cert by certificateRefs",
            "KongPlugin apim/a by konghq.com/plugins",
            "KongPlugin other/b by konghq.com/plugins",
            "Secret apim/ca by nginx.ingress.kubernetes.io/proxy-ssl-secret",
            "Secret apim/tls by secretName",
            "Gateway apim/g by targetRefs",
            "Secret apim/token by tokenSecretRef",
            "ServiceAccount ns/acc by subjects",
        ] {
            assert!(
                found.iter().any(|found| found == wanted),
                "{wanted}: {found:?}"
            );
        }
        assert_eq!(found.len(), 8, "{found:?}");
    }

    #[test]
    fn a_name_is_said_as_a_whole_only() {
        assert!(says("https://apim-db:5432", "apim-db") && says("apim-db", "apim-db"));
        assert!(!says("apim-db-2", "apim-db") && !says("my-apim-db", "apim-db"));
    }
}
