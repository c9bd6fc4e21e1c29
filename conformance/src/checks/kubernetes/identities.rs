//! One object for each identity, selectors that match, and sizes.

use std::collections::BTreeMap;

use super::schemas::{group, is_cluster_scoped};
use crate::{
    context::{Context, Fault, Judge},
    manifest::Object,
};

/// etcd takes requests of at most 1.5 MiB; the API server refuses a larger `ConfigMap` or Secret at 1 MiB.
const MOST_BYTES: usize = 1024 * 1024;

/// What makes an object the same for the API server: group (not version), kind, namespace and name.
pub(crate) fn identity(object: &Object) -> (&str, &str, &str, &str) {
    let namespace = if is_cluster_scoped(object) {
        ""
    } else {
        object.namespace()
    };
    (
        group(object.api_version()),
        object.kind(),
        namespace,
        object.name(),
    )
}

pub(super) fn objects_are_unique(context: &Context<'_>, judge: &mut Judge<'_>) {
    let mut seen: BTreeMap<_, &Object> = BTreeMap::new();
    for object in context
        .manifest
        .objects
        .iter()
        .filter(|object| !object.name().is_empty())
    {
        let first = seen.insert(identity(object), object);
        judge.require(first.is_none(), || {
            let by = first.map_or_else(String::new, |first| {
                format!(" ({} of release {})", first.template, first.release)
            });
            Fault::new(
                format!(
                    "{} is there twice{by}: the last one wins, or the installation fails",
                    object.reference()
                ),
                "give each its own name, or render it once",
            )
            .object(object)
        });
    }
}

pub(super) fn objects_are_small_enough(context: &Context<'_>, judge: &mut Judge<'_>) {
    for object in &context.manifest.objects {
        let bytes = object.value.to_string().len();
        judge.require(bytes <= MOST_BYTES, || {
            Fault::new(
                format!(
                    "{} has {bytes} bytes, at most {MOST_BYTES} are possible",
                    object.reference()
                ),
                "split it, or put the content on a volume",
            )
            .object(object)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{objects_are_small_enough, objects_are_unique};
    use crate::checks::harness::{Case, messages};

    #[test]
    fn the_same_object_in_two_versions_of_its_group_is_there_twice() {
        let twice = "{apiVersion: autoscaling/v1, kind: X, metadata: {name: a}}\n---\n{apiVersion: autoscaling/v2, kind: X, metadata: {name: a}}";
        assert_eq!(
            messages(&Case::documents(twice).judge(objects_are_unique)).len(),
            1
        );
        let elsewhere = "{apiVersion: v1, kind: X, metadata: {name: a}}\n---\n{apiVersion: v1, kind: X, metadata: {name: a, namespace: m}}";
        assert!(
            Case::documents(elsewhere)
                .judge(objects_are_unique)
                .is_green()
        );
    }

    #[test]
    fn a_selector_that_misses_its_own_pods_is_found() {
        let case = |label: &str| {
            Case::documents(&format!(
                "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: a}}, spec: {{selector: {{matchLabels: {{x: ab}}}}, \
                 template: {{metadata: {{labels: {{x: {label}, z: w}}}}, spec: {{containers: []}}}}}}}}"
            ))
        };
        assert!(case("ab").judge_requirement("AM-K8S-014").is_green());
        assert_eq!(
            messages(&case("cd").judge_requirement("AM-K8S-014")).len(),
            1
        );
    }

    #[test]
    fn an_object_of_more_than_a_mebibyte_is_found() {
        let case = |bytes: usize| {
            Case::documents(&format!(
                "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}, data: {{x: {}}}}}",
                "a".repeat(bytes)
            ))
        };
        assert!(case(1000).judge(objects_are_small_enough).is_green());
        assert_eq!(
            messages(&case(1024 * 1024).judge(objects_are_small_enough)).len(),
            1
        );
    }
}
