//! Errors about the generator's input, each with the place that has to be changed.

use std::collections::BTreeMap;
use std::fmt;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A place in an input file. Lines and columns count from one; zero means "the whole file".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Path as shown to the user, such as `generator/model/ports.yaml`.
    pub file: String,
    /// Line, from one.
    pub line: usize,
    /// Column, from one.
    pub column: usize,
}

impl Place {
    /// The file as a whole.
    pub fn file(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: 0,
            column: 0,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
            if self.column > 0 {
                write!(f, ":{}", self.column)?;
            }
        }
        Ok(())
    }
}

/// One thing that is wrong with the input: where, what, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Where it is.
    pub place: Place,
    /// What is wrong, as a lowercase fragment.
    pub message: String,
    /// What to do, such as "did you mean `x`?".
    pub hint: Option<String>,
    /// The line of the input, with a mark below the column.
    pub excerpt: Option<String>,
}

impl Diagnostic {
    /// A diagnostic without a hint.
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self {
            place,
            message: message.into(),
            hint: None,
            excerpt: None,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a hint when there is one.
    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }

    /// Adds the line of `text` that the place names.
    #[must_use]
    pub(crate) fn excerpt_from(mut self, text: &str) -> Self {
        if self.excerpt.is_none() && self.place.line > 0 {
            self.excerpt = text
                .lines()
                .nth(self.place.line - 1)
                .map(|line| excerpt(line, &self.place));
        }
        self
    }
}

/// The line as the conformance suite draws lines, without the frame around it.
fn excerpt(line: &str, place: &Place) -> String {
    let mut snippet = Snippet::source(line).line_start(place.line).fold(false);
    if let Some(before) = place.column.checked_sub(1) {
        let marked = line.char_indices().nth(before);
        let marked = marked.map_or(line.len()..line.len(), |(start, c)| {
            start..start + c.len_utf8()
        });
        snippet = snippet.annotation(AnnotationKind::Primary.span(marked));
    }
    let drawn = Renderer::plain().render(&[Group::with_level(Level::ERROR).element(snippet)]);
    let lines = drawn.lines().filter(|line| line.trim() != "|");
    lines.map(str::trim_end).collect::<Vec<_>>().join("\n")
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)?;
        if let Some(excerpt) = &self.excerpt {
            for line in excerpt.lines() {
                write!(f, "\n    {line}")?;
            }
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n    hint: {hint}")?;
        }
        Ok(())
    }
}

/// Everything that is wrong with the input, in the order of files and lines. Never empty when used as an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all of another collection.
    pub fn extend(&mut self, other: Diagnostics) {
        self.0.extend(other.0);
    }

    /// Takes the value out of a result, or its error into this collection.
    pub fn take<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|diagnostic| self.push(diagnostic)).ok()
    }

    /// No diagnostic was recorded.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The diagnostics, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// `Ok` when nothing is wrong, else the sorted collection as the error, with excerpts from `sources` (file to text).
    pub fn into_result<T>(
        mut self,
        value: T,
        sources: &BTreeMap<String, String>,
    ) -> Result<T, Self> {
        if self.0.is_empty() {
            return Ok(value);
        }
        for diagnostic in &mut self.0 {
            if let Some(text) = sources.get(&diagnostic.place.file) {
                *diagnostic = diagnostic.clone().excerpt_from(text);
            }
        }
        self.0.sort();
        self.0.dedup();
        Err(self)
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}
