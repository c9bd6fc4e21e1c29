//! The report's data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    component::Component,
    finding::Finding,
    outcome::Outcome,
    requirement::{Family, Level},
    subject::SubjectDescription,
};

/// `apiVersion` of reports and specifications.
pub const API_VERSION: &str = "conformance.am-charts/v1";

/// Everything that a run learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Always [`API_VERSION`].
    pub api_version: String,
    /// Always `ConformanceReport`.
    pub kind: String,
    /// How evidence was gathered.
    pub mode: Mode,
    /// Version of this suite.
    pub suite_version: String,
    /// Tools used, with their versions.
    pub tools: Vec<ToolVersion>,
    /// One profile per pattern judged.
    pub profiles: Vec<Profile>,
    /// Requirements that this run judged or was asked to skip, so that a shrunken run cannot look whole.
    pub requirements: Vec<RequirementSummary>,
    /// Proof that the checks can fail, when it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selftest: Option<SelftestSummary>,
    /// Charts judged, with their digests.
    pub charts: Vec<ChartDigest>,
    /// The command that repeats this run.
    pub reproduce: String,
    /// What was judged, and how much of it.
    #[serde(default, skip_serializing_if = "Coverage::is_empty")]
    pub coverage: Coverage,
    /// Texts that findings point into; secrets are masked. Configuration files are found by
    /// [`crate::finding::ConfigurationLocation::source`]. The texts of templates and of the generator's
    /// files may be here too, as `chart/file` and `file`; reports then show the line itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, String>,
}

/// What a run judged, and how much of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    /// The charts or specification under test, as the user named them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub input: String,
    /// Subjects whose outcomes an earlier run with the same charts, tools and suite had found.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cached: usize,
    /// Why less was judged than was chosen, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// What a whole run left unjudged, in sentences: a template that no subject renders, a requirement that looked at nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<String>,
    /// Nothing was judged because nothing under test changed: the only run that is green without a check.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nothing_affected: bool,
}

impl Coverage {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// How evidence was gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// From rendered documents.
    Static,
    /// From a running cluster.
    Live,
}

/// A tool and its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolVersion {
    /// Name, such as `helm`.
    pub name: String,
    /// Version as the tool tells it.
    pub version: String,
}

/// The verdict on one pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Name, such as `am-pattern-3`.
    pub name: String,
    /// Pattern number.
    pub pattern: u8,
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
    /// What was judged: one entry per combination of platform, version and variant.
    pub subjects: Vec<SubjectResult>,
    /// Components and the edges between them, of the first subject.
    pub topology: Topology,
}

/// The verdict on a pattern or run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProfileResult {
    /// Every MUST was judged and holds.
    Success,
    /// Nothing failed, but something was skipped on request.
    Partial,
    /// A MUST failed, could not be judged, or a chart did not render.
    Failure,
}

/// Counts of outcomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// Outcomes that passed.
    pub passed: usize,
    /// Outcomes of MUST requirements that failed.
    pub failed: usize,
    /// Outcomes of SHOULD requirements that failed.
    pub warned: usize,
    /// Outcomes skipped on request.
    pub skipped: usize,
    /// Outcomes that could not be judged.
    pub unsupported: usize,
    /// Outcomes that do not apply.
    pub not_applicable: usize,
    /// Things looked at by all passed and failed outcomes.
    pub checked: usize,
    /// Charts rendered.
    pub renders: usize,
    /// Subjects whose charts did not render.
    pub render_failures: usize,
}

impl Statistics {
    /// Counts one outcome.
    pub fn count(&mut self, level: Level, outcome: &Outcome) {
        match outcome {
            Outcome::Passed { checked } => {
                self.passed += 1;
                self.checked += checked;
            }
            Outcome::Failed { checked, .. } => {
                match level {
                    Level::Must => self.failed += 1,
                    Level::Should => self.warned += 1,
                }
                self.checked += checked;
            }
            Outcome::Skipped { .. } => self.skipped += 1,
            Outcome::Unsupported { .. } => self.unsupported += 1,
            Outcome::NotApplicable { .. } => self.not_applicable += 1,
        }
    }

    /// The sum of two counts.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            warned: self.warned + other.warned,
            skipped: self.skipped + other.skipped,
            unsupported: self.unsupported + other.unsupported,
            not_applicable: self.not_applicable + other.not_applicable,
            checked: self.checked + other.checked,
            renders: self.renders + other.renders,
            render_failures: self.render_failures + other.render_failures,
        }
    }

    /// One sentence for a profile.
    pub fn sentence(self) -> String {
        let mut parts = vec![format!("{} passed", self.passed)];
        for (count, word) in [
            (self.failed, "failed"),
            (self.warned, "to consider"),
            (self.skipped, "skipped"),
            (self.unsupported, "could not be judged"),
            (self.render_failures, "did not render"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {word}"));
            }
        }
        format!(
            "{}; {} things looked at in {} renders.",
            parts.join(", "),
            self.checked,
            self.renders
        )
    }

    /// The verdict that these counts allow. Nothing checked is a failure.
    pub fn verdict(self) -> ProfileResult {
        if self.failed > 0 || self.unsupported > 0 || self.render_failures > 0 || self.checked == 0
        {
            ProfileResult::Failure
        } else if self.skipped > 0 {
            ProfileResult::Partial
        } else {
            ProfileResult::Success
        }
    }
}

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

