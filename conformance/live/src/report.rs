//! From what the stages learned to a report.

use am_conformance::report::{
    API_VERSION, ChartDigest, Coverage, Mode, Profile, ProfileResult, Report, RequirementResult,
    RequirementSummary, Statistics, SubjectResult, ToolVersion, Topology,
};
use am_conformance::subject::SubjectDescription;
use am_conformance::{Catalogue, Outcome};
use am_product::Pattern;

use crate::memory::MemoryUse;
use crate::progress::Timing;
use crate::scenario::Stage;
use crate::selftest::LiveSelftest;
use crate::session::Session;

/// What a live run learned.
#[derive(Debug)]
pub struct LiveReport {
    /// The report, in the same form as a static one.
    pub report: Report,
    /// How long what took.
    pub timings: Vec<Timing>,
    /// Edges of the wiring table expected and reached, by pattern.
    pub edges: Vec<(Pattern, usize, usize)>,
    /// What was not played on every pattern, in a sentence.
    pub left_out: Option<String>,
    /// What came of broken charts, where they were played beside the sound ones.
    pub selftest: Option<LiveSelftest>,
    /// Memory of the cluster's node, where it is a kind cluster of the run's own.
    pub memory: Option<MemoryUse>,
}

/// What is told of a run as a whole.
#[derive(Debug, Clone, Default)]
pub(crate) struct Circumstances {
    pub(crate) command: String,
    pub(crate) kubernetes: String,
    pub(crate) cluster: String,
    /// The charts judged.
    pub(crate) charts: Vec<ChartDigest>,
}

/// What a run told by a report learned besides: times, edges and memory.
pub(crate) fn told(report: Report, stages: &[Stage], session: &Session) -> LiveReport {
    let played = stages.iter().flat_map(|stage| stage.timings.clone());
    LiveReport {
        report,
        timings: session.timings.iter().cloned().chain(played).collect(),
        edges: stages
            .iter()
            .map(|stage| (stage.pattern, stage.edges.0, stage.edges.1))
            .collect(),
        left_out: None,
        selftest: None,
        memory: session.memory(),
    }
}

/// One profile for each stage.
pub(crate) fn report(
    catalogue: &Catalogue,
    stages: &[Stage],
    circumstances: &Circumstances,
) -> Report {
    assemble(catalogue, profiles(stages, circumstances), circumstances)
}

/// What the stages learned, a profile each.
pub(crate) fn profiles(stages: &[Stage], circumstances: &Circumstances) -> Vec<Profile> {
    stages
        .iter()
        .map(|stage| profile(stage, circumstances))
        .collect()
}

/// A report over profiles that were made otherwise.
pub(crate) fn assemble(
    catalogue: &Catalogue,
    profiles: Vec<Profile>,
    circumstances: &Circumstances,
) -> Report {
    let judged = |id: &str| {
        profiles
            .iter()
            .flat_map(|profile: &Profile| &profile.subjects)
            .flat_map(|subject| &subject.results)
            .any(|result| result.requirement == id)
    };
    let requirements = catalogue
        .iter()
        .filter(|requirement| judged(&requirement.id))
        .map(|requirement| RequirementSummary {
            id: requirement.id.clone(),
            family: requirement.family,
            level: requirement.level,
            title: requirement.title.clone(),
            text: requirement.text.clone(),
            source: requirement.source.clone(),
            skipped: None,
        })
        .collect();
    Report {
        api_version: API_VERSION.to_owned(),
        kind: "ConformanceReport".to_owned(),
        mode: Mode::Live,
        suite_version: env!("CARGO_PKG_VERSION").to_owned(),
        tools: tools(circumstances),
        profiles,
        requirements,
        selftest: None,
        charts: circumstances.charts.clone(),
        reproduce: circumstances.command.clone(),
        coverage: Coverage::default(),
        sources: std::collections::BTreeMap::new(),
    }
}

