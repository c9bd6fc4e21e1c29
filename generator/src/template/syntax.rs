//! From the template syntax to Handlebars: `<% … %>` is the generator's, `{{ … }}` belongs to Helm.
//!
//! Each line end that survives rendering also gets a mark that says which source line it came from; [`split_marks`] takes the
//! marks out again. Block tags alone on their line, and white space that `~` removes, get none, because a mark there would
//! keep Handlebars from removing them.

use crate::diagnostic::{Diagnostic, Place};

/// Start and end of a mark: characters of Unicode's private use area, refused in sources.
const MARK_START: char = '\u{E000}';
const MARK_END: char = '\u{E001}';

/// Where a mark points: index of the template file and line, from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) file: usize,
    pub(crate) line: usize,
}

/// Turns a template into Handlebars source with marks for the file with this index.
pub(crate) fn to_handlebars(label: &str, file: usize, source: &str) -> Result<String, Diagnostic> {
    let segments = segments(label, source)?;
    let mut out = String::with_capacity(source.len() * 2);
    let mut line = Line {
        number: 1,
        text: false,
        tags: 0,
        standalone_tags: 0,
    };
    for (index, segment) in segments.iter().enumerate() {
        match segment {
            Segment::Tag { raw, kind } => {
                line.tags += 1;
                line.standalone_tags += usize::from(kind.standalone);
                line.number += raw.matches('\n').count();
                out.push_str(&raw.replacen("<%", "{{", 1));
                out.truncate(out.len() - 2);
                out.push_str("}}");
            }
            Segment::Text(text) => {
                let before = index
                    .checked_sub(1)
                    .and_then(|before| segments[before].kind());
                let after = segments.get(index + 1).and_then(Segment::kind);
                let kept_from = if before.is_some_and(|kind| kind.trims_after) {
                    text.len() - text.trim_start().len()
                } else {
                    0
                };
                let kept_to = if after.is_some_and(|kind| kind.trims_before) {
                    text.trim_end().len()
                } else {
                    text.len()
                };
                push_text(&mut out, text, kept_from..kept_to, file, &mut line);
            }
        }
    }
    Ok(out)
}

struct Line {
    number: usize,
    text: bool,
    tags: usize,
    standalone_tags: usize,
}

impl Line {
    /// Handlebars removes a line that holds one block tag and nothing else.
    fn vanishes(&self) -> bool {
        !self.text && self.tags == 1 && self.standalone_tags == 1
    }
}

fn push_text(
    out: &mut String,
    text: &str,
    kept: std::ops::Range<usize>,
    file: usize,
    line: &mut Line,
) {
    let mut position = 0;
    for part in text.split_inclusive('\n') {
        let content = part.trim_end_matches('\n');
        line.text |= !content.trim().is_empty();
        out.push_str(&content.replace("{{", r"\{{"));
        position += part.len();
        if part.ends_with('\n') {
            if !line.vanishes() && kept.contains(&(position - 1)) {
                out.push(MARK_START);
                out.extend([file.to_string(), ":".to_owned(), line.number.to_string()]);
                out.push(MARK_END);
            }
            out.push('\n');
            *line = Line {
                number: line.number + 1,
                text: false,
                tags: 0,
                standalone_tags: 0,
            };
        }
    }
}

