//! A summary in Markdown, for the page that a CI system shows for a job.

use std::fmt::Write as _;

use super::{Cause, FindingText, ProfileResult, Report, Tally, causes, human};
use crate::outcome::Outcome;

/// `report` as Markdown.
pub(super) fn render(report: &Report) -> String {
    let mut out = String::from("# Conformance\n\n");
    let _ = writeln!(
        out,
        "**{}** – {}\n",
        match report.result() {
            ProfileResult::Success => "Conformant",
            ProfileResult::Partial => "Conformant so far; not everything was checked",
            ProfileResult::Failure => "Not conformant",
        },
        human::counts(report.statistics()),
    );
    for told in report.coverage.scope.iter().chain(&report.coverage.unseen) {
        let _ = writeln!(out, "{}\n", cell(told));
    }
    out.push_str(
        "| Pattern | Result | Checks | Passed | Failed | Warned | Skipped | Unsupported | Not applicable | Time |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for profile in &report.profiles {
        let counts = profile.statistics;
        let time = profile.seconds.map(|seconds| format!("{seconds:.1} s"));
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            cell(&profile.name),
            match profile.result {
                ProfileResult::Success => "✅ success",
                ProfileResult::Partial => "⚠️ partial",
                ProfileResult::Failure => "❌ failure",
            },
            counts.checked,
            counts.passed,
            counts.failed,
            counts.warned,
            counts.skipped,
            counts.unsupported,
            counts.not_applicable,
            time.unwrap_or_default(),
        );
    }
    for (at, (profile, note)) in human::notes(report).enumerate() {
        let gap = if at == 0 { "\n" } else { "" };
        let _ = writeln!(out, "{gap}- {}: {}", cell(&profile.name), cell(note));
    }
    let subjects = || report.profiles.iter().flat_map(|profile| &profile.subjects);
    let failures = human::render_failures(subjects());
    if !failures.is_empty() {
        out.push_str("\n## Charts that did not render\n\n");
        for (message, ids) in failures {
            let _ = writeln!(out, "{}\n\n{}\n", code(message), cell(&human::list(&ids)));
        }
    }
    if !report.coverage.gaps.is_empty() {
        out.push_str("\n## Not everything was checked\n\n");
        for gap in &report.coverage.gaps {
            let _ = writeln!(out, "- {}", cell(gap));
        }
    }
    let causes = causes(report, subjects());
    if !causes.is_empty() {
        let _ = writeln!(out, "\n## Findings ({})\n", Tally::of(&causes));
        for cause in &causes {
            write_cause(&mut out, report, cause);
        }
    }
    let unsupported = human::reasons(subjects(), |outcome| match outcome {
        Outcome::Unsupported { reason } => Some(reason),
        _ => None,
    });
    let skipped = human::reasons(subjects(), |outcome| match outcome {
        Outcome::Skipped { reason } => Some(reason),
        _ => None,
    });
    for (title, reasons) in [("Could not be checked", unsupported), ("Skipped", skipped)] {
        if !reasons.is_empty() {
            let _ = writeln!(out, "\n## {title}\n");
        }
        for ((id, reason), ids) in reasons {
            let _ = writeln!(
                out,
                "- `{id}`: {} ({})",
                cell(reason),
                cell(&human::list(&ids))
            );
        }
    }
    if let Some(selftest) = &report.selftest {
        let _ = writeln!(
            out,
            "\n## Self-test\n\n{} of {} mutants killed ({:.1} %).",
            selftest.killed, selftest.mutants, selftest.kill_rate
        );
        for survivor in &selftest.survivors {
            let _ = writeln!(
                out,
                "- `{}` `{}`: {}",
                survivor.requirement,
                survivor.mutant,
                cell(&survivor.reason)
            );
        }
    }
    let _ = writeln!(out, "\n## Reproduce\n\n{}", code(&report.reproduce));
    out
}

/// A cause, to be unfolded, with its consequences one a line.
fn write_cause(out: &mut String, report: &Report, cause: &Cause<'_>) {
    let text = FindingText::of(report, &cause.finding);
    let _ = writeln!(
        out,
        "<details><summary><code>{}</code> {}: {}</summary>\n\n{}\n",
        html_text(text.code),
        super::group::severity(text.level),
        html_text(text.headline),
        code(&human::plain(report, cause)),
    );
    for consequence in &cause.consequences {
        let _ = writeln!(
            out,
            "- `{}` {} ({})",
            consequence.finding.requirement,
            cell(&consequence.finding.message),
            cell(&consequence.spread())
        );
    }
    out.push_str("\n</details>\n\n");
}

/// A fenced block whose fence is longer than any run of backticks in `text`.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}")
}

fn cell(text: &str) -> String {
    html_text(text).replace('|', "\\|").replace('\n', " ")
}

fn html_text(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
