//! Judges again what was not green in the last report, and keeps the rest of what it knows.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::Subject;
use crate::{
    error::SuiteError,
    report::{API_VERSION, Mode, Profile, Report, Statistics, SubjectResult},
};

/// The last report, and what was not green in it.
#[derive(Debug, Clone)]
pub struct Rerun {
    path: PathBuf,
    last: Report,
    /// Requirements by subject; absent where the subject's charts did not render.
    failed: BTreeMap<String, Option<BTreeSet<String>>>,
}

/// What is judged again.
pub(super) struct Choice {
    pub(super) subjects: Vec<Subject>,
    /// Why, in a sentence for the report.
    pub(super) scope: String,
    /// Whether only a part is judged, so that the last report is needed for the rest.
    pub(super) is_partial: bool,
}

impl Rerun {
    /// Reads the report of the last run.
    ///
    /// # Errors
    /// When there is none, or it is none of ours.
    pub fn read(path: &Path) -> Result<Self, SuiteError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            if error.kind() == std::io::ErrorKind::NotFound {
                return SuiteError::usage(format!(
                    "--rerun-failed: there is no last report at {}; run `cargo xtask conformance` once without --rerun-failed, or name your JSON report with --report",
                    path.display()
                ));
            }
            SuiteError::Read {
                file: path.to_owned(),
                source: error,
            }
        })?;
        let last: Report = serde_json::from_str(&text).map_err(|error| {
            SuiteError::usage(format!(
                "--rerun-failed: {} is no report of this suite ({error}); run once without --rerun-failed",
                path.display()
            ))
        })?;
        if last.api_version != API_VERSION || last.mode != Mode::Static {
            return Err(SuiteError::usage(format!(
                "--rerun-failed: {} is not the report of a static run; run once without --rerun-failed",
                path.display()
            )));
        }
        let failed = last
            .profiles
            .iter()
            .flat_map(|profile| &profile.subjects)
            .filter_map(|subject| Some((subject.subject.id.clone(), failed(subject)?)))
            .collect();
        Ok(Self {
            path: path.to_owned(),
            last,
            failed,
        })
    }

    /// What to judge of the subjects that the options choose: everything when the last report has no failure among
    /// them, or is about other charts.
    pub(super) fn choose(&self, subjects: Vec<Subject>, input: &str, chosen: &[String]) -> Choice {
        let everything = |subjects, reason: String| Choice {
            subjects,
            scope: format!("everything was judged: {reason}"),
            is_partial: false,
        };
        let path = self.path.display();
        if self.last.coverage.input != input {
            let reason = format!(
                "the last report ({path}) is about `{}`",
                self.last.coverage.input
            );
            return everything(subjects, reason);
        }
        let mut again = Vec::new();
        let mut outcomes = 0;
        for subject in &subjects {
            let Some(failed) = self.failed.get(&subject.description.id) else {
                continue;
            };
            let mut subject = subject.clone();
            subject.requirements = failed.as_ref().map(|failed| {
                let known = failed.iter().filter(|id| chosen.contains(id));
                known.cloned().collect()
            });
            match &subject.requirements {
                Some(failed) if failed.is_empty() => continue,
                Some(failed) => outcomes += failed.len(),
                None => outcomes += chosen.len(),
            }
            again.push(subject);
        }
        if again.is_empty() {
            let reason = format!("the last report ({path}) has no failure in what was chosen");
            return everything(subjects, reason);
        }
        Choice {
            scope: format!(
                "only what was not green in the last report ({path}) was judged again: {} on {}; all others are taken over from it",
                counted(outcomes, "outcome"),
                counted(again.len(), "subject"),
            ),
            subjects: again,
            is_partial: true,
        }
    }

    /// The last report with the new outcomes in the place of the old.
    pub(super) fn merge(&self, now: Report) -> Report {
        let mut merged = now;
        // What only a whole run can tell stays until the next one.
        merged.coverage.gaps.clone_from(&self.last.coverage.gaps);
        let mut fresh = std::mem::take(&mut merged.profiles);
        for old in &self.last.profiles {
            let at = fresh
                .iter()
                .position(|profile| profile.pattern == old.pattern);
            let new = at.map(|at| fresh.remove(at));
            merged.profiles.push(merge_profile(old, new));
        }
        merged.profiles.extend(fresh);
        merged.profiles.sort_by_key(|profile| profile.pattern);

        for old in &self.last.requirements {
            if !merged.requirements.iter().any(|new| new.id == old.id) {
                merged.requirements.push(old.clone());
            }
        }
        // What was taken over was judged on the charts as they were then.
        for old in &self.last.charts {
            if !merged.charts.contains(old) {
                merged.charts.push(old.clone());
            }
        }
        for (name, text) in &self.last.sources {
            if !merged.sources.contains_key(name) {
                merged.sources.insert(name.clone(), text.clone());
            }
        }
        merged
    }
}

fn counted(number: usize, word: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {word}{plural}")
}

/// Requirements that are not green on a subject; `Some(None)` when its charts did not render.
#[expect(clippy::option_option, reason = "the outer one is `filter_map`'s")]
fn failed(subject: &SubjectResult) -> Option<Option<BTreeSet<String>>> {
    if subject.error.is_some() {
        return Some(None);
    }
    let ids: BTreeSet<String> = subject
        .results
        .iter()
        .filter(|result| !result.outcome.is_green())
        .map(|result| result.requirement.clone())
        .collect();
    (!ids.is_empty()).then_some(Some(ids))
}

fn merge_profile(old: &Profile, new: Option<Profile>) -> Profile {
    let mut merged = old.clone();
    merged.seconds = None;
    let mut renders = 0;
    let mut fresh = Vec::new();
    if let Some(new) = new {
        renders = new.statistics.renders;
        merged.seconds = new.seconds;
        fresh = new.subjects;
        let first =
            |subjects: &[SubjectResult]| subjects.first().map(|subject| subject.subject.id.clone());
        if first(&fresh) == first(&old.subjects) && first(&fresh).is_some() {
            merged.topology = new.topology;
        }
    }
    let mut taken_over = 0;
    for subject in &mut merged.subjects {
        let at = fresh
            .iter()
            .position(|new| new.subject.id == subject.subject.id);
        let Some(new) = at.map(|at| fresh.remove(at)) else {
            taken_over += subject.results.len();
            continue;
        };
        if new.error.is_some() || subject.error.is_some() {
            *subject = new;
            continue;
        }
        for result in &mut subject.results {
            let judged = new
                .results
                .iter()
                .find(|new| new.requirement == result.requirement);
            match judged {
                Some(judged) => result.clone_from(judged),
                None => taken_over += 1,
            }
        }
    }
    merged.subjects.extend(fresh);
    let mut statistics = Statistics {
        renders,
        taken_over,
        ..Statistics::default()
    };
    for subject in &merged.subjects {
        statistics.render_failures += usize::from(subject.error.is_some());
        for result in &subject.results {
            statistics.count(result.level, &result.outcome);
        }
    }
    merged.statistics = statistics;
    merged.result = statistics.verdict();
    merged.summary = statistics.sentence();
    merged
}
