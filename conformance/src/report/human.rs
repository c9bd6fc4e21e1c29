//! The report for people at a terminal: findings as compilers show them, then one line per pattern.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    Cause, FindingText, Profile, ProfileResult, Report, Statistics, Style, SubjectResult, Tally,
    causes, text::wrap,
};
use crate::outcome::Outcome;

/// `report` as text that ends in a new line. A report in which all is well is one line per pattern and a
/// final line.
pub fn render(report: &Report, style: Style) -> String {
    let mut out = faults(report, style);
    let width = report
        .profiles
        .iter()
        .map(|profile| profile.name.len())
        .max()
        .unwrap_or(0);
    for profile in &report.profiles {
        let _ = writeln!(out, "{}", profile_line(profile, width, style));
        for ((id, reason), _) in reasons(&profile.subjects, |outcome| match outcome {
            Outcome::Skipped { reason } => Some(reason),
            _ => None,
        }) {
            let _ = writeln!(
                out,
                "    {} {id}: {reason}",
                paint(style, Tone::Warn, "skipped")
            );
        }
    }
    for (profile, note) in notes(report) {
        let text = format!("note: {}: {note}", profile.name);
        let _ = writeln!(out, "{}", wrap(&text, style.width));
    }
    if let Some(scope) = &report.coverage.scope {
        let _ = writeln!(out, "{}", wrap(scope, style.width));
    }
    for unseen in &report.coverage.unseen {
        let _ = writeln!(out, "{}", wrap(&format!("note: {unseen}"), style.width));
    }
    out.push_str(&final_line(report, style));
    out
}

/// What is told of each profile besides its findings.
pub(super) fn notes(report: &Report) -> impl Iterator<Item = (&Profile, &str)> {
    let profiles = report.profiles.iter();
    profiles.flat_map(|profile| {
        profile
            .notes
            .iter()
            .map(move |note| (profile, note.as_str()))
    })
}

/// What is wrong, without the lines that sum up; empty when all is well.
pub fn faults(report: &Report, style: Style) -> String {
    let mut out = String::new();
    let subjects = || report.profiles.iter().flat_map(|profile| &profile.subjects);
    for (message, ids) in render_failures(subjects()) {
        let _ = writeln!(
            out,
            "{}: charts did not render\n{}\n  = found: {}\n",
            paint(style, Tone::Bad, "error"),
            wrap(message, style.width),
            list(&ids),
        );
    }
    let causes = causes(report, subjects());
    for cause in &causes {
        let text = FindingText::of_cause(report, cause).render(style);
        let _ = writeln!(out, "{}\n", text.trim_end());
    }
    if causes.iter().any(|cause| !cause.consequences.is_empty()) {
        out.push_str(
            "Consequences are shown in full by --report html=FILE, markdown=FILE or json=FILE.\n\n",
        );
    }
    for ((id, reason), ids) in reasons(subjects(), |outcome| match outcome {
        Outcome::Unsupported { reason } => Some(reason),
        _ => None,
    }) {
        let _ = writeln!(
            out,
            "{}[{id}]: could not be checked: {reason}\n  = found: {}\n",
            paint(style, Tone::Bad, "error"),
            list(&ids),
        );
    }
    for gap in &report.coverage.gaps {
        let _ = writeln!(
            out,
            "{}: not everything was checked\n{}\n",
            paint(style, Tone::Bad, "error"),
            wrap(gap, style.width),
        );
    }
    for survivor in report
        .selftest
        .iter()
        .flat_map(|selftest| &selftest.survivors)
    {
        let _ = writeln!(
            out,
            "{}[{}]: mutant `{}` survived: {}\n",
            paint(style, Tone::Bad, "error"),
            survivor.requirement,
            survivor.mutant,
            survivor.reason,
        );
    }
    out
}

/// The first finding of `cause` as text without colour: what every other format shows.
pub(super) fn plain(report: &Report, cause: &Cause<'_>) -> String {
    FindingText::of_cause(report, cause)
        .render(Style::PLAIN)
        .trim_end()
        .to_owned()
}

fn profile_line(profile: &Profile, width: usize, style: Style) -> String {
    let (word, tone) = match profile.result {
        ProfileResult::Success => ("ok     ", Tone::Good),
        ProfileResult::Partial => ("partial", Tone::Warn),
        ProfileResult::Failure => ("FAILED ", Tone::Bad),
    };
    let seconds = profile
        .seconds
        .map(|seconds| format!("  {seconds:.1} s"))
        .unwrap_or_default();
    format!(
        "{}  {:width$}  {}{seconds}",
        paint(style, tone, word),
        profile.name,
        counts(profile.statistics),
    )
}

