//! What a chart brings along besides its documents: `Chart.yaml`, notes and tests.

use serde_json::Value;

use super::files::yaml;
use crate::{
    context::{Context, Fault, Judge},
    manifest::Workload,
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

pub(super) fn chart_file_is_complete(context: &Context<'_>, judge: &mut Judge<'_>) {
    for chart in context
        .charts
        .values()
        .filter(|chart| !chart.files.is_empty())
    {
        let Some(file) = yaml(chart, "Chart.yaml") else {
            judge.looked();
            judge.fault(Fault::new(
                format!("{} has no readable Chart.yaml", chart.name),
                "write one",
            ));
            continue;
        };
        let text = |key: &str| file.get(key).and_then(Value::as_str).unwrap_or_default();
        let mut require = |good: bool, message: String, help: &str| {
            judge.require(good, || {
                Fault::new(format!("Chart.yaml of {}: {message}", chart.name), help)
            });
        };
        require(
            text("apiVersion") == "v2",
            format!("apiVersion is `{}`", text("apiVersion")),
            "write `apiVersion: v2`",
        );
        require(
            !text("name").is_empty(),
            "name is missing".into(),
            "name the chart as its directory",
        );
        require(
            is_semver(text("version")),
            format!("version `{}` is no SemVer 2 version", text("version")),
            "write major.minor.patch",
        );
        require(
            !text("description").is_empty(),
            "description is missing".into(),
            "say in one sentence what the chart installs",
        );
        let constraint = text("kubeVersion");
        require(
            !constraint.is_empty(),
            "kubeVersion is missing".into(),
            "write the oldest supported version, such as `>=1.29.0-0`",
        );
        require(
            constraint.is_empty() || admits_prereleases(constraint),
            format!(
                "kubeVersion `{constraint}` refuses clusters whose version has a suffix, as those of cloud vendors have (`v1.33.1-eks-…`)"
            ),
            "append `-0` to the version",
        );
        let app_version = file.get("appVersion");
        require(
            app_version.is_none_or(Value::is_string),
            "appVersion is not text".into(),
            "quote it",
        );
        if context.is_generated {
            let product = context.subject.product_version.as_str();
            require(
                text("appVersion") == product,
                format!(
                    "appVersion is `{}`, not the product version {product}",
                    text("appVersion")
                ),
                "write the version of the product that the images contain",
            );
        } else {
            require(
                app_version.is_some(),
                "appVersion is missing".into(),
                "write the version of the product",
            );
        }
    }
}

fn is_semver(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<&str> = core.split('.').collect();
    numbers.len() == 3
        && numbers.iter().all(|number| {
            !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
                && (*number == "0" || !number.starts_with('0'))
        })
}

/// Whether every lower bound of a version constraint is a prerelease, without which Helm refuses all of them.
fn admits_prereleases(constraint: &str) -> bool {
    constraint.split("||").all(|range| {
        range
            .split([',', ' '])
            .map(str::trim)
            .filter(|part| part.contains(|c: char| c.is_ascii_digit()))
            .filter(|part| !part.starts_with('<'))
            .all(|part| part.contains('-'))
    })
}

/// Source: Artifact Hub, "Helm annotations".
pub(super) fn catalogue_annotations_are_there(context: &Context<'_>, judge: &mut Judge<'_>) {
    const WANTED: [&str; 3] = [
        "artifacthub.io/category",
        "artifacthub.io/images",
        "artifacthub.io/license",
    ];
    for chart in context.charts.values() {
        let Some(file) = yaml(chart, "Chart.yaml") else {
            continue;
        };
        for wanted in WANTED {
            let found = file
                .get("annotations")
                .and_then(|annotations| annotations.get(wanted));
            judge.require(found.is_some_and(Value::is_string), || {
                Fault::new(
                    format!("Chart.yaml of {} has no annotation {wanted}", chart.name),
                    "add it; catalogues show it, and scan the images that it lists",
                )
            });
        }
        for listed in [
            "artifacthub.io/images",
            "artifacthub.io/changes",
            "artifacthub.io/links",
        ] {
            let Some(text) = file
                .pointer("/annotations")
                .and_then(|map| map.get(listed)?.as_str())
            else {
                continue;
            };
            let is_list = serde_saphyr::from_str::<Value>(text).is_ok_and(|value| value.is_array());
            judge.require(is_list, || {
                Fault::new(
                    format!(
                        "the annotation {listed} of {} holds no YAML list",
                        chart.name
                    ),
                    "write a list in a block of text (`|`)",
                )
            });
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

pub(super) fn tests_are_there(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (release, chart) in releases(context.manifest) {
        let own = || {
            context
                .manifest
                .objects
                .iter()
                .filter(|object| object.release == release)
        };
        if !own().any(|object| Workload::of(object).is_some_and(|workload| workload.is_server())) {
            continue;
        }
        let has_test = own().any(|object| {
            let hook = object
                .annotations()
                .get("helm.sh/hook")
                .copied()
                .unwrap_or_default();
            hook.split(',')
                .any(|hook| matches!(hook.trim(), "test" | "test-success"))
        });
        judge.require(has_test, || {
            Fault::new(
                format!("release {release} of {chart} has no test that `helm test` could run"),
                "add a pod or job with the annotation `helm.sh/hook: test`",
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{
        catalogue_annotations_are_there, chart_file_is_complete, lint_is_clean, notes_are_there,
        tests_are_there,
    };
    use crate::checks::harness::{Case, messages};

    const CHART: &str = "apiVersion: v2\nname: c\nversion: 1.0.0\ndescription: d\nkubeVersion: '>=1.29.0-0'\nappVersion: '4.7.0'\n\
        annotations:\n  artifacthub.io/category: x\n  artifacthub.io/license: x\n  artifacthub.io/images: |\n    - name: a\n";

    fn chart(text: &str) -> Case {
        Case::chart(&[("Chart.yaml", text)]).generated()
    }

    #[test]
    fn a_complete_chart_file_passes() {
        assert!(chart(CHART).judge(chart_file_is_complete).is_green());
        assert!(
            chart(CHART)
                .judge(catalogue_annotations_are_there)
                .is_green()
        );
    }

    #[test]
    fn each_fault_of_a_chart_file_is_found() {
        for (from, to) in [
            ("v2", "v1"),
            ("version: 1.0.0", "version: 1.0"),
            ("1.29.0-0", "1.29.0"),
            ("'4.7.0'", "'4.6.0'"),
            ("description: d\n", ""),
        ] {
            assert_eq!(
                messages(&chart(&CHART.replace(from, to)).judge(chart_file_is_complete)).len(),
                1,
                "{to}"
            );
        }
        for (from, to) in [
            ("  artifacthub.io/license: x\n", ""),
            ("- name: a", "name: a"),
        ] {
            assert_eq!(
                messages(&chart(&CHART.replace(from, to)).judge(catalogue_annotations_are_there))
                    .len(),
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
            messages(&Case::documents(server).judge(tests_are_there)).len(),
            1
        );
        let test = format!(
            "{server}\n---\n{{kind: Pod, metadata: {{name: t, annotations: {{helm.sh/hook: test}}}}}}"
        );
        assert!(Case::documents(&test).judge(tests_are_there).is_green());
    }
}
