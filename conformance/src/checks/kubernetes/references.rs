//! Objects that pods and others name exist.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    named::{Reference, needs, references, says},
    tables::is_cluster_scoped_kind,
};
use crate::{
    context::{Context, Fault, Judge},
    manifest::{Manifest, Object, array_at, str_at},
    variation::{Variation, Variations, releases},
};
use am_suggest::near;

/// The rendered object of almost the same name: a name that a user gives is not one letter off that of an object of the
/// release. Numbered objects are each other's siblings.
fn almost<'a>(manifest: &'a Manifest, reference: &Reference<'_>) -> Option<&'a str> {
    let without_digits = |name: &str| name.replace(|c: char| c.is_ascii_digit(), "");
    let rendered = manifest
        .of_kind(reference.kind)
        .filter(|object| object.namespace() == reference.namespace)
        .map(Object::name)
        .filter(|other| without_digits(other) != without_digits(reference.name));
    near(reference.name, rendered)
}

/// Whether something among the documents makes an object, or the cluster always has it.
fn exists(manifest: &Manifest, reference: &Reference<'_>) -> bool {
    let namespace = reference.namespace;
    let is_it = |object: &Object| {
        object.name() == reference.name
            && (is_cluster_scoped_kind(reference.kind) || object.namespace() == namespace)
    };
    if manifest.of_kind(reference.kind).any(is_it) {
        return true;
    }
    let is_made = match reference.kind {
        "ServiceAccount" => reference.name == "default",
        "ConfigMap" => ["kube-root-ca.crt", "openshift-service-ca.crt"].contains(&reference.name),
        "PersistentVolumeClaim" => manifest
            .of_kind("StatefulSet")
            .filter(|object| object.namespace() == namespace)
            .any(|object| makes_claim(object, reference.name)),
        "Secret" => manifest
            .objects
            .iter()
            .filter(|object| object.namespace() == namespace)
            .any(|object| makes_secret(object, reference.name)),
        _ => false,
    };
    is_made
        || matches!(reference.kind, "ConfigMap" | "Secret")
            && is_made_by_an_operator(manifest, reference)
}

/// Whether a `StatefulSet` makes a claim of this name for one of its pods.
pub(super) fn makes_claim(set: &Object, name: &str) -> bool {
    array_at(&set.value, "/spec/volumeClaimTemplates")
        .iter()
        .filter_map(|claim| str_at(claim, "/metadata/name"))
        .filter_map(|claim| name.strip_prefix(&format!("{claim}-{}-", set.name())))
        .any(|ordinal| ordinal.parse::<u32>().is_ok())
}

/// Whether a resource of an operator's own names the object, which may make anything from it. One that is known to need the object
/// does not make it.
fn is_made_by_an_operator(manifest: &Manifest, reference: &Reference<'_>) -> bool {
    manifest
        .objects
        .iter()
        .filter(|object| object.namespace() == reference.namespace)
        .filter(|object| !super::schemas::is_built_in(object.api_version()))
        .filter(|object| mentions(&object.value, reference.name))
        .any(|object| !needs(object, reference))
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
        "Ingress" | "Gateway" => {
            object
                .annotations()
                .keys()
                // cert-manager fills the Secrets that these name.
                .any(|key| key.starts_with("cert-manager.io/") || *key == "kubernetes.io/tls-acme")
                && object
                    .value
                    .get("spec")
                    .is_some_and(|spec| mentions(spec, name))
        }
        "Service" => object
            .annotations()
            .get("service.beta.openshift.io/serving-cert-secret-name")
            .is_some_and(|secret| *secret == name),
        _ => false,
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
    let given = references(elsewhere);
    let given: BTreeSet<(&str, &str)> = given
        .iter()
        .map(|reference| (reference.kind, reference.name))
        .collect();
    let mut references = references(manifest);
    references.retain(|reference| !reference.is_optional);
    let checked = references.len();
    let (given, missing) = references
        .into_iter()
        // What a document would have been that is missing is not known, nor what is in a namespace of somebody else.
        .filter(|reference| !manifest.is_partial(&reference.from.release))
        .filter(|reference| is_ours(manifest, reference))
        .filter(|reference| !exists(manifest, reference))
        .partition(|reference| given.contains(&(reference.kind, reference.name)));
    Dangling {
        checked,
        missing,
        given,
    }
}

/// Whether the releases are where the object should be.
fn is_ours(manifest: &Manifest, reference: &Reference<'_>) -> bool {
    reference.namespace == reference.from.namespace()
        || manifest
            .objects
            .iter()
            .any(|object| object.namespace() == reference.namespace)
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
        if let Some(meant) = almost(context.manifest, &reference) {
            judge.fault(fault(
                context,
                &reference,
                &format!("did you mean `{meant}`?"),
            ));
        }
    }
    for reference in found.missing {
        const HELP: &str =
            "render the object, correct the name, or take the name from a value that the user sets";
        judge.fault(fault(context, &reference, HELP));
    }
}

fn fault<'a>(context: &Context<'a>, reference: &Reference<'a>, help: &str) -> Fault<'a> {
    let from = reference.from;
    let fault = Fault::new(
        format!(
            "{} needs the {} `{}`, which no release makes",
            from.reference(),
            reference.kind,
            reference.name
        ),
        help,
    )
    .value(reference.name);
    match line_of(context, reference) {
        Some(line) => fault.template(from, Some(line)),
        None => fault.object(from),
    }
}

/// The line of the template that names the object.
fn line_of(context: &Context<'_>, reference: &Reference<'_>) -> Option<usize> {
    let from = reference.from;
    let mut lines = from.text.lines();
    let field = reference.field;
    let line = lines
        .by_ref()
        .find(|line| !field.is_empty() && line.contains(field))
        .filter(|line| says(line, reference.name));
    let line = line.or_else(|| lines.find(|line| says(line, reference.name)))?;
    context
        .charts
        .get(&from.chart)?
        .line_written_as(&from.template, line)
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
