//! The namespaces of objects: the release's, and told by all or by none.

use super::names::{OTHER_NAMESPACE, rendered};
use crate::{
    checks::kubernetes::{schemas::is_built_in, tables::is_cluster_scoped},
    context::{Context, Fault, Judge, SchemaValidator},
    manifest::Object,
    variation::{Variation, releases},
};

pub(super) fn objects_follow_the_namespace(context: &Context<'_>, judge: &mut Judge<'_>) {
    let Some(variations) = context.variations else {
        return judge.unsupported("charts cannot be rendered in another namespace here");
    };
    let variation = Variation {
        namespace: Some(OTHER_NAMESPACE.to_owned()),
        ..Variation::default()
    };
    for release in releases(context.manifest).into_keys() {
        let Some(other) = rendered(
            judge,
            variations,
            release,
            &variation,
            "in another namespace",
        ) else {
            continue;
        };
        for object in other
            .objects
            .iter()
            .filter(|object| !is_cluster_scoped(object))
        {
            let fixed = object
                .str("/metadata/namespace")
                .filter(|namespace| *namespace != OTHER_NAMESPACE);
            judge.require(fixed.is_none(), || {
                Fault::new(
                    format!(
                        "{} stays in the namespace `{}`, wherever the release is installed",
                        object.reference(),
                        fixed.unwrap_or_default()
                    ),
                    "write `namespace: {{ .Release.Namespace }}`, or leave it out",
                )
                .value(fixed.unwrap_or_default())
            });
        }
    }
}

/// Within a release, all objects write the namespace that they are for, or none does.
pub(super) fn namespaces_are_told_alike(context: &Context<'_>, judge: &mut Judge<'_>) {
    let known = context
        .schemas
        .map(SchemaValidator::kinds)
        .unwrap_or_default();
    // Whether somebody else's resource has a namespace is known only where its schema is; an extra object is the operator's.
    let has_namespace = |object: &&Object| {
        let kind = format!("{} {}", object.api_version(), object.kind());
        !is_cluster_scoped(object)
            && !object.is_extra()
            && (is_built_in(object.api_version()) || known.contains(&kind))
    };
    for release in releases(context.manifest).into_keys() {
        let objects = context.manifest.objects.iter();
        let (telling, silent): (Vec<&Object>, Vec<&Object>) = objects
            .filter(|object| object.release == release)
            .filter(has_namespace)
            .partition(|object| object.str("/metadata/namespace").is_some());
        // Those that are for another namespace must say so, and compel nobody.
        let is_at_home = |object: &&&Object| object.namespace() == object.release_namespace;
        let telling = telling.iter().filter(is_at_home).count();
        for object in silent {
            judge.require(telling == 0, || {
                Fault::new(
                    format!("{} writes no namespace, as other objects of the release do ({telling})", object.reference()),
                    "write `namespace: {{ .Release.Namespace }}` in every template, subcharts included: who applies the rendered documents may put the others elsewhere",
                )
                .object(object)
                .field("metadata")
            });
        }
        for _ in 0..telling {
            judge.looked();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{namespaces_are_told_alike, objects_follow_the_namespace};
    use crate::{
        checks::harness::{Case, messages},
        variation::Variation,
    };

    /// A subject whose one document is written with `REL` for the release and `NSP` for the namespace.
    fn case(document: &'static str) -> Case {
        let write = move |variation: &Variation| {
            document
                .replace("REL", variation.release.as_deref().unwrap_or("r"))
                .replace("NSP", variation.namespace.as_deref().unwrap_or("n"))
        };
        Case::documents(&write(&Variation::default())).varied(move |variation| Ok(write(variation)))
    }

    #[test]
    fn a_fixed_namespace_is_found() {
        let check = objects_follow_the_namespace;
        assert_eq!(
            messages(
                &case("{apiVersion: v1, kind: Secret, metadata: {name: REL, namespace: apim}}")
                    .judge(check)
            )
            .len(),
            1
        );
        assert!(
            case("{apiVersion: v1, kind: Secret, metadata: {name: REL, namespace: NSP}}")
                .judge(check)
                .is_green()
        );
    }

    #[test]
    fn an_object_without_a_namespace_is_found_beside_others_that_have_one() {
        let judged = |others: &str| {
            let documents =
                format!("{{apiVersion: v1, kind: Secret, metadata: {{name: a}}}}\n---\n{others}");
            messages(&Case::documents(&documents).judge(namespaces_are_told_alike))
        };
        let found = judged("{apiVersion: v1, kind: Secret, metadata: {name: b, namespace: 'n'}}");
        assert_eq!(
            found,
            ["Secret/a writes no namespace, as other objects of the release do (1)"]
        );
        for sound in [
            "{apiVersion: v1, kind: Secret, metadata: {name: b}}",
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: b, namespace: kube-system}}",
        ] {
            assert!(judged(sound).is_empty(), "{sound}");
        }
        let cluster = "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: 'n'}}\n---\n{apiVersion: v1, kind: PersistentVolume, metadata: {name: b}}\n---\n{apiVersion: example.com/v1, kind: Thing, metadata: {name: c}}";
        assert!(
            Case::documents(cluster)
                .judge(namespaces_are_told_alike)
                .is_green()
        );
    }
}
