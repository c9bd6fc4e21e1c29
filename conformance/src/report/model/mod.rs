//! The report's data.

mod profile;
mod selftest;
mod statistics;
mod subject;
mod topology;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{finding::Finding, subject::SubjectDescription};

pub use profile::Profile;
pub use selftest::{SelftestSummary, Survivor};
pub use statistics::{ProfileResult, Statistics};
pub use subject::{RequirementResult, RequirementSummary, SubjectResult};
pub use topology::{Crossing, Edge, EdgeVerdict, Exposure, Node, Topology};

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
    /// What could not be seen and was therefore not judged, in sentences: a configuration that is made elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<String>,
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

/// A chart and the digest of its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartDigest {
    /// Chart name or path.
    pub name: String,
    /// `sha256:` and hex, over the sorted list of paths and contents.
    pub digest: String,
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
