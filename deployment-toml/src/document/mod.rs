//! The text as a list of values, each with its key path and its place in the text.

mod dialect;
mod entry;
mod flatten;

use std::collections::BTreeMap;

pub use entry::{Entry, Header, ParseError, Refusal};
use flatten::{Flat, flatten};

use crate::key::KeyPath;
use crate::span::{LineIndex, Span};
use crate::value::Value;

/// A parsed `deployment.toml`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    flat: Flat,
    index: BTreeMap<KeyPath, usize>,
}

impl Document {
    /// Parses TOML.
    ///
    /// # Errors
    /// The first thing that is not TOML, with its place.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let lines = LineIndex::new(text);
        let text = dialect::without_controls_in_comments(text);
        let text = text.as_ref();
        dialect::depth(text, &lines)?;
        let parsed =
            toml_edit::Document::parse(text).map_err(|error| ParseError::new(&error, &lines))?;
        let mut flat = flatten(parsed.as_table(), text, &lines);
        flat.refusals.extend(dialect::refusals(text, &lines));
        flat.refusals.sort_by_key(|refusal| refusal.span);
        let paths = flat.entries.iter().enumerate();
        let index = paths.map(|(at, entry)| (entry.path.clone(), at)).collect();
        Ok(Self { flat, index })
    }

    /// Every value, in the order of the text.
    pub fn entries(&self) -> &[Entry] {
        &self.flat.entries
    }

    /// Every table header, in the order of the text.
    pub fn headers(&self) -> &[Header] {
        &self.flat.headers
    }

    /// Arrays whose elements have different types, which TOML allows and the product's parser does not.
    pub(crate) fn mixed_arrays(&self) -> &[(KeyPath, Span)] {
        &self.flat.mixed_arrays
    }

    /// What this crate reads and the product's parser, which knows TOML 0.5, does not.
    pub(crate) fn refusals(&self) -> &[Refusal] {
        &self.flat.refusals
    }

    /// The whole document as a tree.
    pub fn tree(&self) -> &BTreeMap<String, Value> {
        &self.flat.tree
    }

    /// The entry at a path such as `server.offset`.
    pub fn entry(&self, path: &KeyPath) -> Option<&Entry> {
        self.index
            .get(path)
            .and_then(|&at| self.flat.entries.get(at))
    }

    /// The value at a path written as text. See [`Document::entry`].
    pub fn get(&self, path: &str) -> Option<&Value> {
        self.entry(&KeyPath::from(path)).map(|entry| &entry.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[server]\noffset = 1\n\n[[apim.gateway.environment]]\nname = \"Default\"\ninline = { a.b = [1, 2] }\n\n[[apim.gateway.environment]]\nname = \"ü\"\n";

    #[test]
    fn lists_values_in_the_order_of_the_text_with_their_places() {
        let document = Document::parse(TEXT).expect("legal TOML");
        let listed: Vec<String> = document
            .entries()
            .iter()
            .map(|entry| {
                format!(
                    "{} {} {} {}",
                    entry.path, entry.value, entry.key_span, entry.span
                )
            })
            .collect();
        assert_eq!(
            listed,
            [
                "server.offset 1 2:1 2:10",
                "apim.gateway.environment[0].name Default 5:1 5:8",
                "apim.gateway.environment[0].inline.a.b [1, 2] 6:14 6:18",
                "apim.gateway.environment[1].name ü 9:1 9:8",
            ]
        );
    }

    #[test]
    fn headers_keep_their_order() {
        let document = Document::parse(TEXT).expect("legal TOML");
        let listed: Vec<String> = document
            .headers()
            .iter()
            .map(|header| format!("{} {}", header.path, header.span))
            .collect();
        assert_eq!(
            listed,
            [
                "server 1:1",
                "apim.gateway.environment[0] 4:1",
                "apim.gateway.environment[1] 8:1"
            ]
        );
    }

    #[test]
    fn a_duplicate_is_told_from_other_errors() {
        let duplicate = Document::parse("[a]\nb = 1\nb = 2\n").expect_err("duplicate key");
        assert!(duplicate.duplicate, "{duplicate}");
        assert_eq!(duplicate.span.line, 3);
        let table = Document::parse("[a]\nb = 1\n[a]\nc = 1\n").expect_err("duplicate table");
        assert!(table.duplicate, "{table}");
        let syntax = Document::parse("[a\nb = 1\n").expect_err("no TOML");
        assert!(!syntax.duplicate, "{syntax}");
    }
}
