//! Labels that tell people and tools what an object belongs to.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    chart::ChartSource,
    component::Component,
    context::{Context, Fault, Judge},
    manifest::{Object, str_at},
};

/// What `app.kubernetes.io/part-of` says on everything that our charts make.
const PART_OF: &str = "wso2-api-manager";

/// What stands after the component in the names of its objects.
const ENDINGS: [&str; 3] = ["", "-config", "-headless"];

pub(super) fn objects_tell_where_they_belong(context: &Context<'_>, judge: &mut Judge<'_>) {
    judge.not_applicable("the charts render no document");
    let files: BTreeMap<&str, Value> = context
        .charts
        .iter()
        .filter_map(|(name, chart)| Some((name.as_str(), chart_file(chart)?)))
        .collect();
    // Extra objects are the operator's own, written as they are.
    let own = context
        .manifest
        .objects
        .iter()
        .filter(|object| !object.template.ends_with("/extra-objects.yaml"));
    for object in own {
        let labels = object.labels();
        for (label, wanted) in wanted(context, object, files.get(object.chart.as_str())) {
            let found = labels.get(label).copied();
            judge.require(found == Some(wanted.as_str()), || {
                let fault = Fault::new(
                    match found {
                        Some(found) => format!(
                            "{} has the label {label}: {found}, not {wanted}",
                            object.reference()
                        ),
                        None => format!("{} has no label {label}", object.reference()),
                    },
                    format!("write {label}: {wanted}, as every object of the release has it"),
                )
                .object(object);
                match found {
                    Some(found) => fault.value(found),
                    None => fault,
                }
            });
        }
    }
}

fn chart_file(chart: &ChartSource) -> Option<Value> {
    serde_saphyr::from_str(chart.files.get("Chart.yaml")?).ok()
}

fn wanted(
    context: &Context<'_>,
    object: &Object,
    file: Option<&Value>,
) -> Vec<(&'static str, String)> {
    let mut wanted = vec![
        ("app.kubernetes.io/name", object.chart.clone()),
        ("app.kubernetes.io/instance", object.release.clone()),
        ("app.kubernetes.io/managed-by", "Helm".to_owned()),
        ("app.kubernetes.io/part-of", PART_OF.to_owned()),
    ];
    if let Some(file) = file {
        let field = |name: &str| str_at(file, name).map(ToOwned::to_owned);
        if let Some(version) = field("/appVersion") {
            wanted.push(("app.kubernetes.io/version", version));
        }
        if let Some(version) = field("/version") {
            let version = version.replace('+', "_");
            wanted.push(("helm.sh/chart", format!("{}-{version}", object.chart)));
        }
    }
    let named_after = |component: &&Component| {
        ENDINGS
            .iter()
            .any(|ending| object.name().ends_with(&format!("-{component}{ending}")))
    };
    if let Some(component) = context.pattern().keys().find(named_after) {
        wanted.push(("app.kubernetes.io/component", component.to_string()));
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::objects_tell_where_they_belong;
    use crate::checks::harness::Case;

    const GOOD: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {app.kubernetes.io/name: c, app.kubernetes.io/instance: r, app.kubernetes.io/managed-by: Helm, app.kubernetes.io/part-of: wso2-api-manager, app.kubernetes.io/version: 4.7.0, helm.sh/chart: c-0.1.0_b}}}";

    fn judged(document: &str) -> Vec<String> {
        let chart = [(
            "Chart.yaml",
            "name: c\nversion: 0.1.0+b\nappVersion: 4.7.0\n",
        )];
        Case::documents(document)
            .with_chart(&chart)
            .generated()
            .judge(objects_tell_where_they_belong)
            .findings()
            .iter()
            .map(|finding| finding.message.clone())
            .collect()
    }

    #[test]
    fn the_labels_of_the_release_pass_and_others_are_found() {
        assert_eq!(judged(GOOD), Vec::<String>::new());
        assert!(judged(&GOOD.replace("Helm", "Hlem"))[0].contains("not Helm"));
        assert!(judged(&GOOD.replace("/instance: r", "/instnace: r"))[0].contains("no label"));
        assert!(judged(&GOOD.replace("c-0.1.0_b", "c-0.2.0"))[0].contains("c-0.1.0_b"));
    }
}
