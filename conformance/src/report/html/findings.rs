//! One section per pattern: its picture, its edges as a table, and its findings.

use std::fmt::Write as _;

use super::{
    super::{
        Cause, FindingGroup, FindingText, Profile, Report, Tally, causes,
        group::severity,
        text::{Note, NoteLabel, Place},
    },
    escape::text,
    overview::badge,
    picture,
};

/// Writes the section of `profile`.
pub(super) fn write_profile(out: &mut String, report: &Report, profile: &Profile) {
    let id = text(&profile.name);
    let _ = writeln!(
        out,
        "<section id=\"{id}\" class=\"pattern\" aria-labelledby=\"{id}-title\">\n\
         <h2 id=\"{id}-title\">{id} {}</h2>\n<p>{}</p>",
        badge(profile.result),
        text(&profile.summary)
    );
    for note in &profile.notes {
        let _ = writeln!(out, "<p>{}</p>", text(note));
    }
    let causes = causes(report, &profile.subjects);
    if !profile.topology.nodes.is_empty() {
        // Numbered as they are written below.
        let findings: Vec<&FindingGroup<'_>> = causes.iter().flat_map(Cause::findings).collect();
        picture::write(out, profile, &findings);
    }
    if causes.is_empty() {
        out.push_str("<p>No findings.</p>\n");
    } else {
        let _ = writeln!(out, "<h3>Findings ({})</h3>", Tally::of(&causes));
        let mut number = 0;
        for cause in &causes {
            write_cause(out, report, cause, || {
                number += 1;
                format!("{id}-finding-{number}")
            });
        }
    }
    out.push_str("</section>\n");
}

/// The finding to look at first, and the others folded.
fn write_cause(
    out: &mut String,
    report: &Report,
    cause: &Cause<'_>,
    mut next_id: impl FnMut() -> String,
) {
    write_finding(out, &FindingText::of_cause(report, cause), &next_id());
    if cause.consequences.is_empty() {
        return;
    }
    let count = cause.consequences.len();
    let plural = if count == 1 { "" } else { "s" };
    let _ = writeln!(
        out,
        "<details class=\"consequences\">\n<summary>{count} consequence{plural} {}</summary>",
        text(&cause.sharing())
    );
    for group in &cause.consequences {
        write_finding(out, &FindingText::of(report, group), &next_id());
    }
    out.push_str("</details>\n");
}

fn write_finding(out: &mut String, finding: &FindingText<'_>, id: &str) {
    let word = severity(finding.level);
    let sign = if word == "error" { "✗" } else { "!" };
    let _ = writeln!(
        out,
        "<article class=\"finding {word}\" id=\"{id}\" aria-labelledby=\"{id}-title\">\n\
         <h4 id=\"{id}-title\"><span class=\"severity\">{sign} {word}</span> \
         <a href=\"#req-{code}\"><code>{code}</code></a> {}</h4>",
        text(finding.headline),
        code = text(finding.code),
    );
    for place in &finding.places {
        write_place(out, place);
    }
    out.push_str("<dl>\n");
    for note in &finding.notes {
        write_note(out, note);
    }
    out.push_str("</dl>\n</article>\n");
}

fn write_place(out: &mut String, place: &Place<'_>) {
    let _ = writeln!(
        out,
        "<figure class=\"place\">\n<figcaption>{}: <code>{}</code></figcaption>",
        place.role.title(),
        text(&place.to_string())
    );
    if let Some(excerpt) = &place.excerpt {
        out.push_str("<pre class=\"excerpt\">");
        for line in excerpt.lines() {
            let marked = if line.marked.is_empty() {
                String::new()
            } else {
                format!("<mark>{}</mark>", text(line.marked))
            };
            // No end of line: each line is a block of its own.
            let _ = write!(
                out,
                "<span class=\"line{}\"><span class=\"lineno\">{:>4} </span>{}{marked}{}</span>",
                if marked.is_empty() { "" } else { " at-fault" },
                line.number,
                text(line.before),
                text(line.after)
            );
        }
        out.push_str("</pre>\n");
        if !place.label.is_empty() {
            let _ = writeln!(out, "<p class=\"label\">↑ {}</p>", text(&place.label));
        }
    }
    out.push_str("</figure>\n");
}

fn write_note(out: &mut String, note: &Note) {
    let value = text(&note.text);
    let value = match note.label {
        NoteLabel::Value | NoteLabel::Key | NoteLabel::Object | NoteLabel::Explain => {
            format!("<code>{value}</code>")
        }
        NoteLabel::Help => format!("<strong>{value}</strong>"),
        _ => value,
    };
    let _ = writeln!(
        out,
        "<div class=\"note {0}\"><dt>{0}</dt><dd>{value}</dd></div>",
        note.label.name()
    );
}