/// What the run depends on; machines have no Kubernetes.
fn tools(circumstances: &Circumstances) -> Vec<ToolVersion> {
    let kubernetes = ToolVersion {
        name: format!("kubernetes ({})", circumstances.cluster),
        version: circumstances.kubernetes.clone(),
    };
    let is_known = !circumstances.kubernetes.is_empty();
    is_known.then_some(kubernetes).into_iter().collect()
}

fn profile(stage: &Stage, circumstances: &Circumstances) -> Profile {
    let subject = SubjectDescription {
        id: format!("p{}/dev/live", stage.pattern),
        pattern: stage.pattern,
        site: None,
        product_version: stage
            .charts
            .last()
            .map(|(version, _)| version.clone())
            .unwrap_or_default(),
        platform: "dev".to_owned(),
        variant: "live".to_owned(),
        releases: vec![stage.main.name.clone()],
        namespace: stage.namespace.clone(),
        kubernetes_version: circumstances.kubernetes.clone(),
    };
    let seconds = stage
        .timings
        .iter()
        .map(|timing| timing.took.as_secs_f64())
        .sum();
    Profile {
        topology: stage.topology.clone(),
        ..profile_of(
            stage.about(),
            subject,
            stage.record.results(),
            Some(seconds),
        )
    }
}

/// A profile with one subject.
pub(crate) fn profile_of(
    name: String,
    subject: SubjectDescription,
    results: Vec<RequirementResult>,
    seconds: Option<f64>,
) -> Profile {
    let mut statistics = Statistics::default();
    for result in &results {
        statistics.count(result.level, &result.outcome);
    }
    Profile {
        name,
        pattern: subject.pattern,
        site: subject.site.clone(),
        result: verdict(&statistics, &results),
        summary: statistics.sentence(),
        statistics,
        seconds,
        notes: Vec::new(),
        subjects: vec![SubjectResult {
            subject,
            error: None,
            results,
        }],
        topology: Topology::default(),
    }
}

/// The requirements that a cluster may be unable to show, with no fault of ours: it enforces no network policies, or has
/// one node only.
const SHOWN_BY_THE_CLUSTER: [&str; 4] = ["AM-NET-017", "AM-NET-018", "AM-NET-066", "AM-OPS-012"];

/// As for static runs, except that a cluster which was proved unable to show something makes a run partial.
fn verdict(statistics: &Statistics, results: &[RequirementResult]) -> ProfileResult {
    let only_cluster = results
        .iter()
        .filter(|result| matches!(result.outcome, Outcome::Unsupported { .. }))
        .all(|result| SHOWN_BY_THE_CLUSTER.contains(&result.requirement.as_str()));
    let without = Statistics {
        unsupported: 0,
        skipped: statistics.skipped + statistics.unsupported,
        ..*statistics
    };
    if only_cluster {
        without.verdict()
    } else {
        statistics.verdict()
    }
}

#[cfg(test)]
mod tests {
    use super::verdict;
    use am_conformance::Outcome;
    use am_conformance::report::{ProfileResult, RequirementResult, Statistics};
    use am_conformance::requirement::Level;

    fn judged(unsupported: &str) -> ProfileResult {
        let result = |id: &str, outcome| RequirementResult {
            requirement: id.to_owned(),
            level: Level::Must,
            outcome,
        };
        let reason = "no probe".to_owned();
        let results = [
            result("AM-WIRE-001", Outcome::Passed { checked: 1 }),
            result(unsupported, Outcome::Unsupported { reason }),
        ];
        let mut statistics = Statistics::default();
        for result in &results {
            statistics.count(result.level, &result.outcome);
        }
        verdict(&statistics, &results)
    }

    #[test]
    fn a_cluster_that_enforces_no_policies_makes_a_run_partial_and_never_a_success() {
        assert_eq!(judged("AM-NET-017"), ProfileResult::Partial);
    }

    #[test]
    fn anything_else_that_could_not_be_judged_is_a_failure() {
        assert_eq!(judged("AM-WIRE-002"), ProfileResult::Failure);
    }
}
