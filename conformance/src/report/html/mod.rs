//! The report as one HTML page: no scripts, nothing from elsewhere, readable on paper and without
//! colours.
//!
//! Every element is closed, so that the page is well-formed XML too; tests read it as such.

mod columns;
mod coverage;
mod escape;
mod findings;
mod layout;
mod overview;
mod picture;
mod sites;
mod wrap;

use std::fmt::Write as _;

use super::{Mode, Profile, Report};
use escape::text;

/// The page's style sheet.
const STYLE: &str = include_str!("style.css");

/// `report` as a page.
pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <link rel=\"icon\" href=\"data:,\"/>\n\
         <title>Conformance: {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        overview::verdict(report.result()),
    );
    out.push_str("<a class=\"skip\" href=\"#main\">Skip to the results</a>\n");
    header(&mut out, report);
    out.push_str("<main id=\"main\">\n");
    overview::write(&mut out, report);
    sites::write(&mut out, report);
    for profile in &report.profiles {
        findings::write_profile(&mut out, report, profile);
    }
    coverage::write(&mut out, report);
    reproduce(&mut out, report);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// The picture of a profile's topology as a file of its own.
pub(super) fn picture(profile: &Profile) -> String {
    picture::standalone(profile, STYLE)
}

fn header(out: &mut String, report: &Report) {
    let mode = match report.mode {
        Mode::Static => "rendered documents",
        Mode::Live => "a running cluster",
    };
    let _ = writeln!(
        out,
        "<header>\n<h1>Conformance report</h1>\n<p>Suite {}, checked on {mode}.</p>\n\
         <nav aria-label=\"Patterns\"><ul>",
        text(&report.suite_version)
    );
    for profile in &report.profiles {
        let _ = writeln!(
            out,
            "<li><a href=\"#{0}\">{0}</a></li>",
            text(&profile.name)
        );
    }
    out.push_str(
        "<li><a href=\"#requirements\">Requirements</a></li>\n\
         <li><a href=\"#reproduce\">How to reproduce</a></li>\n</ul></nav>\n</header>\n",
    );
}

fn reproduce(out: &mut String, report: &Report) {
    let _ = writeln!(
        out,
        "<section id=\"reproduce\" aria-labelledby=\"reproduce-title\">\n\
         <h2 id=\"reproduce-title\">How to reproduce</h2>\n<pre class=\"command\">{}</pre>",
        text(&report.reproduce)
    );
    if !report.tools.is_empty() {
        out.push_str("<h3>Tools</h3>\n<ul>\n");
        for tool in &report.tools {
            let _ = writeln!(out, "<li>{} {}</li>", text(&tool.name), text(&tool.version));
        }
        out.push_str("</ul>\n");
    }
    if !report.charts.is_empty() {
        out.push_str("<h3>Charts</h3>\n<ul>\n");
        for chart in &report.charts {
            let _ = writeln!(
                out,
                "<li>{} <code class=\"digest\">{}</code></li>",
                text(&chart.name),
                text(&chart.digest)
            );
        }
        out.push_str("</ul>\n");
    }
    out.push_str("</section>\n");
}
