//! Every requirement with what came of it in each pattern.

use std::fmt::Write as _;

use super::{
    super::{Profile, Report, RequirementSummary},
    escape::text,
};
use crate::{outcome::Outcome, requirement::Level};

/// Writes the section.
pub(super) fn write(out: &mut String, report: &Report) {
    out.push_str(
        "<section id=\"requirements\" aria-labelledby=\"requirements-title\">\n\
         <h2 id=\"requirements-title\">Requirements</h2>\n\
         <p class=\"legend\">✓ passed · ✗ failed · ! warning (a SHOULD is not met) · ? could not be checked · \
         ↷ skipped · – not applicable · ∅ did not run. The numbers count what was checked.</p>\n\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Outcome of each requirement in each pattern\">\n\
         <table class=\"coverage\">\n<thead><tr><th scope=\"col\">Requirement</th><th scope=\"col\">Level</th>\
         <th scope=\"col\">Text</th>",
    );
    for profile in &report.profiles {
        let _ = write!(out, "<th scope=\"col\">{}</th>", text(&profile.name));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for requirement in &report.requirements {
        let _ = write!(
            out,
            "<tr id=\"req-{0}\"><th scope=\"row\"><code>{0}</code><br/>{1}</th><td data-label=\"Level\">{2}</td><td>{3}<br/><small>{4}</small></td>",
            text(&requirement.id),
            text(&requirement.title),
            requirement.level,
            text(&requirement.text),
            text(&requirement.source),
        );
        for profile in &report.profiles {
            let (class, sign, word) = outcome_in(profile, requirement);
            let _ = write!(
                out,
                "<td class=\"{class}\" data-label=\"{}\">{sign} {}</td>",
                text(&profile.name),
                text(&word)
            );
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</div>\n</section>\n");
}

/// The worst outcome of `requirement` over the subjects of `profile`: class, sign and words.
fn outcome_in(
    profile: &Profile,
    requirement: &RequirementSummary,
) -> (&'static str, &'static str, String) {
    let outcomes: Vec<&Outcome> = profile
        .subjects
        .iter()
        .flat_map(|subject| &subject.results)
        .filter(|result| result.requirement == requirement.id)
        .map(|result| &result.outcome)
        .collect();
    let has = |test: fn(&Outcome) -> bool| outcomes.iter().any(|outcome| test(outcome));
    let checked: usize = outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Passed { checked } | Outcome::Failed { checked, .. } => *checked,
            _ => 0,
        })
        .sum();
    if has(|outcome| matches!(outcome, Outcome::Failed { .. })) {
        return match requirement.level {
            Level::Must => ("bad", "✗", format!("failed ({checked})")),
            Level::Should => ("warn", "!", format!("warning ({checked})")),
        };
    }
    if has(|outcome| matches!(outcome, Outcome::Unsupported { .. })) {
        ("bad", "?", "could not be checked".into())
    } else if has(|outcome| matches!(outcome, Outcome::Skipped { .. })) {
        ("warn", "↷", "skipped".into())
    } else if has(|outcome| matches!(outcome, Outcome::Passed { .. })) {
        ("good", "✓", format!("passed ({checked})"))
    } else if has(|outcome| matches!(outcome, Outcome::NotApplicable { .. })) {
        ("", "–", "not applicable".into())
    } else {
        ("bad", "∅", "did not run".into())
    }
}
