//! What a report says that the one before did not.

use std::collections::BTreeSet;

use super::{
    Report, SubjectResult, groups,
    human::{reasons, render_failures},
};
use crate::{finding::Finding, outcome::Outcome};

/// The difference between two reports on the same charts. Faults that several subjects share count once.
#[derive(Debug, Clone, PartialEq)]
pub struct News {
    /// The newer report with the faults that the older did not have, and no others.
    pub report: Report,
    /// Faults that are new, or new on a subject.
    pub appeared: usize,
    /// Faults that the newer report no longer has.
    pub gone: usize,
    /// Faults that the newer report has.
    pub all: usize,
}

/// Compares a report with the one before it. Lines that moved make no fault new.
pub fn news(before: Option<&Report>, now: &Report) -> News {
    let known: BTreeSet<String> = before.into_iter().flat_map(faults).collect();
    let mut report = now.clone();
    for profile in &mut report.profiles {
        for subject in &mut profile.subjects {
            keep_new(subject, &known);
        }
    }
    let former = before.map(distinct).unwrap_or_default();
    let all = distinct(now);
    News {
        appeared: distinct(&report).len(),
        gone: former.difference(&all).count(),
        all: all.len(),
        report,
    }
}

/// Faults as reports count them: once for all subjects that share them.
fn distinct(report: &Report) -> BTreeSet<String> {
    let subjects = || report.profiles.iter().flat_map(|profile| &profile.subjects);
    let errors = render_failures(subjects());
    let errors = errors.into_iter().map(|(error, _)| error.to_owned());
    let unsupported = reasons(subjects(), |outcome| match outcome {
        Outcome::Unsupported { reason } => Some(reason),
        _ => None,
    });
    let unsupported = unsupported.into_keys().map(|(id, reason)| told(id, reason));
    groups(report, subjects())
        .into_iter()
        .map(|group| group.identity)
        .chain(errors)
        .chain(unsupported)
        .collect()
}

fn keep_new(subject: &mut SubjectResult, known: &BTreeSet<String>) {
    let id = subject.subject.id.clone();
    let is_new = |fault: &str| !known.contains(fault);
    subject.error = subject
        .error
        .take()
        .filter(|error| is_new(&told(&id, error)));
    subject
        .results
        .retain_mut(|result| match &mut result.outcome {
            Outcome::Failed { findings, .. } => {
                findings.retain(|finding| is_new(&identity(&id, finding)));
                !findings.is_empty()
            }
            Outcome::Unsupported { reason } => {
                is_new(&told(&id, &format!("{}\u{1f}{reason}", result.requirement)))
            }
            _ => true,
        });
}

fn faults(report: &Report) -> impl Iterator<Item = String> {
    let subjects = report.profiles.iter().flat_map(|profile| &profile.subjects);
    subjects.flat_map(|subject| {
        let id = subject.subject.id.as_str();
        let error = subject.error.iter().map(move |error| told(id, error));
        let findings = subject.findings().map(move |finding| identity(id, finding));
        let unsupported = subject.results.iter().filter_map(move |result| {
            let Outcome::Unsupported { reason } = &result.outcome else {
                return None;
            };
            Some(told(id, &format!("{}\u{1f}{reason}", result.requirement)))
        });
        error.chain(findings).chain(unsupported)
    })
}

fn told(subject: &str, what: &str) -> String {
    format!("{subject}\u{1f}{what}")
}

fn identity(subject: &str, finding: &Finding) -> String {
    let object = finding.object.as_ref().map(ToString::to_string);
    let configuration = finding.configuration.as_ref();
    let key = configuration.map(|configuration| (&configuration.source, &configuration.key));
    told(
        subject,
        &format!(
            "{}\u{1f}{object:?}\u{1f}{key:?}\u{1f}{}",
            finding.requirement, finding.message
        ),
    )
}