#[derive(Debug)]
enum Segment<'s> {
    Text(&'s str),
    Tag { raw: &'s str, kind: TagKind },
}

impl Segment<'_> {
    fn kind(&self) -> Option<TagKind> {
        match self {
            Self::Text(_) => None,
            Self::Tag { kind, .. } => Some(*kind),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct TagKind {
    standalone: bool,
    trims_before: bool,
    trims_after: bool,
}

impl TagKind {
    fn of(inner: &str) -> Self {
        let trims_before = inner.starts_with('~');
        let trims_after = inner.ends_with('~');
        let inner = inner.trim_matches('~').trim();
        let first_word = inner.split_whitespace().next().unwrap_or_default();
        let standalone = inner.starts_with(['#', '/', '!', '>', '^']) || first_word == "else";
        Self {
            standalone,
            trims_before,
            trims_after,
        }
    }
}

fn segments<'s>(label: &str, source: &'s str) -> Result<Vec<Segment<'s>>, Diagnostic> {
    let error = |offset: usize, message: &str, hint: &str| {
        Err(Diagnostic::new(place(label, source, offset), message)
            .hint(hint)
            .excerpt_from(source))
    };
    for (forbidden, hint) in [
        (
            r"\{{",
            "write `{{` as Helm wants it; the generator escapes it",
        ),
        (
            r"\<%",
            "put the backslash elsewhere; here it would switch the tag off",
        ),
        ("{<%", "put a space between `{` and `<%`"),
    ] {
        if let Some(offset) = source.find(forbidden) {
            return error(
                offset,
                &format!("`{forbidden}` is not allowed in a template"),
                hint,
            );
        }
    }
    if let Some(offset) = source.find([MARK_START, MARK_END]) {
        return error(
            offset,
            "a character of Unicode's private use area is not allowed in a template",
            "remove it",
        );
    }
    let mut segments = Vec::new();
    let mut position = 0;
    while let Some(start) = source[position..]
        .find("<%")
        .map(|offset| position + offset)
    {
        let end_mark = if source[start..].starts_with("<%!--") {
            "--%>"
        } else {
            "%>"
        };
        let Some(end) = source[start + 2..]
            .find(end_mark)
            .map(|offset| start + 2 + offset + end_mark.len())
        else {
            return error(
                start,
                "`<%` is never closed",
                &format!("close it with `{end_mark}`"),
            );
        };
        let raw = &source[start..end];
        let inner = &raw[2..raw.len() - 2];
        if inner.contains("{{") || inner.contains("}}") || inner.contains("<%") {
            return error(
                start,
                "a generator tag cannot hold `{{`, `}}` or `<%`",
                "close the tag first with `%>`",
            );
        }
        if let Some(stray) = source[position..start].find("%>") {
            return error(
                position + stray,
                "`%>` without `<%`",
                "open the tag with `<%`",
            );
        }
        segments.push(Segment::Text(&source[position..start]));
        segments.push(Segment::Tag {
            raw,
            kind: TagKind::of(inner),
        });
        position = end;
    }
    if let Some(stray) = source[position..].find("%>") {
        return error(
            position + stray,
            "`%>` without `<%`",
            "open the tag with `<%`",
        );
    }
    segments.push(Segment::Text(&source[position..]));
    Ok(segments)
}

fn place(label: &str, source: &str, offset: usize) -> Place {
    let before = &source[..offset];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Place {
        file: label.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

/// Takes the marks out of a rendered text: the text, and for each of its lines where it came from.
///
/// A line inside a value of several lines comes from the line on which the value ends. Lines of white space become empty,
/// and the text ends in exactly one newline.
pub(crate) fn split_marks(rendered: &str) -> (String, Vec<Option<Mark>>) {
    let mut text = String::with_capacity(rendered.len());
    let mut marks = Vec::new();
    for line in rendered.trim_end_matches('\n').split('\n') {
        let start = text.len();
        let mut mark = None;
        let mut rest = line;
        while let Some(at) = rest.find(MARK_START) {
            text.push_str(&rest[..at]);
            let after = &rest[at + MARK_START.len_utf8()..];
            let end = after.find(MARK_END).unwrap_or(after.len());
            mark = parse_mark(&after[..end]).or(mark);
            rest = after.get(end + MARK_END.len_utf8()..).unwrap_or_default();
        }
        text.push_str(rest);
        if text[start..].trim().is_empty() {
            text.truncate(start);
        }
        text.push('\n');
        marks.push(mark);
    }
    while text.ends_with("\n\n") {
        text.pop();
        marks.pop();
    }
    let mut below = None;
    for mark in marks.iter_mut().rev() {
        *mark = mark.or(below);
        below = *mark;
    }
    let mut above = None;
    for mark in &mut marks {
        *mark = mark.or(above);
        above = *mark;
    }
    (text, marks)
}

fn parse_mark(text: &str) -> Option<Mark> {
    let (file, line) = text.split_once(':')?;
    Some(Mark {
        file: file.parse().ok()?,
        line: line.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::{split_marks, to_handlebars};
    use proptest::prelude::*;

    fn error(source: &str) -> String {
        to_handlebars("x.yaml.hbs", 0, source)
            .expect_err("must be refused")
            .to_string()
    }

    #[test]
    fn refuses_what_would_be_read_in_two_ways() {
        assert!(error("a\nb \\{{ x }}").starts_with("x.yaml.hbs:2:3: `\\{{` is not allowed"));
        assert!(error("{<%x%>").contains("`{<%` is not allowed"));
        assert!(error("\\<%x%>").contains("`\\<%` is not allowed"));
    }

    #[test]
    fn refuses_tags_that_are_not_closed_or_not_opened() {
        assert!(error("a <%x").starts_with("x.yaml.hbs:1:3: `<%` is never closed"));
        assert!(error("a %> b").starts_with("x.yaml.hbs:1:3: `%>` without `<%`"));
        assert!(error("<%x%> %> <%y%>").contains("`%>` without `<%`"));
        assert!(error("<%!-- x %>").contains("`<%` is never closed"));
        assert!(error("<% x {{ y }} %>").contains("cannot hold"));
    }

    #[test]
    fn refuses_the_characters_of_its_own_marks() {
        assert!(error("a\u{E000}b").contains("private use area"));
    }

    #[test]
    fn lines_of_white_space_become_empty_and_the_end_is_one_newline() {
        assert_eq!(split_marks("a\n   \nb\n\n\n").0, "a\n\nb\n");
        assert_eq!(split_marks("a").0, "a\n");
        let (text, marks) =
            split_marks("a\u{E000}0:1\u{E001}\n\u{E000}0:2\u{E001}\n\u{E000}0:3\u{E001}\n");
        assert_eq!((text.as_str(), marks.len()), ("a\n", 1));
    }

    proptest! {
        /// Whatever Helm text stands between tags comes through Handlebars unchanged, with every line's origin.
        #[test]
        fn helm_text_passes_through_unchanged(lines in prop::collection::vec("[ -;=?-\\[\\]-~äß]{0,12}(\\{\\{-? [a-z. ]{0,8} -?\\}\\})?", 1..8)) {
            let source = lines.join("\n");
            prop_assume!(!source.contains("%>") && !source.contains("{{{"));
            let handlebars_source = to_handlebars("x", 7, &source).expect("no tag in it");
            let mut registry = handlebars::Handlebars::new();
            registry.register_escape_fn(handlebars::no_escape);
            let rendered = registry.render_template(&handlebars_source, &serde_json::json!({})).expect("renders");
            let (text, marks) = split_marks(&rendered);
            let expected: Vec<&str> =
                source.trim_end_matches('\n').split('\n').map(|line| if line.trim().is_empty() { "" } else { line }).collect();
            let expected_text = expected.join("\n");
            prop_assert_eq!(text.trim_end_matches('\n'), expected_text.trim_end_matches('\n'));
            for (index, mark) in marks.iter().enumerate() {
                if index + 1 < lines.len() && expected.get(index).is_some_and(|line| !line.is_empty()) {
                    prop_assert_eq!(mark.expect("marked").line, index + 1);
                }
            }
        }

        /// No input makes the loader panic.
        #[test]
        fn any_text_is_accepted_or_refused(source in "(<%|%>|\\{\\{|\\}\\}|~|!--|--|[#/>a \n\\\\]){0,24}") {
            let _ = to_handlebars("x", 0, &source);
        }
    }
}
