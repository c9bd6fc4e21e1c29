//! The verdict on a pattern.

use am_product::Pattern;
use serde::{Deserialize, Serialize};

use super::{ProfileResult, Statistics, SubjectResult, Topology};

/// The verdict on one pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Name, such as `am-pattern-3`.
    pub name: String,
    /// Pattern number.
    pub pattern: Pattern,
    /// Its site in a deployment of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The verdict.
    pub result: ProfileResult,
    /// One sentence.
    pub summary: String,
    /// Counts over all subjects.
    pub statistics: Statistics,
    /// Time spent on rendering and judging it, in seconds: the sum over its subjects, several of which are judged at a
    /// time. Absent when nobody measured it; never in a static report for machines, which is the same for the same charts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// What was seen that is no finding, such as what is lost when it must be, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What was judged: one entry per combination of platform, version and variant.
    pub subjects: Vec<SubjectResult>,
    /// Components and the edges between them, of the first subject.
    pub topology: Topology,
}
