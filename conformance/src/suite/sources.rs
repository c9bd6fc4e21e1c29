//! Texts that findings point into.

use std::collections::BTreeMap;

use super::digest::ChartSet;
use crate::{graph::Graph, report::SubjectResult};

/// Texts that findings point into: configuration files with literal secrets masked, and templates.
pub(super) fn sources_of(
    graph: &Graph<'_>,
    result: &SubjectResult,
    charts: &ChartSet,
) -> BTreeMap<String, String> {
    let secrets: Vec<String> = graph
        .nodes
        .iter()
        .filter_map(|node| node.configuration.as_ref())
        .flat_map(crate::checks::configuration::literal_secrets)
        .collect();
    let templates = result
        .findings()
        .filter_map(|finding| finding.template.as_ref())
        .filter(|template| template.line.is_some())
        .filter_map(|template| {
            let path = template.path();
            let of_chart = || {
                let charts = charts.charts.values();
                let mut charts = charts.filter(|chart| chart.place == template.chart);
                charts.find_map(|chart| chart.files.get(&template.file))
            };
            let of_user = || {
                let mut files = charts.given.values().flat_map(|given| &given.files);
                let file = files.find(|file| file.path() == path)?;
                Some(&file.text)
            };
            let text = of_chart().or_else(of_user)?;
            Some((path, without(text, &secrets)))
        });
    let wanted: Vec<&str> = result
        .findings()
        .filter_map(|finding| finding.configuration.as_ref())
        .map(|configuration| configuration.source.as_str())
        .collect();
    graph
        .nodes
        .iter()
        .filter_map(|node| node.configuration.as_ref())
        .filter(|configuration| wanted.contains(&configuration.source().as_str()))
        .map(|configuration| {
            (
                configuration.source(),
                crate::checks::configuration::masked(configuration),
            )
        })
        .chain(templates)
        .collect()
}

/// A text in which secrets are masked by asterisks, so that places stay right.
fn without(text: &str, secrets: &[String]) -> String {
    let masked = |text: String, secret: &String| text.replace(secret, &"*".repeat(secret.len()));
    secrets.iter().fold(text.to_owned(), masked)
}
