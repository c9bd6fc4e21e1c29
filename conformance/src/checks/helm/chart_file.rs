//! What a chart brings along besides its documents: `Chart.yaml`, notes and tests.

use crate::{
    context::{Context, Fault, Judge},
    variation::{Refusal, releases},
};

pub(super) fn lint_is_clean(context: &Context<'_>, judge: &mut Judge<'_>) {
    let Some(variations) = context.variations else {
        return judge.unsupported("helm lint cannot be run here");
    };
    for (release, chart) in releases(context.manifest) {
        match variations.lint(release) {
            Err(refusal) => judge.unsupported(refusal.to_string()),
            Ok(messages) => {
                judge.looked();
                for message in messages {
                    judge.fault(Fault::new(
                        format!("helm lint --strict on {chart}: {message}"),
                        "correct what Helm names",
                    ));
                }
            }
        }
    }
}

pub(super) fn notes_are_there(context: &Context<'_>, judge: &mut Judge<'_>) {
    /// What Go's templates write for what is not there or has the wrong type.
    const LEFTOVERS: [&str; 5] = ["<no value>", "%!", "<nil>", "map[", "{{"];
    let Some(variations) = context.variations else {
        return judge.unsupported("notes cannot be rendered here");
    };
    for (release, chart) in releases(context.manifest) {
        if context.manifest.is_refused(release) {
            // Helm makes no notes for it; AM-HELM-030 says why.
            judge.looked();
            continue;
        }
        let notes = match variations.notes(release) {
            Ok(notes) => notes.unwrap_or_default(),
            Err(Refusal::Unavailable(reason)) => {
                judge.unsupported(reason);
                continue;
            }
            Err(refusal) => {
                judge.looked();
                judge.fault(Fault::new(
                    format!("NOTES.txt of {chart} does not render: {refusal}"),
                    "correct it",
                ));
                continue;
            }
        };
        judge.require(!notes.trim().is_empty(), || {
            Fault::new(
                format!("{chart} tells its user nothing after the installation"),
                "write templates/NOTES.txt: addresses, how to get the password, what to do next",
            )
        });
        for line in notes.lines() {
            if let Some(leftover) = LEFTOVERS.iter().find(|leftover| line.contains(**leftover)) {
                judge.fault(
                    Fault::new(
                        format!("NOTES.txt of {chart} says `{leftover}` where a value should be"),
                        "test the value before it is written",
                    )
                    .value(line.trim()),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{lint_is_clean, notes_are_there};
    use crate::checks::harness::{Case, messages};

    const CHART: &str = "apiVersion: v2\nname: c\nversion: 1.0.0\ndescription: d\nkubeVersion: '>=1.29.0-0'\nappVersion: '4.7.0'\n\
        annotations:\n  artifacthub.io/category: x\n  artifacthub.io/license: x\n  artifacthub.io/images: |\n    - name: a\n";

    fn chart(text: &str) -> Case {
        Case::chart(&[("Chart.yaml", text)]).generated()
    }

    #[test]
    fn a_complete_chart_file_passes() {
        assert!(chart(CHART).judge_requirement("AM-HELM-014").is_green());
        assert!(chart(CHART).judge_requirement("AM-HELM-017").is_green());
    }

    #[test]
    fn each_fault_of_a_chart_file_is_found() {
        for (from, to) in [
            ("v2", "v1"),
            ("version: 1.0.0", "version: 1.0"),
            ("1.29.0-0", "1.29.0"),
            ("'4.7.0'", "4.7"),
            ("description: d\n", ""),
        ] {
            assert_eq!(
                messages(&chart(&CHART.replace(from, to)).judge_requirement("AM-HELM-014")).len(),
                1,
                "{to}"
            );
        }
        for (from, to) in [
            ("  artifacthub.io/license: x\n", ""),
            ("- name: a", "name: a"),
        ] {
            assert_eq!(
                messages(&chart(&CHART.replace(from, to)).judge_requirement("AM-HELM-017")).len(),
                1,
                "{to}"
            );
        }
    }

    #[test]
    fn what_lint_says_is_a_finding() {
        let case = Case::documents("{kind: X}")
            .with_further(|further| further.lint = vec!["[WARNING] icon".into()]);
        assert!(messages(&case.judge(lint_is_clean))[0].contains("[WARNING] icon"));
    }

    #[test]
    fn missing_and_half_filled_notes_are_found() {
        let case = |notes: Option<&str>| {
            Case::documents("{kind: X}")
                .with_further(|further| further.notes = notes.map(str::to_owned))
        };
        assert_eq!(messages(&case(None).judge(notes_are_there)).len(), 1);
        assert_eq!(
            messages(&case(Some("go to <no value>")).judge(notes_are_there)).len(),
            1
        );
        assert!(
            case(Some("go to https://a"))
                .judge(notes_are_there)
                .is_green()
        );
    }

    #[test]
    fn a_server_without_test_is_found() {
        let server = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {template: {spec: {containers: []}}}}";
        assert_eq!(
            messages(&Case::documents(server).judge_requirement("AM-HELM-016")).len(),
            1
        );
        let test = format!(
            "{server}\n---\n{{kind: Pod, metadata: {{name: t, annotations: {{helm.sh/hook: test}}}}}}"
        );
        assert!(
            Case::documents(&test)
                .judge_requirement("AM-HELM-016")
                .is_green()
        );
    }
}
