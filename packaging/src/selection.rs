//! Which charts for which product versions.

use am_generator::{Families, Selection};

use crate::error::PackagingError;

/// The charts to pack, by API Manager's version: of the given versions and patterns (numbers, or names of any family's charts), or of all.
///
/// # Errors
/// When a version or pattern does not exist.
pub fn select(
    families: &Families,
    versions: &[String],
    patterns: &[String],
) -> Result<Vec<Selection>, PackagingError> {
    let known = families.main().versions.iter();
    let known: Vec<&str> = known
        .map(|version| version.version.value.as_str())
        .collect();
    for wanted in versions {
        if !known.contains(&wanted.as_str()) {
            return Err(unknown("product version", wanted, &known));
        }
    }
    let all = families.all().patterns;
    let chosen = if patterns.is_empty() {
        all
    } else {
        families.named(patterns).map_err(|wanted| {
            let known: Vec<&str> = all.iter().map(String::as_str).collect();
            unknown("pattern", wanted, &known)
        })?
    };
    let selected = known
        .into_iter()
        .filter(|version| versions.is_empty() || versions.iter().any(|wanted| wanted == version))
        .map(|version| Selection {
            version: version.to_owned(),
            patterns: chosen.clone(),
        });
    Ok(selected.collect())
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use am_generator::Families;

    use super::select;

    fn selected(versions: &[&str], patterns: &[&str]) -> Result<Vec<(String, usize)>, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let families = Families::load(&root).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let texts = |texts: &[&str]| -> Vec<String> {
            texts.iter().map(|text| (*text).to_owned()).collect()
        };
        select(&families, &texts(versions), &texts(patterns))
            .map(|selected| {
                let selected = selected.into_iter();
                selected
                    .map(|charts| (charts.version, charts.patterns.len()))
                    .collect()
            })
            .map_err(|error| error.to_string())
    }

    #[test]
    fn charts_of_every_family_are_selected_by_the_version_of_api_manager() {
        let all = selected(&[], &[]).expect("all");
        let versions: Vec<&str> = all.iter().map(|(version, _)| version.as_str()).collect();
        assert_eq!(versions, ["4.5.0", "4.6.0", "4.7.0"]);
        assert!(all.iter().all(|(_, charts)| *charts == 8), "{all:?}");
        let some = selected(&["4.6.0"], &["3", "am-integration-si"]);
        assert_eq!(some, Ok(vec![("4.6.0".to_owned(), 2)]));
    }

    #[test]
    fn what_does_not_exist_is_refused_with_what_was_meant() {
        let message = selected(&[], &["am-integration-is"]).expect_err("refused");
        assert!(
            message.contains("did you mean `am-integration-si`?"),
            "{message}"
        );
        // A version of another product is not one of API Manager's.
        let message = selected(&["4.4.0"], &[]).expect_err("refused");
        assert!(message.contains("known are: 4.5.0, 4.6.0"), "{message}");
    }
}
