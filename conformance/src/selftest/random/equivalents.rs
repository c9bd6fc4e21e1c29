//! Mutations that change nothing that anybody could notice, as data with reasons.

use am_product::data::File;
use serde::Deserialize;

use super::{Change, Mutation};
use crate::error::SuiteError;

/// The committed entries.
const FILE: File = File::new(
    "conformance/mutation-equivalents.yaml",
    include_str!("../../../mutation-equivalents.yaml"),
);

/// Mutations that are harmless by their meaning.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equivalents {
    equivalents: Vec<Equivalent>,
}

/// One kind of place with the changes that do no harm there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Equivalent {
    /// Kinds of documents.
    pub kinds: Vec<String>,
    /// Whether the place is in a `deployment.toml`.
    #[serde(default)]
    pub toml: bool,
    /// JSON pointers; a part `*` stands for any one part. The empty path is the whole document.
    pub paths: Vec<String>,
    /// What may be done there.
    pub changes: Vec<Change>,
    /// What the changed value, written as text, must match, where only some values do no harm.
    #[serde(default)]
    pub after: Option<String>,
    /// Why nobody could notice.
    pub reason: String,
}

impl Equivalents {
    /// The entries of this run.
    ///
    /// # Errors
    /// When the file breaks a rule: no reason, no change, or a path that would explain everything.
    pub fn load() -> Result<Self, SuiteError> {
        Self::parse(&FILE.text()?)
    }

    fn parse(text: &str) -> Result<Self, SuiteError> {
        let file: Self = serde_saphyr::from_str(text).map_err(|error| wrong(error.to_string()))?;
        for (index, entry) in file.equivalents.iter().enumerate() {
            entry
                .validate()
                .map_err(|message| wrong(format!("entry {}: {message}", index + 1)))?;
        }
        Ok(file)
    }

    /// The entry that explains a mutation.
    pub fn explain(&self, mutation: &Mutation) -> Option<&Equivalent> {
        self.equivalents
            .iter()
            .find(|entry| entry.matches(mutation))
    }

    /// Every entry.
    pub fn iter(&self) -> impl Iterator<Item = &Equivalent> {
        self.equivalents.iter()
    }
}

impl Equivalent {
    fn validate(&self) -> Result<(), String> {
        if self.reason.split_whitespace().count() < 4 {
            return Err("`reason` must say why nobody could notice".into());
        }
        if self.kinds.is_empty() || self.paths.is_empty() || self.changes.is_empty() {
            return Err("`kinds`, `paths` and `changes` must name something".into());
        }
        for path in &self.paths {
            let parts: Vec<&str> = path.split('/').skip(1).collect();
            let stars = parts.iter().filter(|part| **part == "*").count();
            if !path.is_empty() && !path.starts_with('/') {
                return Err(format!("`{path}` must start with a slash"));
            }
            if parts.first() == Some(&"*") || stars > 2 || parts.last() == Some(&"*") && stars > 1 {
                return Err(format!("`{path}` is too wide"));
            }
            let whole = |change: &Change| {
                matches!(change, Change::DropDocument | Change::DuplicateDocument)
            };
            if self
                .changes
                .iter()
                .any(|change| whole(change) != path.is_empty())
            {
                return Err(format!(
                    "`{path}`: the empty path goes with drop-document and duplicate-document, and only with them"
                ));
            }
        }
        if let Some(after) = &self.after {
            regex::Regex::new(after).map_err(|error| format!("`after`: {error}"))?;
        }
        Ok(())
    }

    fn matches(&self, mutation: &Mutation) -> bool {
        self.kinds.contains(&mutation.place.kind)
            && self.toml == mutation.place.file.is_some()
            && self.changes.contains(&mutation.change)
            && self
                .paths
                .iter()
                .any(|path| path_matches(path, &mutation.place.path))
            && self.after.as_ref().is_none_or(|after| {
                let text = match &mutation.after {
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                regex::Regex::new(&format!("^(?:{after})$"))
                    .is_ok_and(|pattern| pattern.is_match(&text))
            })
    }
}

fn path_matches(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(wanted), Some(part)) if wanted == part || wanted == "*" => {}
            _ => return false,
        }
    }
}

fn wrong(message: String) -> SuiteError {
    SuiteError::Requirements {
        file: FILE.path.into(),
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::{Equivalents, path_matches};

    const GOOD: &str = r"
equivalents:
  - kinds: [Service]
    paths: [/metadata/labels/app.kubernetes.io~1version]
    changes: [text]
    reason: nothing selects by this label
";

    fn message(text: &str) -> String {
        Equivalents::parse(text)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn the_committed_entries_are_valid() {
        Equivalents::load().expect("the committed file keeps its rules");
    }

    #[test]
    fn an_entry_needs_a_reason_and_a_narrow_place() {
        assert_eq!(message(GOOD), "");
        assert!(message(&GOOD.replace("nothing selects by this label", "'no'")).contains("reason"));
        assert!(message(&GOOD.replace("/metadata/labels", "/*/labels")).contains("too wide"));
        assert!(message(&GOOD.replace("[text]", "[]")).contains("changes"));
        assert!(message(&GOOD.replace("[text]", "[drop-document]")).contains("drop-document"));
        assert!(message(&GOOD.replace("[text]", "[nonsense]")).contains("nonsense"));
    }

    #[test]
    fn a_star_is_one_part_of_a_path() {
        assert!(path_matches("/spec/ports/*/port", "/spec/ports/3/port"));
        assert!(!path_matches("/spec/ports/*", "/spec/ports/3/port"));
        assert!(!path_matches("/spec/ports/*/port", "/spec/ports"));
    }
}
