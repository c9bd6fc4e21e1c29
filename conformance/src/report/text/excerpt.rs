//! The lines of a text around the place that a finding is about.

use std::ops::Range;

/// Lines shown before and after the marked ones.
const CONTEXT: usize = 2;

/// A text and the part of it that is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Excerpt<'t> {
    text: &'t str,
    span: Range<usize>,
}

/// A line of an excerpt, cut where the marked part begins and ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct ExcerptLine<'t> {
    /// Line number, from 1.
    pub(in crate::report) number: usize,
    /// The line up to the marked part; the whole line when nothing is marked in it.
    pub(in crate::report) before: &'t str,
    /// The marked part of the line; may be empty.
    pub(in crate::report) marked: &'t str,
    /// The rest of the line.
    pub(in crate::report) after: &'t str,
}

impl<'t> Excerpt<'t> {
    /// The part `span` of `text`; none when the span does not fit the text, or the text is empty.
    pub(in crate::report) fn new(text: &'t str, span: Range<usize>) -> Option<Self> {
        if text.is_empty() || span.start >= text.len() {
            return None;
        }
        text.get(span.clone())?;
        Some(Self { text, span })
    }

    /// Line `number` of `text`, without its indentation; none when there is no such line.
    pub(in crate::report) fn line(text: &'t str, number: usize) -> Option<Self> {
        let mut start = 0;
        for (index, line) in text.split_inclusive('\n').enumerate() {
            if index + 1 == number {
                let indent = line.len() - line.trim_start().len();
                let end = start + line.trim_end().len();
                return Self::new(text, (start + indent).min(end)..end);
            }
            start += line.len();
        }
        None
    }

    /// The whole text.
    pub(in crate::report) fn text(&self) -> &'t str {
        self.text
    }

    /// The marked bytes of it.
    pub(in crate::report) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The marked part.
    pub(in crate::report) fn marked(&self) -> &'t str {
        self.text.get(self.span.clone()).unwrap_or_default()
    }

    /// The marked lines with a few lines around them.
    pub(in crate::report) fn lines(&self) -> Vec<ExcerptLine<'t>> {
        let mut lines = Vec::new();
        let mut start = 0;
        for (index, raw) in self.text.split_inclusive('\n').enumerate() {
            let line = raw.trim_end_matches(['\n', '\r']);
            let end = start + line.len();
            let from = self.span.start.clamp(start, end);
            let to = self.span.end.clamp(from, end);
            lines.push((
                self.span.start < start + raw.len()
                    && self.span.end.max(self.span.start + 1) > start,
                ExcerptLine {
                    number: index + 1,
                    before: if to > from {
                        &self.text[start..from]
                    } else {
                        line
                    },
                    marked: &self.text[from..to],
                    after: if to > from { &self.text[to..end] } else { "" },
                },
            ));
            start += raw.len();
        }
        let Some(first) = lines.iter().position(|(touched, _)| *touched) else {
            return Vec::new();
        };
        let last = lines
            .iter()
            .rposition(|(touched, _)| *touched)
            .unwrap_or(first);
        lines
            .into_iter()
            .skip(first.saturating_sub(CONTEXT))
            .take(last - first.saturating_sub(CONTEXT) + 1 + CONTEXT)
            .map(|(_, line)| line)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Excerpt;

    const TEXT: &str = "a = 1\nb = 2\nc = \"é\"\nd = 4\ne = 5\nf = 6\n";

    #[test]
    fn the_marked_line_comes_with_its_neighbours() {
        let at = TEXT.find("\"é\"").unwrap_or_default();
        let lines = Excerpt::new(TEXT, at..at + 4).map(|excerpt| excerpt.lines());
        let lines = lines.unwrap_or_default();
        let numbers: Vec<usize> = lines.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5]);
        assert_eq!((lines[2].before, lines[2].marked), ("c = ", "\"é\""));
        assert_eq!((lines[0].before, lines[0].marked), ("a = 1", ""));
    }

    #[test]
    fn a_span_that_does_not_fit_is_refused() {
        let inside_a_character = TEXT.find('é').unwrap_or_default() + 1;
        assert_eq!(
            Excerpt::new(TEXT, inside_a_character..inside_a_character + 1),
            None
        );
        assert_eq!(Excerpt::new(TEXT, 3..999), None);
        assert_eq!(Excerpt::new("", 0..0), None);
        assert_eq!(Excerpt::line(TEXT, 99), None);
    }

    #[test]
    fn a_line_is_marked_without_its_indentation() {
        let span = Excerpt::line("x:\n    y: 1\n", 2).map(|excerpt| excerpt.span());
        assert_eq!(span, Some(7..11));
    }
}
