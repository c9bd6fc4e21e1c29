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
    let templates = result
        .findings()
        .filter_map(|finding| finding.template.as_ref())
        .filter(|template| template.line.is_some())
        .filter_map(|template| {
            let chart = charts
                .values()
                .find(|chart| chart.place == template.chart)?;
            let text = chart.files.get(&template.file)?;
            Some((chart.path_of(&template.file), text.clone()))
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
