//! What pods mount and read: volumes, keys and files that must be there.

use super::synced_secrets;
use crate::{
    context::{Context, Fault, Judge},
    graph::{Missing, mounted_files},
    manifest::{Container, EnvSource, Object, Workload},
};
use am_suggest::near;

pub(super) fn lead_to_files(context: &Context<'_>, judge: &mut Judge<'_>) {
    for workload in context.manifest.workloads() {
        let replicas = context
            .graph
            .members
            .iter()
            .find(|member| std::ptr::eq(member.workload.object, workload.object))
            .map_or(1, |member| member.replicas.max(1));
        for container in workload.pod.all_containers() {
            for ordinal in 0..replicas {
                let pod_name = format!("{}-{ordinal}", workload.object.name());
                let (files, missing) =
                    mounted_files(context.manifest, &workload, &container, &pod_name);
                for _ in &files {
                    judge.looked();
                }
                for missing in missing {
                    report(&workload, &container, &pod_name, &missing, judge);
                }
                if !workload.is_stateful_set() {
                    break;
                }
            }
            keys_of_environment(context, &workload, &container, judge);
        }
    }
    synced_secrets::objects_are_fetched(context, judge);
}

fn report(
    workload: &Workload<'_>,
    container: &Container<'_>,
    pod_name: &str,
    missing: &Missing,
    judge: &mut Judge<'_>,
) {
    let container = container.name();
    let (message, help) = match missing {
        // An object that no release renders may be the operator's own.
        Missing::Object { .. } => return,
        Missing::Key { kind, name, key } => (
            format!("the volume of {kind} `{name}` lists the key `{key}`, which it does not have"),
            "list a key that the object has".to_owned(),
        ),
        Missing::Volume { volume } => (
            format!(
                "container `{container}` mounts the volume `{volume}`, which the pod does not have"
            ),
            format!("add the volume `{volume}` to the pod"),
        ),
        Missing::SubPath { volume, path } => (
            format!(
                "pod `{pod_name}` mounts `{path}` of the volume `{volume}`, where there is no such file"
            ),
            "list the file in the volume's items, for every pod".to_owned(),
        ),
    };
    judge.looked();
    judge.fault(Fault::new(message, help).object(workload.object));
}

fn keys_of_environment(
    context: &Context<'_>,
    workload: &Workload<'_>,
    container: &Container<'_>,
    judge: &mut Judge<'_>,
) {
    for variable in container.env() {
        let (kind, name, key, optional) = match variable.source {
            EnvSource::Secret {
                name,
                key,
                optional,
            } => ("Secret", name, key, optional),
            EnvSource::ConfigMap {
                name,
                key,
                optional,
            } => ("ConfigMap", name, key, optional),
            _ => continue,
        };
        if optional {
            continue;
        }
        let object = context
            .manifest
            .find(kind, workload.object.namespace(), name);
        let Some(object) = object else {
            if synced_secrets::names(context, workload.object.namespace()).all(|own| own != name) {
                is_not_a_typo(context, workload, (kind, name), judge);
            }
            synced_secrets::key_is_written(context, workload, (name, key), judge);
            continue;
        };
        judge.require(has_key(object, key), || {
            Fault::new(
                format!(
                    "the variable {} is read from the key `{key}` of {kind} `{name}`, which it does not have",
                    variable.name
                ),
                "add the key, or name one that is there; the pod does not start without it",
            )
            .object(workload.object)
            .value(key)
        });
    }
}

/// An object that no release renders may be the operator's own, unless its name is almost that of one that is there.
fn is_not_a_typo(
    context: &Context<'_>,
    workload: &Workload<'_>,
    (kind, name): (&'static str, &str),
    judge: &mut Judge<'_>,
) {
    let without_digits = |name: &str| name.replace(|c: char| c.is_ascii_digit(), "");
    let rendered = context
        .manifest
        .of_kind(kind)
        .filter(|object| object.namespace() == workload.object.namespace())
        .map(Object::name)
        .chain(
            synced_secrets::names(context, workload.object.namespace())
                .filter(|_| kind == "Secret"),
        )
        // Numbered objects are each other's siblings.
        .filter(|other| without_digits(other) != without_digits(name));
    let meant = near(name, rendered);
    judge.require(meant.is_none(), || {
        Fault::new(
            format!(
                "{} reads the {kind} `{name}`, which no release has",
                workload.object.reference()
            ),
            format!("did you mean `{}`?", meant.unwrap_or_default()),
        )
        .object(workload.object)
        .value(name)
    });
}

fn has_key(object: &Object, key: &str) -> bool {
    ["data", "stringData", "binaryData"]
        .into_iter()
        .filter_map(|part| object.value.get(part))
        .any(|part| part.get(key).is_some())
}

#[cfg(test)]
mod tests {
    use crate::checks::harness::{Subject, messages};

    const POD: &str = r"
apiVersion: v1
kind: Secret
metadata: {name: credentials}
stringData: {admin-password: x}
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes: [{name: a, secret: {secretName: credentials}}]
  containers:
    - name: c
      env: [{name: A, valueFrom: {secretKeyRef: {name: credentials, key: admin-password}}}]
      volumeMounts: [{name: a, mountPath: /a}]
";

    fn judge(documents: &str) -> Vec<String> {
        messages(&Subject::default().judge("AM-NET-012", super::lead_to_files, documents))
    }

    #[test]
    fn a_pod_whose_files_and_keys_are_there_passes() {
        assert_eq!(judge(POD), Vec::<String>::new());
    }

    #[test]
    fn a_key_that_is_not_there_and_a_volume_that_is_not_there_are_reported() {
        assert!(
            judge(&POD.replace("key: admin-password", "key: password"))[0].contains("`password`")
        );
        assert!(
            judge(&POD.replace("{name: a, mountPath", "{name: b, mountPath"))[0]
                .contains("volume `b`")
        );
    }
}
