//! What was judged, and what came of each requirement.

use serde::{Deserialize, Serialize};

use crate::{
    finding::Finding,
    outcome::Outcome,
    requirement::{Family, Level},
    subject::SubjectDescription,
};

/// The outcomes of one subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubjectResult {
    /// What was judged.
    pub subject: SubjectDescription,
    /// Why its charts did not render; then there are no results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// One outcome per requirement, in the catalogue's order.
    pub results: Vec<RequirementResult>,
}

impl SubjectResult {
    /// The findings of all requirements.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.results
            .iter()
            .flat_map(|result| result.outcome.findings())
    }

    /// The same, to be changed.
    pub(crate) fn findings_mut(&mut self) -> impl Iterator<Item = &mut Finding> {
        self.results
            .iter_mut()
            .filter_map(|result| match &mut result.outcome {
                Outcome::Failed { findings, .. } => Some(findings),
                _ => None,
            })
            .flatten()
    }
}

/// The outcome of one requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequirementResult {
    /// Id.
    pub requirement: String,
    /// Level, repeated for readers of the file.
    pub level: Level,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// A requirement as reports print it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequirementSummary {
    /// Id.
    pub id: String,
    /// Family.
    pub family: Family,
    /// Level.
    pub level: Level,
    /// A few words.
    pub title: String,
    /// The sentence.
    pub text: String,
    /// Where it comes from.
    pub source: String,
    /// The user's reason for skipping it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
}
