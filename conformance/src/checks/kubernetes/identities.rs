//! One object for each identity.

use std::collections::BTreeMap;

use super::{schemas::group, tables::is_cluster_scoped};
use crate::{
    context::{Context, Fault, Judge},
    manifest::Object,
};

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

#[cfg(test)]
mod tests {
    use super::objects_are_unique;
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
}
