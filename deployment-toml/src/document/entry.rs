//! What a document consists of, and what keeps a text from being one.

use std::ops::Range;

use crate::key::KeyPath;
use crate::span::{LineIndex, Span};
use crate::value::Value;

/// One value of a document: a scalar, or an array whose elements hold no table.
///
/// Arrays of tables and inline tables are taken apart: `[[a]]` with `b = 1` is the entry `a[0].b`.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The path.
    pub path: KeyPath,
    /// The value.
    pub value: Value,
    /// Where the key stands.
    pub key_span: Span,
    /// Where the value stands.
    pub span: Span,
    /// Where the elements stand, if the value is an array.
    pub elements: Vec<Span>,
}

/// A `[table]` or `[[table]]` header.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// The path of the table; `[[a]]` gives `a[0]`, `a[1]`, …
    pub path: KeyPath,
    /// Where the header stands.
    pub span: Span,
    /// Place among all headers of the document, from the top.
    pub position: usize,
}

/// Something that the product's parser does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub what: &'static str,
    /// What to write instead.
    pub instead: &'static str,
}

/// Why a text is no TOML document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{span}: {message}")]
pub struct ParseError {
    /// Whether the same key or table stands there twice.
    pub duplicate: bool,
    /// What is wrong, in one line.
    pub message: String,
    /// Where.
    pub span: Span,
}

impl ParseError {
    pub(super) fn new(error: &toml_edit::TomlError, lines: &LineIndex<'_>) -> Self {
        let range: Range<usize> = error.span().unwrap_or(0..0);
        Self {
            duplicate: error.message().starts_with("duplicate key"),
            message: error.message().replace('\n', " "),
            span: lines.span(&range),
        }
    }
}
