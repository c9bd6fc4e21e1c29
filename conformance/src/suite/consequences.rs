//! Findings that say once more what another one says.

use crate::{
    checks::PLACEHOLDERS, finding::Finding, graph::Graph, outcome::Outcome,
    report::RequirementResult,
};

/// Results without the findings that only follow from a placeholder that another finding reports: it stands in what they are about.
pub(super) fn without_placeholders(
    results: Vec<RequirementResult>,
    graph: &Graph<'_>,
) -> Vec<RequirementResult> {
    let placeholders: Vec<String> = results
        .iter()
        .filter(|result| result.requirement == PLACEHOLDERS)
        .flat_map(|result| result.outcome.findings())
        .filter_map(|finding| finding.value.clone())
        .collect();
    if placeholders.is_empty() {
        return results;
    }
    let follows = |finding: &Finding| {
        let line = line_of(finding, graph);
        let mut texts = [
            Some(finding.message.as_str()),
            finding.value.as_deref(),
            line,
        ]
        .into_iter()
        .flatten();
        finding.requirement != PLACEHOLDERS
            && texts.any(|text| {
                placeholders
                    .iter()
                    .any(|placeholder| text.contains(placeholder))
            })
    };
    let kept = |result: RequirementResult| match result.outcome {
        Outcome::Failed { checked, findings } => RequirementResult {
            outcome: Outcome::of(
                checked.max(1),
                findings
                    .into_iter()
                    .filter(|finding| !follows(finding))
                    .collect(),
            ),
            ..result
        },
        _ => result,
    };
    results.into_iter().map(kept).collect()
}

/// The line of the configuration that a finding is about.
fn line_of<'a>(finding: &Finding, graph: &Graph<'a>) -> Option<&'a str> {
    let at = finding.configuration.as_ref()?;
    let configuration = graph
        .nodes
        .iter()
        .filter_map(|node| node.configuration.as_ref())
        .find(|configuration| configuration.source() == at.source)?;
    configuration
        .text
        .lines()
        .nth(at.span?.line.checked_sub(1)?)
}
