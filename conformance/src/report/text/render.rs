//! Renders a finding for people, as compilers do.
//!
//! `annotate-snippets` was chosen over `miette`: it draws exactly what rustc draws, takes text that is
//! already owned elsewhere without a diagnostic type per finding, and is in the dependency tree anyway
//! (the YAML parser uses it), while miette would bring a second renderer and its own terminal layer.

use annotate_snippets::{AnnotationKind, Group, Level as Severity, Origin, Renderer, Snippet};

use super::{FindingText, NoteLabel, Place};
use crate::requirement::Level;

/// How text for people looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are used.
    pub color: bool,
    /// Columns at which lines are broken.
    pub width: usize,
}

/// Columns when nobody says how wide the reader's window is.
const DEFAULT_WIDTH: usize = 100;

impl Style {
    /// Without colour, 100 columns: for files.
    pub const PLAIN: Self = Self {
        color: false,
        width: DEFAULT_WIDTH,
    };

    /// For standard output: colour only on a terminal and unless `NO_COLOR` is set to something, the
    /// terminal's width, 100 columns where there is no terminal.
    pub fn for_stdout() -> Self {
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stdout());
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self {
            color: terminal && !set("NO_COLOR") && !dumb,
            width: width
                .filter(|_| terminal)
                .unwrap_or(DEFAULT_WIDTH)
                .clamp(40, 160),
        }
    }
}

impl FindingText<'_> {
    /// The finding as text, without an end of line.
    pub fn render(&self, style: Style) -> String {
        let severity = match self.level {
            Level::Must => Severity::ERROR,
            Level::Should => Severity::WARNING,
        };
        let mut group = Group::with_title(severity.primary_title(self.headline).id(self.code));
        for (index, place) in self.places.iter().enumerate() {
            let kind = if index == 0 {
                AnnotationKind::Primary
            } else {
                AnnotationKind::Context
            };
            group = match snippet(place, kind) {
                Some(snippet) => group.element(snippet),
                None => group.element(origin(place)),
            };
        }
        for note in &self.notes {
            let level = match note.label {
                NoteLabel::Help => Severity::HELP,
                label => Severity::NOTE.with_name(label.name()),
            };
            // Room for the gutter, ` = ` and the label, so that wrapped lines do not pass the edge.
            let room = style
                .width
                .saturating_sub(note.label.name().len() + 10)
                .max(20);
            group = group.element(level.message(wrap(&note.text, room)));
        }
        let renderer = if style.color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        renderer.term_width(style.width).render(&[group])
    }
}

fn snippet<'t>(
    place: &'t Place<'_>,
    kind: AnnotationKind,
) -> Option<Snippet<'t, annotate_snippets::Annotation<'t>>> {
    let excerpt = place.excerpt.as_ref()?;
    let mut annotation = kind.span(excerpt.span());
    if !place.label.is_empty() {
        annotation = annotation.label(place.label.as_str());
    }
    Some(
        Snippet::source(excerpt.text())
            .path(place.path.as_str())
            .annotation(annotation),
    )
}

fn origin<'t>(place: &'t Place<'_>) -> Origin<'t> {
    let mut origin = Origin::path(place.path.as_str());
    if let Some((line, column)) = place.position {
        origin = origin.line(line);
        if let Some(column) = column {
            origin = origin.char_column(column);
        }
    }
    origin
}

/// Breaks `text` at spaces so that no line has more than `width` characters, unless a single word has.
pub(crate) fn wrap(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let unindented = paragraph.trim_start();
        let mut line = paragraph[..paragraph.len() - unindented.len()].to_owned();
        for (index, word) in unindented.split(' ').enumerate() {
            let length = line.chars().count() + 1 + word.chars().count();
            if index > 0 && length > width {
                lines.push(std::mem::take(&mut line));
            } else if index > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Style, wrap};
    use crate::{
        report::text::{Excerpt, FindingText, Place, PlaceRole},
        requirement::Level,
    };

    /// Texts and spans that configuration files of other people may bring.
    #[test]
    fn odd_texts_are_drawn_and_never_panic() {
        let texts = [
            "a = 1\r\nb = 2\r\n",
            "\t\u{1b}[31mred\u{7}\n",
            "é\u{202e}字 = \"\u{200b}\"",
            "\n\n\n",
            "x",
        ];
        let mut drawn: BTreeMap<&str, usize> = BTreeMap::new();
        for text in texts {
            for start in 0..=text.len() {
                for end in start..=text.len() {
                    let Some(excerpt) = Excerpt::new(text, start..end) else {
                        continue;
                    };
                    *drawn.entry(text).or_default() += 1;
                    assert!(!excerpt.lines().is_empty(), "{text:?} {start}..{end}");
                    let place = Place {
                        role: PlaceRole::Configuration,
                        path: "file".into(),
                        position: Some((1, None)),
                        excerpt: Some(excerpt),
                        label: "here".into(),
                    };
                    let finding = FindingText {
                        code: "AM-X-001",
                        level: Level::Must,
                        headline: "odd",
                        places: vec![place],
                        notes: Vec::new(),
                    };
                    let rendered = finding.render(Style::PLAIN);
                    assert!(rendered.starts_with("error[AM-X-001]: odd"), "{rendered}");
                    assert!(
                        !rendered.contains('\u{1b}'),
                        "text brings no escape sequences"
                    );
                }
            }
        }
        assert_eq!(drawn.len(), texts.len(), "each text has drawable spans");
    }

    #[test]
    fn words_are_kept_whole_and_lines_short() {
        assert_eq!(wrap("one two three", 8), "one two\nthree");
        assert_eq!(wrap("averyverylongword x", 5), "averyverylongword\nx");
        assert_eq!(wrap("kept\n  apart", 40), "kept\n  apart");
    }
}
