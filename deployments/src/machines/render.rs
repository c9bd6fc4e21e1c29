//! What Helm is asked to render for a site of machines: the site's chart, in which addresses are those of its hosts.

use am_generator::ChartTree;
use am_generator::output::Files;
use serde_json::{Map, Value, json};

use super::layout::Layout;
use super::node_files::Documents;
use crate::integrators::Cluster;
use crate::overlay::{chart_files, lay};

/// A chart with its values, to be rendered as `helm template` does it.
#[derive(Debug)]
pub struct Rendering {
    /// Files of the chart by their paths in it.
    pub chart: Files,
    /// Name of the release.
    pub release: String,
    /// The site's values.
    pub values: Value,
}

/// What a release rendered to.
#[derive(Debug)]
pub(crate) struct Rendered<'v> {
    pub(crate) documents: Documents,
    /// Its values with the chart's own.
    pub(crate) effective: &'v Value,
}

/// Renders a chart: its documents, or Helm's own words where it refuses.
pub type Render<'r> = dyn Fn(&Rendering) -> Result<Vec<Value>, String> + 'r;

/// What a chart says where it refuses, without Helm's words about the template that said it.
pub(crate) fn said_by_the_chart(why: &str) -> &str {
    let own = why.strip_prefix("execution error at (");
    own.and_then(|rest| rest.split_once("): "))
        .map_or(why, |(_, own)| own)
}

/// Helm parses templates of deeper folders first, and takes the last definition of a name: these replace the chart's own.
const HELPERS: &str = "templates/_machines.tpl";

/// How the chart of a release is rendered, API Manager's or that of a cluster of integrators.
pub(crate) fn rendering(
    layout: &Layout<'_, '_>,
    of: Option<&Cluster<'_>>,
    release: &str,
    mut values: Value,
    charts: &ChartTree,
) -> Rendering {
    lay(&mut values, &layout.data.pod_values);
    let chart = of.map_or(layout.site.chart.name(), |it| it.chart.name());
    let mut files = chart_files(chart, charts);
    let places = json!(places(layout, of, &values));
    files.insert(HELPERS.to_owned(), helpers(&places, chart).into_bytes());
    Rendering {
        chart: files,
        release: release.to_owned(),
        values,
    }
}

/// The templates by which a chart finds the addresses of components.
fn helpers(places: &Value, chart: &str) -> String {
    format!(
        r#"{{{{- define "{chart}.machines" -}}}}
{places}
{{{{- end }}}}
{{{{- define "{chart}.address" -}}}}
{{{{- (get (include "{chart}.machines" (index . 0) | fromJson) (index . 1)).host }}}}
{{{{- end }}}}
{{{{- define "{chart}.at" -}}}}
{{{{- $place := get (include "{chart}.machines" (index . 0) | fromJson) (index . 1) }}}}
{{{{- if gt (len .) 3 }}}}
{{{{- $place = index . 3 }}}}
{{{{- end }}}}
{{{{- printf "%s:%v" $place.host (get $place.ports (index . 2) | default (include "{chart}.port" .)) }}}}
{{{{- end }}}}
{{{{- define "{chart}.nodes" -}}}}
{{{{- (get (include "{chart}.machines" (index . 0) | fromJson) (index . 1)).nodes | toJson }}}}
{{{{- end }}}}
"#
    )
}

/// Every component of a release: the host of all its nodes together, the ports that differ there, and each node.
fn places(layout: &Layout<'_, '_>, of: Option<&Cluster<'_>>, values: &Value) -> Map<String, Value> {
    let name = |cluster: &Cluster<'_>| cluster.name.clone();
    let components = layout.components.iter().enumerate();
    let components = components.filter(|(_, it)| it.cluster.map(name) == of.map(name));
    let places = components.map(|(number, component)| {
        let fronts = layout.balancer.iter().flat_map(|it| &it.fronts);
        let ports: Map<String, Value> = fronts
            .filter(|front| front.to == number)
            .map(|front| (front.port.to_owned(), json!(front.number)))
            .collect();
        let nodes = component.nodes.iter();
        let nodes = nodes.map(|node| json!({"host": node.address, "ports": {}}));
        let place = json!({
            "host": layout.address(component),
            "ports": ports,
            "nodes": nodes.collect::<Vec<_>>(),
        });
        (component.part.name().to_owned(), place)
    });
    let elsewhere = of.is_none().then(|| elsewhere(layout, values));
    places.chain(elsewhere.into_iter().flatten()).collect()
}

/// Components that other sites run, at the addresses that the values have.
fn elsewhere(layout: &Layout<'_, '_>, values: &Value) -> Vec<(String, Value)> {
    let (broker, numbers) = &layout.beside.broker;
    let rest = layout.site.rest.iter();
    let places = rest.map(|part| {
        let addresses = &values[part.key()]["addresses"];
        let service = &addresses["service"];
        let nodes = addresses["nodes"].as_array().into_iter().flatten();
        let nodes = nodes.map(|node| {
            let mut ports = json!({broker: numbers.get(part.name())});
            lay(&mut ports, node.get("ports").unwrap_or(&json!({})));
            json!({"host": node["host"], "ports": ports})
        });
        let place = json!({
            "host": service["host"].as_str().unwrap_or_default(),
            "ports": service.get("ports").unwrap_or(&json!({})),
            "nodes": nodes.collect::<Vec<_>>(),
        });
        (part.name().to_owned(), place)
    });
    places.collect()
}

#[cfg(test)]
mod tests {
    use super::said_by_the_chart;

    #[test]
    fn a_refusal_of_the_chart_is_told_without_the_template() {
        let said = "execution error at (am/templates/v.yaml:3:4): jms.tls: write a port (one)";
        assert_eq!(said_by_the_chart(said), "jms.tls: write a port (one)");
        assert_eq!(said_by_the_chart("no such file"), "no such file");
    }
}