/// Counts in words. `failed` is always there; words that would say nothing but 0 are left out only where
/// they are rare.
pub(super) fn counts(statistics: Statistics) -> String {
    let mut text = format!(
        "{} checks: {} passed, {} failed, {} skipped, {} unsupported, {} not applicable",
        statistics.checked,
        statistics.passed,
        statistics.failed,
        statistics.skipped,
        statistics.unsupported,
        statistics.not_applicable,
    );
    if statistics.warned > 0 {
        let _ = write!(text, ", {} with warnings", statistics.warned);
    }
    if statistics.render_failures > 0 {
        let _ = write!(text, ", {} not rendered", statistics.render_failures);
    }
    text
}

/// Causes and consequences of the whole run.
pub(super) fn tally(report: &Report) -> Tally {
    let subjects = report.profiles.iter().flat_map(|profile| &profile.subjects);
    Tally::of(&causes(report, subjects))
}

fn final_line(report: &Report, style: Style) -> String {
    let statistics = report.statistics();
    let (word, tone) = match report.result() {
        _ if report.exit_code() == 4 => ("self-test failed", Tone::Bad),
        _ if report.profiles.is_empty() && report.coverage.nothing_affected => {
            return String::new();
        }
        ProfileResult::Success => ("conformant", Tone::Good),
        ProfileResult::Partial if statistics.skipped == 0 => (
            "conformant so far: not everything could be checked",
            Tone::Warn,
        ),
        ProfileResult::Partial => (
            "conformant so far: some requirements were skipped",
            Tone::Warn,
        ),
        ProfileResult::Failure if statistics.checked == 0 => {
            ("not conformant: nothing was checked", Tone::Bad)
        }
        ProfileResult::Failure if report.exit_code() == 3 => {
            ("not conformant: not everything was checked", Tone::Bad)
        }
        ProfileResult::Failure => ("not conformant", Tone::Bad),
    };
    let subjects: usize = report
        .profiles
        .iter()
        .map(|profile| profile.subjects.len())
        .sum();
    let tally = tally(report);
    let mut line = format!(
        "{}: {}{} checks of {} requirements on {subjects} subject{}",
        paint(style, tone, word),
        if tally == Tally::default() {
            String::new()
        } else {
            format!("{tally}; ")
        },
        statistics.checked,
        report.requirements.len(),
        if subjects == 1 { "" } else { "s" },
    );
    if report.coverage.cached > 0 {
        let _ = write!(
            line,
            " ({} unchanged since the last run)",
            report.coverage.cached
        );
    }
    if let Some(selftest) = &report.selftest {
        let _ = write!(
            line,
            "; self-test: {} of {} mutants killed ({:.1} %)",
            selftest.killed, selftest.mutants, selftest.kill_rate
        );
    } else if report.mode == super::Mode::Static {
        line.push_str("; self-test has not run for this version of the suite");
    }
    line.push('\n');
    line
}

/// Why charts did not render, with the subjects that share the reason.
pub(super) fn render_failures<'r>(
    subjects: impl IntoIterator<Item = &'r SubjectResult>,
) -> Vec<(&'r str, Vec<&'r str>)> {
    let mut failures: Vec<(&str, Vec<&str>)> = Vec::new();
    for subject in subjects {
        let Some(error) = &subject.error else {
            continue;
        };
        match failures.iter_mut().find(|(message, _)| message == error) {
            Some((_, ids)) => ids.push(&subject.subject.id),
            None => failures.push((error, vec![&subject.subject.id])),
        }
    }
    failures
}

/// Requirements with an outcome that `reason_of` gives a reason for, with the subjects that share it.
pub(super) fn reasons<'r>(
    subjects: impl IntoIterator<Item = &'r SubjectResult>,
    reason_of: impl Fn(&'r Outcome) -> Option<&'r String>,
) -> BTreeMap<(&'r str, &'r str), Vec<&'r str>> {
    let mut found: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for subject in subjects {
        for result in &subject.results {
            if let Some(reason) = reason_of(&result.outcome) {
                found
                    .entry((&result.requirement, reason))
                    .or_default()
                    .push(&subject.subject.id);
            }
        }
    }
    found
}

/// The first few of `ids`, and how many there are.
pub(super) fn list(ids: &[&str]) -> String {
    const SHOWN: usize = 3;
    let more = match ids.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown: Vec<&str> = ids.iter().take(SHOWN).copied().collect();
    format!("in {}{more}", shown.join(", "))
}

#[derive(Clone, Copy)]
enum Tone {
    Good,
    Warn,
    Bad,
}

fn paint(style: Style, tone: Tone, text: &str) -> String {
    if !style.color {
        return text.to_owned();
    }
    let code = match tone {
        Tone::Good => 32,
        Tone::Warn => 33,
        Tone::Bad => 31,
    };
    format!("\u{1b}[1;{code}m{text}\u{1b}[0m")
}
