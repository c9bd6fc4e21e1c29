//! Secrets that a chart generates are the same after an upgrade.

use crate::{
    checks::chance::{RANDOM, has_word, text_with_includes},
    context::{Context, Fault, Judge},
    manifest::Object,
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
    for (secret, text) in generated(context) {
        let annotations = secret.annotations();
        let hook = annotations.get("helm.sh/hook").copied().unwrap_or_default();
        let is_made_once = hook.contains("pre-install") && !hook.contains("upgrade");
        judge.require(is_made_once || has_word(&text, "lookup"), || {
            Fault::new(
                format!(
                    "every upgrade generates {} anew, so what it protects is lost",
                    secret.reference()
                ),
                "read the existing Secret with `lookup` and generate only what it lacks",
            )
            .object(secret)
        });
    }
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
        Case::documents(&format!("{{apiVersion: v1, kind: Secret, metadata: {{name: a, annotations: {annotations}}}}}")).with_chart(&[
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
        assert!(
            case("{{ include \"old\" . }}{{ include \"new\" . }}", "{}")
                .judge(check)
                .is_green()
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
