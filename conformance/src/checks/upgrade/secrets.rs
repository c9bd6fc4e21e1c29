//! Secrets that a chart generates are the same after an upgrade.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    checks::{
        chance::{RANDOM, has_word, text_with_includes},
        kubernetes::{identities::identity, tables::is_cluster_scoped},
    },
    context::{Context, Fault, Judge},
    manifest::{Manifest, Object},
    variation::{Refusal, Variation},
};

const NONE_GENERATED: &str = "no template of a Secret has a function whose result is random";

/// Whether the file of a Secret's template calls such a function itself. `appliesWhen` sees documents, and not
/// what they are made by.
fn has_generated(context: &Context<'_>) -> bool {
    context.manifest.of_kind("Secret").any(|secret| {
        let chart = context.charts.get(&secret.chart);
        let text = chart.and_then(|chart| chart.files.get(&secret.template));
        text.is_some_and(|text| RANDOM.iter().any(|function| has_word(text, function)))
    })
}

/// Secrets whose content is made by chance, with the text that makes it.
fn generated<'a>(context: &'a Context<'_>) -> Vec<(&'a Object, String)> {
    context
        .manifest
        .of_kind("Secret")
        .filter_map(|secret| {
            let chart = context.charts.get(&secret.chart)?;
            let text = text_with_includes(chart, &secret.template);
            RANDOM
                .iter()
                .any(|function| has_word(&text, function))
                .then_some((secret, text))
        })
        .collect()
}

pub(super) fn generated_secrets_are_read_back(context: &Context<'_>, judge: &mut Judge<'_>) {
    judge.applies(has_generated(context), NONE_GENERATED);
    let mut releases: BTreeMap<&str, Vec<&Object>> = BTreeMap::new();
    for (secret, text) in generated(context) {
        let annotations = secret.annotations();
        let hook = annotations.get("helm.sh/hook").copied().unwrap_or_default();
        let is_made_once = hook.contains("pre-install") && !hook.contains("upgrade");
        let is_looked_up = has_word(&text, "lookup");
        judge.require(is_made_once || is_looked_up, || {
            anew(
                secret,
                &secret.reference().to_string(),
                "read the existing Secret with `lookup` and generate only what it lacks",
            )
        });
        if !is_made_once && is_looked_up {
            releases.entry(&secret.release).or_default().push(secret);
        }
    }
    for (release, secrets) in releases {
        stay_after_an_upgrade(context, judge, release, &secrets);
    }
}

fn anew<'a>(secret: &'a Object, what: &str, help: &str) -> Fault<'a> {
    let message = format!("every upgrade generates {what} anew, so what it protects is lost");
    Fault::new(message, help).object(secret)
}

/// Renders a release once more as Helm does when it upgrades it: `lookup` finds what the first render made.
fn stay_after_an_upgrade(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
    release: &str,
    secrets: &[&Object],
) {
    let Some(variations) = context.variations else {
        return judge.unsupported("charts cannot be rendered as for an upgrade here");
    };
    let own = context.manifest.objects.iter();
    let own = own.filter(|object| object.release == release);
    let variation = Variation {
        is_upgrade: true,
        finds: own.map(as_in_the_cluster).collect(),
        ..Variation::default()
    };
    let upgraded = match variations.render(release, &variation) {
        Ok(upgraded) => upgraded,
        Err(Refusal::Unavailable(reason)) => return judge.unsupported(reason),
        Err(refusal) => {
            judge.looked();
            return judge.fault(Fault::new(
                format!("release {release} does not render for an upgrade that finds its own Secrets: {refusal}"),
                "correct what the template makes of the result of `lookup`",
            ));
        }
    };
    for secret in secrets {
        let after = upgraded.objects.iter();
        let mut after = after.filter(|other| identity(other) == identity(secret));
        let Some(after) = after.next() else {
            let is_kept = secret.annotations().get("helm.sh/resource-policy") == Some(&"keep");
            judge.require(is_kept, || {
                Fault::new(
                    format!("an upgrade that finds {} renders it no more, so that Helm deletes it", secret.reference()),
                    "render the Secret with what `lookup` found, or annotate it with helm.sh/resource-policy: keep",
                )
                .object(secret)
            });
            continue;
        };
        let (before, after) = (content(context.manifest, secret), content(&upgraded, after));
        let changed = before
            .iter()
            .find(|(key, value)| after.get(*key) != Some(*value));
        judge.require(changed.is_none(), || {
            let (key, _) = changed.unzip();
            let key = key.copied().unwrap_or_default();
            let help = format!("ask `lookup` for the name that the Secret has, and take `{key}` as it is there, which is in base64");
            let what = format!("`{key}` of {}", secret.reference());
            anew(secret, &what, &help).field(key)
        });
    }
}

