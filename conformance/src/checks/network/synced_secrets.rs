//! Secrets that the Secrets Store driver writes: their keys, and what they are filled with.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    checks::secret_stores::{Fetched, fetched},
    context::{Context, Fault, Judge},
    manifest::{Object, Workload, array_at, str_at},
};

/// The Secrets that the driver writes, with the document that says so.
fn synced<'a>(context: &Context<'a>) -> impl Iterator<Item = (&'a Object, &'a Value)> {
    context
        .manifest
        .of_kind("SecretProviderClass")
        .flat_map(|object| {
            array_at(&object.value, "/spec/secretObjects")
                .iter()
                .map(move |secret| (object, secret))
        })
}

/// Names of the Secrets that the driver writes in a namespace.
pub(super) fn names<'a>(context: &Context<'a>, namespace: &str) -> impl Iterator<Item = &'a str> {
    synced(context)
        .filter(move |(object, _)| object.namespace() == namespace)
        .filter_map(|(_, secret)| str_at(secret, "/secretName"))
}

/// A variable's key is among those that the driver writes into the Secret.
pub(super) fn key_is_written(
    context: &Context<'_>,
    workload: &Workload<'_>,
    (name, key): (&str, &str),
    judge: &mut Judge<'_>,
) {
    let namespace = workload.object.namespace();
    let of_name = |(object, secret): &(&Object, &Value)| {
        object.namespace() == namespace && str_at(secret, "/secretName") == Some(name)
    };
    let Some((object, secret)) = synced(context).find(of_name) else {
        return;
    };
    let is_written = array_at(secret, "/data")
        .iter()
        .any(|entry| str_at(entry, "/key") == Some(key));
    judge.require(is_written, || {
        Fault::new(
            format!(
                "{} reads the key `{key}` of the Secret `{name}`, which {} does not write",
                workload.object.reference(),
                object.reference()
            ),
            "add the key to secretObjects; the pod does not start without it",
        )
        .object(object)
        .field("secretObjects")
        .value(key)
    });
}

/// Every key of a written Secret is filled with something that the driver fetches.
pub(super) fn objects_are_fetched(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (object, secret) in synced(context) {
        let fetched: Vec<&str> = object
            .value
            .pointer("/spec/parameters")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|parameters| parameters.values())
            .filter_map(Value::as_str)
            .flat_map(|text| text.split(|letter: char| " \n\t\"',:[]{}/".contains(letter)))
            .collect();
        for entry in array_at(secret, "/data") {
            let name = str_at(entry, "/objectName").unwrap_or_default();
            judge.require(fetched.contains(&name) || name.contains('/'), || {
                Fault::new(
                    format!(
                        "{} fills a key with `{name}`, which its parameters do not fetch",
                        object.reference()
                    ),
                    "name an object, or its alias, of the parameters",
                )
                .object(object)
                .value(name)
            });
        }
    }
}

/// In our charts what is fetched is called after the key that it fills, so all of it begins and ends alike.
pub(super) fn have_one_origin(context: &Context<'_>, judge: &mut Judge<'_>) {
    for object in context.manifest.of_kind("SecretProviderClass") {
        let parameters = object.value.pointer("/spec/parameters");
        let lists = parameters
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|parameters| parameters.values())
            .filter_map(Value::as_str)
            .filter(|text| text.contains('\n'));
        for text in lists {
            let origins: Option<BTreeSet<String>> = serde_saphyr::from_str::<Value>(text)
                .ok()
                .map(|list| fetched(&list))
                .filter(|fetched| !fetched.is_empty())
                .and_then(|fetched| fetched.iter().map(origin).collect());
            judge.require(origins.is_some_and(|origins| origins.len() == 1), || {
                Fault::new(
                    format!(
                        "{} fetches what is not called after the key that it fills",
                        object.reference()
                    ),
                    "name each object after its key, all in one place of the store",
                )
                .object(object)
            });
        }
    }
}

/// What is left of a place without the name of what is fetched from it; `None` when it does not hold the name.
fn origin(fetched: &Fetched) -> Option<String> {
    let (before, after) = fetched.place.split_once(&fetched.name)?;
    Some(format!("{before}*{after}"))
}

#[cfg(test)]
mod tests {
    use crate::checks::{
        harness::{Subject, messages},
        network::mounts::lead_to_files,
    };

    const GOOD: &str = r#"
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: {name: s}
spec:
  provider: aws
  parameters:
    objects: |
      - {objectName: "apim", objectAlias: admin-password}
  secretObjects:
    - {secretName: credentials, type: Opaque, data: [{key: password, objectName: admin-password}]}
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
    - name: c
      env: [{name: A, valueFrom: {secretKeyRef: {name: credentials, key: password}}}]
"#;

    fn judge(documents: &str) -> Vec<String> {
        messages(&Subject::default().judge("AM-NET-012", lead_to_files, documents))
    }

    fn judge_origins(documents: &str) -> Vec<String> {
        messages(&Subject::default().judge("AM-NET-048", super::have_one_origin, documents))
    }

    #[test]
    fn keys_that_nobody_writes_or_fetches_are_found() {
        assert_eq!(judge(GOOD), Vec::<String>::new());
        assert!(
            judge(&GOOD.replace("{key: password, obj", "{key: pasword, obj"))[0]
                .contains("does not write")
        );
        assert!(
            judge(&GOOD.replace("objectName: admin-password", "objectName: admin-pasword"))[0]
                .contains("do not fetch")
        );
    }

    #[test]
    fn what_is_not_called_after_its_key_is_found() {
        let gcp = |name: &str| {
            let list = format!(
                "\n      - resourceName: projects/p/secrets/apim-admin-password/versions/latest\n        path: admin-password\n      - resourceName: {name}/versions/latest\n        path: db-password\n"
            );
            let start = GOOD.find("\n      - {objectName").unwrap_or_default();
            let end = GOOD.find("  secretObjects").unwrap_or_default();
            format!("{}{list}{}", &GOOD[..start], &GOOD[end..])
        };
        assert_eq!(
            judge_origins(&gcp("projects/p/secrets/apim-db-password")),
            Vec::<String>::new()
        );
        for wrong in [
            "projects/p/secrets/apim-db-pasword",
            "projects/p/secrets/apm-db-password",
        ] {
            assert!(
                judge_origins(&gcp(wrong))[0].contains("called after"),
                "{wrong}"
            );
        }
    }
}
