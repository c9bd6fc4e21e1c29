//! Which charts for which product versions.

use am_generator::{Model, Selection};

use crate::error::PackagingError;

/// The charts of one product version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// What the generator makes.
    pub charts: Selection,
    /// The version of these charts.
    pub chart_version: String,
}

/// The charts to pack: of the given product versions and patterns (numbers or names), or of all.
///
/// # Errors
/// When a version or pattern does not exist.
pub fn select(
    model: &Model,
    versions: &[String],
    patterns: &[String],
) -> Result<Vec<Selected>, PackagingError> {
    let known = model
        .versions
        .iter()
        .map(|version| version.version.value.as_str());
    let known: Vec<&str> = known.collect();
    for wanted in versions {
        if !known.contains(&wanted.as_str()) {
            return Err(unknown("product version", wanted, &known));
        }
    }
    let names: Vec<&str> = model
        .patterns
        .iter()
        .map(|pattern| pattern.name.value.as_str())
        .collect();
    let matches = |pattern: &str, number: u32, wanted: &str| {
        pattern == wanted || number.to_string() == wanted
    };
    for wanted in patterns {
        let is_known = model
            .patterns
            .iter()
            .any(|pattern| matches(&pattern.name.value, pattern.number, wanted));
        if !is_known {
            return Err(unknown("pattern", wanted, &names));
        }
    }
    let chosen = model.patterns.iter().filter(|pattern| {
        patterns.is_empty()
            || patterns
                .iter()
                .any(|wanted| matches(&pattern.name.value, pattern.number, wanted))
    });
    let chosen: Vec<String> = chosen.map(|pattern| pattern.name.value.clone()).collect();
    known
        .into_iter()
        .filter(|version| versions.is_empty() || versions.iter().any(|wanted| wanted == version))
        .map(|version| {
            let chart_version = model.chart_version(version).ok_or_else(|| {
                PackagingError::Usage(format!("product version {version} has no chart version"))
            })?;
            Ok(Selected {
                charts: Selection {
                    version: version.to_owned(),
                    patterns: chosen.clone(),
                },
                chart_version,
            })
        })
        .collect()
}

fn unknown(what: &str, name: &str, known: &[&str]) -> PackagingError {
    let hint = am_suggest::near(name, known.iter().copied())
        .map(|meant| format!("did you mean `{meant}`? "))
        .unwrap_or_default();
    PackagingError::Usage(format!(
        "there is no {what} `{name}`; {hint}known are: {}",
        known.join(", ")
    ))
}
