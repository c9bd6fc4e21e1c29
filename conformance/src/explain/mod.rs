//! Requirements in full, for people: one by one, or all on a page.

mod page;

use std::{fmt::Write as _, path::PathBuf};

use crate::{
    error::SuiteError,
    requirement::{AppliesTo, Catalogue, Charts, Requirement},
};

pub use page::{PAGE, page};

/// The text of `explain`: a requirement of the suite or of a file with its reason, an example of failure and fix, and how it shows
/// that it can fail.
///
/// # Errors
/// When there is no such requirement; the message proposes the nearest id. When a file is not well-formed.
pub fn explain(id: &str, files: &[PathBuf]) -> Result<String, SuiteError> {
    let catalogue = Catalogue::load_with(files)?;
    catalogue.get(&id.to_uppercase()).map(describe)
}

fn describe(requirement: &Requirement) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{} ({}, {}): {}",
        requirement.id,
        requirement.level,
        requirement.family.name(),
        requirement.title
    );
    let _ = writeln!(text, "\n  {}", requirement.text);
    let _ = writeln!(text, "\n  applies to  {}", scope(&requirement.applies_to));
    let _ = writeln!(text, "  source      {}", requirement.source);
    for row in &requirement.rows {
        let when = row
            .when
            .as_deref()
            .map(|when| format!(" where {}", one_line(when)));
        let each = row.each.all().join(" or ");
        let _ = writeln!(text, "\n  for each    {each}{}", when.unwrap_or_default());
        for variable in &row.variables {
            let _ = writeln!(
                text,
                "  {:<11} {}",
                variable.name,
                one_line(&variable.expression)
            );
        }
        let _ = writeln!(text, "  must hold   {}", one_line(&row.holds));
    }
    let _ = writeln!(text, "\n  wrong       {}", requirement.example.failure);
    let _ = writeln!(text, "  fix         {}", requirement.example.fix);
    let mutants: Vec<&str> = requirement
        .mutants
        .iter()
        .map(|mutant| mutant.name.as_str())
        .collect();
    let proof = if mutants.is_empty() {
        "\n  proof       its examples, before it is used to check anything".to_owned()
    } else {
        format!(
            "\n  mutants     {} (run them: cargo xtask conformance --only {} selftest)",
            mutants.join(", "),
            requirement.id
        )
    };
    let _ = writeln!(text, "{proof}");
    text
}

/// An expression that may be written on several lines.
fn one_line(expression: &str) -> String {
    expression.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn scope(applies_to: &AppliesTo) -> String {
    let mut parts = Vec::new();
    let mut list = |name: &str, items: Vec<String>| {
        if !items.is_empty() {
            parts.push(format!("{name} {}", items.join(", ")));
        }
    };
    list(
        "patterns",
        applies_to
            .patterns
            .iter()
            .map(ToString::to_string)
            .collect(),
    );
    list(
        "all patterns but",
        applies_to
            .except_patterns
            .iter()
            .map(ToString::to_string)
            .collect(),
    );
    list(
        "patterns with",
        applies_to
            .components
            .iter()
            .map(|component| component.title().to_owned())
            .collect(),
    );
    list("versions", applies_to.versions.clone());
    list("platforms", applies_to.platforms.clone());
    list("all platforms except", applies_to.except_platforms.clone());
    if applies_to.charts == Charts::Generated {
        parts.push("generated charts".into());
    }
    if parts.is_empty() {
        "every chart".into()
    } else {
        parts.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::explain;

    #[test]
    fn a_requirement_is_explained_with_failure_fix_and_proof() {
        let text = explain("am-wire-007", &[]).expect("the requirement exists");
        for part in ["AM-WIRE-007 (MUST, wiring)", "wrong", "fix", "no-group"] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }

    #[test]
    fn a_misspelt_id_is_answered_with_the_nearest() {
        let error = explain("AM-WRE-007", &[]).expect_err("no such requirement");
        assert!(
            error.to_string().contains("did you mean AM-WIRE-007?"),
            "{error}"
        );
    }
}
