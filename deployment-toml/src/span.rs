//! Where in the text something stands.

use std::fmt;
use std::ops::Range;

/// A stretch of the text, with the line and column of its first character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// Line of the first character, from 1.
    pub line: usize,
    /// Column of the first character in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Turns byte offsets into lines and columns.
#[derive(Debug)]
pub(crate) struct LineIndex<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> LineIndex<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self { text, starts }
    }

    pub(crate) fn span(&self, range: &Range<usize>) -> Span {
        let start = floor_boundary(self.text, range.start);
        let line = self.starts.partition_point(|&at| at <= start);
        let line_start = self
            .starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(0);
        let column = self
            .text
            .get(line_start..start)
            .map_or(0, |before| before.chars().count())
            + 1;
        Span {
            start,
            end: range.end.max(start).min(self.text.len()),
            line: line.max(1),
            column,
        }
    }
}

/// The parser may report an offset inside a character or past the end.
fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