/// A document as the API server gives it back.
fn as_in_the_cluster(object: &Object) -> Value {
    let mut value = object.value.clone();
    if !is_cluster_scoped(object)
        && let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut)
    {
        metadata.insert("namespace".into(), object.namespace().into());
    }
    value
}

/// What a Secret holds, decoded where it is text.
fn content<'a>(manifest: &'a Manifest, secret: &'a Object) -> BTreeMap<&'a str, String> {
    let texts = manifest.texts_of(secret).into_iter();
    let raw = |key: &str| {
        secret
            .value
            .get("data")
            .and_then(|data| data.get(key))
            .map(Value::to_string)
    };
    let told = |(key, text): (&'a str, Option<&'a str>)| {
        let text = text.map(str::to_owned).or_else(|| raw(key));
        (key, text.unwrap_or_default())
    };
    texts.map(told).collect()
}

pub(super) fn generated_secrets_are_kept(context: &Context<'_>, judge: &mut Judge<'_>) {
    judge.applies(has_generated(context), NONE_GENERATED);
    for (secret, _) in generated(context) {
        let is_kept = secret.is_hook()
            || secret.annotations().get("helm.sh/resource-policy") == Some(&"keep");
        judge.require(is_kept, || {
            Fault::new(
                format!(
                    "{} is generated and goes with the release, but data written with it stays",
                    secret.reference()
                ),
                "add the annotation helm.sh/resource-policy: keep",
            )
            .object(secret)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{generated_secrets_are_kept, generated_secrets_are_read_back};
    use crate::{
        Outcome,
        checks::harness::{Case, messages},
    };

    fn case(template: &str, annotations: &str) -> Case {
        Case::documents(&format!("{{apiVersion: v1, kind: Secret, metadata: {{name: a, annotations: {annotations}}}, data: {{key: eA==}}}}")).with_chart(&[
            ("templates/t.yaml", template),
            ("templates/_h.tpl", "{{ define \"new\" }}{{ randAlphaNum 9 }}{{ end }}{{ define \"old\" }}{{ lookup \"v1\" }}{{ end }}"),
        ])
    }

    #[test]
    fn a_generated_secret_that_nobody_reads_back_is_found() {
        let check = generated_secrets_are_read_back;
        assert_eq!(
            messages(&case("{{ include \"new\" . }}", "{}").judge(check)).len(),
            1
        );
        let upgraded_to = |after: &'static str| {
            let read_back = case("{{ include \"old\" . }}{{ include \"new\" . }}", "{}");
            let read_back = read_back.varied(move |variation| {
                assert_eq!(variation.finds[0]["metadata"]["namespace"], "n");
                Ok(after.to_owned())
            });
            messages(&read_back.judge(check))
        };
        let same = "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {key: eA==}}";
        assert_eq!(upgraded_to(same), Vec::<String>::new());
        assert_eq!(
            upgraded_to(
                "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {key: ZUE9PQ==}}"
            ),
            ["every upgrade generates `key` of Secret/a anew, so what it protects is lost"]
        );
        assert_eq!(
            upgraded_to("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"),
            ["an upgrade that finds Secret/a renders it no more, so that Helm deletes it"]
        );
        assert!(
            case("{{ include \"new\" . }}", "{helm.sh/hook: pre-install}")
                .judge(check)
                .is_green()
        );
    }

    #[test]
    fn a_generated_secret_that_goes_with_the_release_is_found() {
        let check = generated_secrets_are_kept;
        assert_eq!(
            messages(&case("{{ randAlphaNum 9 }}", "{}").judge(check)).len(),
            1
        );
        assert!(
            case("{{ randAlphaNum 9 }}", "{helm.sh/resource-policy: keep}")
                .judge(check)
                .is_green()
        );
    }

    #[test]
    fn a_secret_from_values_is_not_generated() {
        let outcome = case("{{ .Values.randAlpha }}", "{}").judge(generated_secrets_are_read_back);
        assert!(matches!(outcome, Outcome::NotApplicable { .. }));
    }
}
