//! The overview: the verdict in words and one row per pattern.

use std::fmt::Write as _;

use super::{
    super::{ProfileResult, Report, human},
    escape::text,
};
use crate::outcome::Outcome;

/// Numbers of a pattern; time is the last.
const COLUMNS: [&str; 9] = [
    "Checks",
    "Passed",
    "Failed",
    "Warnings",
    "Skipped",
    "Unsupported",
    "Not applicable",
    "Subjects",
    "Seconds",
];

/// The verdict in words.
pub(super) fn verdict(result: ProfileResult) -> &'static str {
    match result {
        ProfileResult::Success => "conformant",
        ProfileResult::Partial => "conformant so far; not everything was checked",
        ProfileResult::Failure => "not conformant",
    }
}

/// A badge whose sign and word say what its colour says.
pub(super) fn badge(result: ProfileResult) -> &'static str {
    match result {
        ProfileResult::Success => "<span class=\"badge good\">✓ success</span>",
        ProfileResult::Partial => "<span class=\"badge warn\">◐ partial</span>",
        ProfileResult::Failure => "<span class=\"badge bad\">✗ failure</span>",
    }
}

/// Writes the section.
pub(super) fn write(out: &mut String, report: &Report) {
    let _ = write!(
        out,
        "<section id=\"overview\" aria-labelledby=\"overview-title\">\n\
         <h2 id=\"overview-title\">Overview</h2>\n\
         <p class=\"verdict\">{} The run is <strong>{}</strong>: {}.</p>\n{}\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Results per pattern\">\n\
         <table>\n<thead><tr><th scope=\"col\">Pattern</th><th scope=\"col\">Result</th>",
        badge(report.result()),
        verdict(report.result()),
        text(&human::counts(report.statistics())),
        report
            .coverage
            .scope
            .iter()
            .chain(&report.coverage.unseen)
            .map(|told| format!("<p>{}</p>\n", text(told)))
            .collect::<Vec<_>>()
            .concat(),
    );
    for column in COLUMNS {
        let _ = write!(out, "<th scope=\"col\" class=\"number\">{column}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for profile in &report.profiles {
        let counts = profile.statistics;
        let _ = write!(
            out,
            "<tr><th scope=\"row\"><a href=\"#{0}\">{0}</a></th><td data-label=\"Result\">{1}</td>",
            text(&profile.name),
            badge(profile.result)
        );
        let numbers = [
            counts.checked,
            counts.passed,
            counts.failed,
            counts.warned,
            counts.skipped,
            counts.unsupported,
            counts.not_applicable,
            profile.subjects.len(),
        ];
        for (column, number) in COLUMNS.into_iter().zip(numbers) {
            let _ = write!(
                out,
                "<td class=\"number\" data-label=\"{column}\">{number}</td>"
            );
        }
        let seconds = profile
            .seconds
            .map_or("–".into(), |seconds| format!("{seconds:.1}"));
        let _ = writeln!(
            out,
            "<td class=\"number\" data-label=\"Seconds\">{seconds}</td></tr>"
        );
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
    problems(out, report);
    if let Some(selftest) = &report.selftest {
        let _ = writeln!(
            out,
            "<p>Self-test: {} of {} mutants killed ({:.1} %).</p>",
            selftest.killed, selftest.mutants, selftest.kill_rate
        );
        if !selftest.survivors.is_empty() {
            out.push_str("<h3>Mutants that survived</h3>\n<ul>\n");
            for survivor in &selftest.survivors {
                let _ = writeln!(
                    out,
                    "<li><code>{}</code> {}: {}</li>",
                    text(&survivor.requirement),
                    text(&survivor.mutant),
                    text(&survivor.reason)
                );
            }
            out.push_str("</ul>\n");
        }
    }
    out.push_str("</section>\n");
}

/// What keeps a run from being judged whole: charts that did not render, requirements that could not be
/// judged or were skipped.
fn problems(out: &mut String, report: &Report) {
    let subjects = || report.profiles.iter().flat_map(|profile| &profile.subjects);
    let failures = human::render_failures(subjects());
    if !failures.is_empty() {
        out.push_str("<h3>Charts that did not render</h3>\n");
        for (message, ids) in failures {
            let _ = writeln!(
                out,
                "<p>{}</p>\n<pre class=\"error\">{}</pre>",
                text(&human::list(&ids)),
                text(message)
            );
        }
    }
    if !report.coverage.gaps.is_empty() {
        out.push_str("<h3>Not everything was checked</h3>\n<ul>\n");
        for gap in &report.coverage.gaps {
            let _ = writeln!(out, "<li>{}</li>", text(gap));
        }
        out.push_str("</ul>\n");
    }
    let unsupported = human::reasons(subjects(), |outcome| match outcome {
        Outcome::Unsupported { reason } => Some(reason),
        _ => None,
    });
    let skipped = human::reasons(subjects(), |outcome| match outcome {
        Outcome::Skipped { reason } => Some(reason),
        _ => None,
    });
    for (title, reasons) in [
        ("Requirements that could not be checked", unsupported),
        ("Skipped requirements", skipped),
    ] {
        if reasons.is_empty() {
            continue;
        }
        let _ = writeln!(out, "<h3>{title}</h3>\n<ul>");
        for ((id, reason), ids) in reasons {
            let _ = writeln!(
                out,
                "<li><code>{}</code> {} ({})</li>",
                text(id),
                text(reason),
                text(&human::list(&ids))
            );
        }
        out.push_str("</ul>\n");
    }
}
