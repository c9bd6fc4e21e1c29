//! Documents are valid in every supported Kubernetes version.

use std::collections::BTreeMap;

use crate::{
    context::{Context, Fault, Judge},
    manifest::Object,
};

/// Group of an API version; empty for the core group.
pub(crate) fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Whether Kubernetes itself serves a group. Groups of others have a dot and do not end in `.k8s.io`, except
/// the Gateway API and the few others that are installed as custom resources.
pub(crate) fn is_built_in(api_version: &str) -> bool {
    const OTHERS: [&str; 5] = [
        "gateway.networking.k8s.io",
        "secrets-store.csi.x-k8s.io",
        "snapshot.storage.k8s.io",
        "metrics.k8s.io",
        "policy.networking.k8s.io",
    ];
    let group = group(api_version);
    !group.contains('.')
        || (group.ends_with(".k8s.io") && !group.ends_with(".x-k8s.io") && !OTHERS.contains(&group))
}

pub(super) fn kubernetes_objects_are_valid(context: &Context<'_>, judge: &mut Judge<'_>) {
    validate(context, judge, |object| is_built_in(object.api_version()));
}

pub(super) fn custom_objects_are_valid(context: &Context<'_>, judge: &mut Judge<'_>) {
    validate(context, judge, |object| !is_built_in(object.api_version()));
}

fn validate(context: &Context<'_>, judge: &mut Judge<'_>, concerns: impl Fn(&Object) -> bool) {
    let Some(schemas) = context.schemas else {
        return judge.unsupported("the schemas are not at hand");
    };
    // A chart that was told its Kubernetes version may use what only that one has.
    let told = &context.subject.kubernetes_version;
    let mut versions = schemas.kubernetes_versions();
    if !told.is_empty() {
        let minor = minor(told);
        versions.retain(|version| self::minor(version) == minor);
    }
    for object in context
        .manifest
        .objects
        .iter()
        .filter(|object| concerns(object))
    {
        // The same fault in several versions is one finding that names them.
        let mut faults: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
        let mut unknown = Vec::new();
        let mut known = 0;
        for version in &versions {
            match schemas.validate(version, &object.value) {
                None => unknown.push(version.as_str()),
                Some(found) => {
                    known += 1;
                    for (pointer, message) in found {
                        faults.entry((pointer, message)).or_default().push(version);
                    }
                }
            }
        }
        if known == 0 {
            // Nothing is known about the kind; whether its API version is gone is another requirement.
            continue;
        }
        judge.looked();
        if is_built_in(object.api_version()) && !unknown.is_empty() {
            judge.fault(
                Fault::new(
                    format!(
                        "Kubernetes {} has no {} {}",
                        span(&unknown),
                        object.api_version(),
                        object.kind()
                    ),
                    "use an API version that every supported Kubernetes version serves",
                )
                .object(object)
                .field("apiVersion"),
            );
        }
        for ((pointer, message), versions) in faults {
            let at = if pointer.is_empty() { "/" } else { &pointer };
            judge.fault(
                Fault::new(
                    format!(
                        "{} is not valid in Kubernetes {} at {at}: {message}",
                        object.reference(),
                        span(&versions)
                    ),
                    "correct or remove the field; the API server refuses or drops it",
                )
                .object(object)
                .field(at),
            );
        }
    }
}

fn minor(version: &str) -> String {
    version
        .trim_start_matches('v')
        .split('.')
        .take(2)
        .collect::<Vec<_>>()
        .join(".")
}

fn span(versions: &[&str]) -> String {
    match versions {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first, .., last] => format!("{first} to {last}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{custom_objects_are_valid, is_built_in, kubernetes_objects_are_valid};
    use crate::{
        Outcome,
        checks::harness::{Case, messages},
        context::SchemaValidator,
    };

    /// Knows `ConfigMap`s without `spec` and, from 1.30, Gateways without `bad`.
    struct Schemas;

    impl SchemaValidator for Schemas {
        fn kubernetes_versions(&self) -> Vec<String> {
            vec!["1.29".into(), "1.30".into()]
        }

        fn validate(&self, version: &str, document: &Value) -> Option<Vec<(String, String)>> {
            let wrong = match document["kind"].as_str()? {
                "ConfigMap" => "spec",
                "Gateway" => "bad",
                "New" if version == "1.30" => "bad",
                _ => return None,
            };
            Some(
                document
                    .get(wrong)
                    .map(|_| (format!("/{wrong}"), "unknown field".to_owned()))
                    .into_iter()
                    .collect(),
            )
        }
    }

    fn judged(document: &str, check: crate::checks::Check) -> Outcome {
        Case::documents(document).with_schemas(Schemas).judge(check)
    }

    #[test]
    fn an_unknown_field_is_one_finding_for_all_versions() {
        let outcome = judged(
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, spec: 1}",
            kubernetes_objects_are_valid,
        );
        assert_eq!(
            messages(&outcome),
            ["ConfigMap/a is not valid in Kubernetes 1.29 to 1.30 at /spec: unknown field"]
        );
    }

    #[test]
    fn a_kind_that_an_old_version_lacks_is_found() {
        let outcome = judged(
            "{apiVersion: v1, kind: New, metadata: {name: a}}",
            kubernetes_objects_are_valid,
        );
        assert_eq!(messages(&outcome), ["Kubernetes 1.29 has no v1 New"]);
    }

    #[test]
    fn custom_resources_without_schema_are_no_fault_and_no_pass() {
        let unknown = Case::documents("{apiVersion: example.com/v1, kind: X, metadata: {name: a}}")
            .with_schemas(Schemas)
            .judge_requirement("AM-K8S-002");
        assert!(
            matches!(unknown, Outcome::NotApplicable { .. }),
            "{unknown:?}"
        );
        let gateway =
            "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: a}}";
        assert!(judged(gateway, custom_objects_are_valid).is_green());
        assert_eq!(
            messages(&judged(
                &gateway.replace("}}", "}, bad: 1}"),
                custom_objects_are_valid
            ))
            .len(),
            1
        );
    }

    #[test]
    fn groups_are_told_apart() {
        for own in [
            "v1",
            "apps/v1",
            "networking.k8s.io/v1",
            "policy/v1",
            "rbac.authorization.k8s.io/v1",
        ] {
            assert!(is_built_in(own), "{own}");
        }
        for other in [
            "gateway.networking.k8s.io/v1",
            "route.openshift.io/v1",
            "secrets-store.csi.x-k8s.io/v1",
        ] {
            assert!(!is_built_in(other), "{other}");
        }
    }
}
