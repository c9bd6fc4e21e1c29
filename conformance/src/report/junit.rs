//! `JUnit` XML: one suite per pattern, platform and product version, one test case per requirement.

use std::collections::BTreeMap;

use quick_junit::{
    NonSuccessKind, Report as JunitReport, SerializeError, TestCase, TestCaseStatus, TestSuite,
};

use super::{Cause, Profile, Report, RequirementSummary, SubjectResult, causes, human};
use crate::{outcome::Outcome, requirement::Level};

/// `report` as `JUnit` XML.
pub(super) fn render(report: &Report) -> Result<String, SerializeError> {
    let mut junit = JunitReport::new("am-charts conformance");
    for profile in &report.profiles {
        let mut suites: BTreeMap<(&str, &str), Vec<&SubjectResult>> = BTreeMap::new();
        for subject in &profile.subjects {
            let key = (
                subject.subject.platform.as_str(),
                subject.subject.product_version.as_str(),
            );
            suites.entry(key).or_default().push(subject);
        }
        for ((platform, version), subjects) in suites {
            junit.add_test_suite(suite(report, profile, platform, version, &subjects));
        }
    }
    if !report.coverage.gaps.is_empty() {
        let mut suite = TestSuite::new("coverage");
        for gap in &report.coverage.gaps {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(gap.as_str()).set_type("coverage");
            suite.add_test_case(TestCase::new("everything was checked", status));
        }
        junit.add_test_suite(suite);
    }
    junit.to_string()
}

fn suite(
    report: &Report,
    profile: &Profile,
    platform: &str,
    version: &str,
    subjects: &[&SubjectResult],
) -> TestSuite {
    let name = format!("{}/{platform}/{version}", profile.name);
    let mut suite = TestSuite::new(name.as_str());
    let variants: Vec<&str> = subjects
        .iter()
        .map(|subject| subject.subject.variant.as_str())
        .collect();
    suite.add_property(("variants", variants.join(", ").as_str()));
    suite.add_property(("reproduce", report.reproduce.as_str()));
    if !profile.notes.is_empty() {
        suite.set_system_out(profile.notes.join("\n"));
    }
    for (message, ids) in human::render_failures(subjects.iter().copied()) {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status
            .set_message("charts did not render")
            .set_type("render")
            .set_description(format!("{message}\n{}", human::list(&ids)));
        let mut case = TestCase::new("charts render", status);
        case.set_classname(name.as_str());
        suite.add_test_case(case);
    }
    let causes = causes(report, subjects.iter().copied());
    for requirement in &report.requirements {
        if let Some(mut case) = case(report, requirement, subjects, &causes) {
            case.set_classname(name.as_str());
            suite.add_test_case(case);
        }
    }
    suite
}

/// The findings of `requirement`: causes in full, consequences in a line that names the cause.
fn findings(
    report: &Report,
    requirement: &RequirementSummary,
    causes: &[Cause<'_>],
) -> Vec<String> {
    let mut texts = Vec::new();
    for cause in causes {
        let first = cause.finding.finding;
        if first.requirement == requirement.id {
            texts.push(human::plain(report, cause));
        }
        let consequences = cause.consequences.iter().map(|group| group.finding);
        let own = consequences.filter(|finding| finding.requirement == requirement.id);
        texts.extend(own.map(|finding| {
            format!(
                "{}\n  = shares {} with its cause, {}: {}",
                finding.message,
                cause.shared(),
                first.requirement,
                first.message
            )
        }));
    }
    texts
}

/// The test case of `requirement`: the worst of its outcomes on `subjects`. None when no subject has one.
fn case(
    report: &Report,
    requirement: &RequirementSummary,
    subjects: &[&SubjectResult],
    causes: &[Cause<'_>],
) -> Option<TestCase> {
    let outcomes: Vec<&Outcome> = subjects
        .iter()
        .flat_map(|subject| &subject.results)
        .filter(|result| result.requirement == requirement.id)
        .map(|result| &result.outcome)
        .collect();
    let findings = findings(report, requirement, causes);
    let unsupported = outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Unsupported { reason } => Some(reason),
        _ => None,
    });
    let passed = outcomes
        .iter()
        .any(|outcome| matches!(outcome, Outcome::Passed { .. }));
    let not_run = outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Skipped { reason } => Some(format!("skipped: {reason}")),
        Outcome::NotApplicable { reason } => Some(format!("not applicable: {reason}")),
        _ => None,
    });
    let failed = !findings.is_empty();
    let status = if failed && requirement.level == Level::Must {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status
            .set_message(requirement.text.as_str())
            .set_type(requirement.id.as_str())
            .set_description(findings.join("\n\n"));
        status
    } else if let Some(reason) = unsupported {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status
            .set_message(format!("could not be checked: {reason}"))
            .set_type("unsupported");
        status
    } else if passed || failed {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::skipped();
        status.set_message(not_run?);
        status
    };
    let mut case = TestCase::new(format!("{} {}", requirement.id, requirement.title), status);
    let checked: usize = outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Passed { checked } | Outcome::Failed { checked, .. } => *checked,
            _ => 0,
        })
        .sum();
    case.set_assertions(checked);
    if failed && requirement.level == Level::Should {
        // Not met, and yet conformant: CI systems show it with the test's output.
        case.set_system_out(findings.join("\n\n"));
    }
    Some(case)
}