/// Result of the self-test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SelftestSummary {
    /// Mutants applied.
    pub mutants: usize,
    /// Mutants that the intended requirement reported, and no unrelated one.
    pub killed: usize,
    /// `killed` of `mutants` in percent, rounded down to a tenth.
    pub kill_rate: f64,
    /// Requirements none of whose mutants was killed: nothing proves that their checks can fail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unproved: Vec<String>,
    /// Mutants that were not killed as they should be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub survivors: Vec<Survivor>,
}

/// A mutant that was not killed by exactly the intended requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Survivor {
    /// The requirement that should have reported it.
    pub requirement: String,
    /// The mutant's name.
    pub mutant: String,
    /// What happened instead: not noticed, void, or reported by others.
    pub reason: String,
}

/// A chart and the digest of its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartDigest {
    /// Chart name or path.
    pub name: String,
    /// `sha256:` and hex, over the sorted list of paths and contents.
    pub digest: String,
}

/// Components and edges of a pattern, for pictures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Topology {
    /// Components with their nodes.
    pub nodes: Vec<Node>,
    /// Edges between them.
    pub edges: Vec<Edge>,
    /// Ways in from outside: Ingresses, `HTTPRoute`s and Routes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exposures: Vec<Exposure>,
}

/// A host that is served to clients outside the cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exposure {
    /// Component that answers.
    pub to: Component,
    /// Host name that clients use.
    pub host: String,
    /// Port of the component, from 1.
    pub port: u16,
    /// Kind of the object that exposes it, such as `HTTPRoute`.
    pub kind: String,
    /// Name of that object.
    pub name: String,
}

/// A component as it is deployed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Component.
    pub component: Component,
    /// Number of nodes (pods).
    pub replicas: usize,
    /// Kind and name of its workloads.
    pub workloads: Vec<String>,
    /// Container ports, `name:number` or the number.
    pub ports: Vec<String>,
    /// Names of the Services that lead to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
}

/// A configured connection from one component to another (or to itself).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Edge {
    /// Who connects.
    pub from: Component,
    /// To whom; absent when the address leads to none of our components.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Component>,
    /// Host as written, or the external host.
    pub host: String,
    /// Port number.
    pub port: u16,
    /// Scheme, such as `tcp`.
    pub scheme: String,
    /// Configuration key that says so.
    pub key: String,
    /// Where it leads.
    pub verdict: EdgeVerdict,
    /// Ids of the requirements that report this edge as broken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken_by: Vec<String>,
}

/// Where a reference leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EdgeVerdict {
    /// To a port of a pod of the pattern.
    Resolves,
    /// To a name or port that nothing provides.
    Dangles,
    /// To a host that lives outside, as declared.
    External,
    /// It cannot be told statically.
    Unknown,
}

impl Report {
    /// The sum of all profiles.
    pub fn statistics(&self) -> Statistics {
        self.profiles
            .iter()
            .fold(Statistics::default(), |sum, profile| {
                sum.plus(profile.statistics)
            })
    }

    /// The verdict on the run: the worst of its profiles. A run without profiles is a failure, unless it says that
    /// nothing under test changed.
    pub fn result(&self) -> ProfileResult {
        if self.profiles.is_empty() && self.coverage.nothing_affected {
            return ProfileResult::Success;
        }
        if !self.coverage.gaps.is_empty() {
            return ProfileResult::Failure;
        }
        self.profiles
            .iter()
            .map(|profile| profile.result)
            .max()
            .unwrap_or(ProfileResult::Failure)
    }

    /// Every finding with the subject it was made on.
    pub fn findings(&self) -> impl Iterator<Item = (&SubjectDescription, &Finding)> {
        self.profiles
            .iter()
            .flat_map(|profile| &profile.subjects)
            .flat_map(|subject| {
                subject
                    .findings()
                    .map(move |finding| (&subject.subject, finding))
            })
    }

    /// The exit code of a command that ends with this report: 0 conformant, 1 not, 3 when something
    /// could not be checked and nothing failed, 4 when a mutant survived.
    pub fn exit_code(&self) -> u8 {
        if self
            .selftest
            .as_ref()
            .is_some_and(|selftest| !selftest.survivors.is_empty())
        {
            return 4;
        }
        let statistics = self.statistics();
        match self.result() {
            ProfileResult::Success | ProfileResult::Partial => 0,
            ProfileResult::Failure if statistics.failed > 0 || statistics.render_failures > 0 => 1,
            ProfileResult::Failure => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ProfileResult, Statistics};
    use crate::{outcome::Outcome, requirement::Level};

    #[test]
    fn nothing_checked_is_a_failure() {
        assert_eq!(Statistics::default().verdict(), ProfileResult::Failure);
    }

    #[test]
    fn an_unsupported_requirement_keeps_a_pattern_from_success() {
        let mut statistics = Statistics::default();
        statistics.count(Level::Must, &Outcome::Passed { checked: 3 });
        assert_eq!(statistics.verdict(), ProfileResult::Success);
        statistics.count(
            Level::Must,
            &Outcome::Skipped {
                reason: "asked".into(),
            },
        );
        assert_eq!(statistics.verdict(), ProfileResult::Partial);
        statistics.count(
            Level::Must,
            &Outcome::Unsupported {
                reason: "no schema".into(),
            },
        );
        assert_eq!(statistics.verdict(), ProfileResult::Failure);
    }
}
