//! Values of a component are for its own pods: all of them arrive there, and none at another component.

use std::sync::LazyLock;

use am_product::data::File;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{changes::configurations, restarts::kebab_case};
use crate::{
    chart::ChartSource,
    checks::given::put,
    context::{Context, Fault, Judge},
    manifest::Object,
    variation::{Refusal, Variation, releases},
};

const FILE: File = File::new(
    "conformance/requirements/component-values.yaml",
    include_str!("../../../requirements/component-values.yaml"),
);

static TABLE: LazyLock<Result<Table, String>> = LazyLock::new(|| crate::yaml::of_file(&FILE));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    values: Vec<Own>,
}

/// A value that a component has for itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    /// Its path below the component's key.
    value: Vec<String>,
    to: Value,
    /// A text that only this value brings into a document.
    mark: String,
}

/// Whether the table can be used.
pub(super) fn check_table() -> Result<(), String> {
    TABLE.as_ref().map(drop).map_err(Clone::clone)
}

pub(super) fn arrive_at_their_component(context: &Context<'_>, judge: &mut Judge<'_>) {
    let table = match TABLE.as_ref() {
        Ok(table) => table,
        Err(error) => return judge.unsupported(error.clone()),
    };
    let Some(variations) = context.variations else {
        return judge.unsupported("charts cannot be rendered with other values here");
    };
    for (release, chart) in releases(context.manifest) {
        let Some(source) = context.charts.get(chart) else {
            continue;
        };
        for (key, _) in configurations(source) {
            let component = kebab_case(&key);
            let servers = || servers(context, release);
            // What belongs to no component is for all of them.
            if !servers().any(|(of, _)| of == component) {
                continue;
            }
            let own = had_by(table, source, &key);
            let mut values = json!({});
            for own in &own {
                let path: Vec<String> = std::iter::once(&key).chain(&own.value).cloned().collect();
                put(&mut values, &path, own.to.clone());
            }
            let variation = Variation {
                values,
                ..Variation::default()
            };
            let changed = match variations.render(release, &variation) {
                Ok(changed) => changed,
                Err(Refusal::Unavailable(reason)) => {
                    judge.unsupported(reason);
                    continue;
                }
                Err(refusal) => {
                    judge.looked();
                    judge.fault(Fault::new(
                        format!("release {release} does not render with values of its own for {key}: {refusal}"),
                        "let a component have what the others do without",
                    ));
                    continue;
                }
            };
            for (of, before) in servers() {
                let Some(after) = changed.find(before.kind(), before.namespace(), before.name())
                else {
                    continue;
                };
                let text = |object: &Object| object.value["spec"]["template"].to_string();
                let (is_meant, pods) = (of == component, text(after));
                for own in &own {
                    judge.require(pods.contains(&own.mark) == is_meant, || {
                        let path = own.value.join(".");
                        let (what, help) = if is_meant {
                            (
                                "does not arrive at",
                                "write it into the pods of its component",
                            )
                        } else {
                            ("arrives at", "let every component read its own value")
                        };
                        let message = format!("`{key}.{path}` {what} {}", before.reference());
                        Fault::new(message, help).object(before)
                    });
                }
            }
        }
    }
}

/// Servers of a release by their component.
fn servers<'a>(
    context: &Context<'a>,
    release: &str,
) -> impl Iterator<Item = (&'a str, &'a Object)> {
    let workloads = context.manifest.workloads().into_iter();
    let servers = workloads
        .filter(|workload| workload.is_server() && workload.object.release == release)
        .map(|workload| workload.object);
    servers
        .filter_map(|object| {
            let labels = object.labels();
            let component = labels.get("app.kubernetes.io/component")?;
            Some((*component, object))
        })
        .collect::<Vec<_>>()
        .into_iter()
}

/// Those of the table that a chart declares for a component.
fn had_by<'t>(table: &'t Table, chart: &ChartSource, key: &str) -> Vec<&'t Own> {
    let text = chart.files.get("values.yaml");
    let values = text.and_then(|text| serde_saphyr::from_str::<Value>(text).ok());
    let component = values.as_ref().and_then(|values| values.get(key));
    let has = |own: &&Own| {
        let mut at = component;
        for name in &own.value {
            at = at.and_then(|value| value.get(name));
        }
        at.is_some()
    };
    table.values.iter().filter(has).collect()
}

#[cfg(test)]
mod tests {
    use super::{arrive_at_their_component, check_table};
    use crate::checks::harness::{Case, messages};

    fn server(component: &str, text: &str) -> String {
        format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {component}, labels: {{app.kubernetes.io/component: {component}}}}}, \
             spec: {{template: {{spec: {{containers: [{{name: a, image: wso2am, env: [{text}]}}]}}}}}}}}"
        )
    }

    fn found(gateway: &'static str, manager: &'static str) -> Vec<String> {
        let documents = |gateway: &str, manager: &str| {
            [
                server("gateway", gateway),
                server("traffic-manager", manager),
            ]
            .join("\n---\n")
        };
        let case = Case::documents(&documents("", ""))
            .with_chart(&[("values.yaml", "gateway: {config: {}, extraEnv: []}\n")])
            .varied(move |variation| {
                assert_eq!(
                    variation.values["gateway"]["extraEnv"][0]["name"],
                    "CONFORMANCE_SUITE"
                );
                assert!(variation.values["gateway"].get("args").is_none());
                Ok(documents(gateway, manager))
            });
        messages(&case.judge(arrive_at_their_component))
    }

    #[test]
    fn a_value_that_does_not_arrive_and_one_that_arrives_elsewhere_are_found() {
        const VARIABLE: &str = "{name: CONFORMANCE_SUITE, value: conformance-variable}";
        check_table().expect("the committed table is well-formed");
        assert_eq!(found(VARIABLE, ""), Vec::<String>::new());
        assert_eq!(
            found("", ""),
            ["`gateway.extraEnv` does not arrive at Deployment/gateway"]
        );
        assert_eq!(
            found(VARIABLE, VARIABLE),
            ["`gateway.extraEnv` arrives at Deployment/traffic-manager"]
        );
    }
}
