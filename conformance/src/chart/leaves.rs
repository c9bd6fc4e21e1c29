//! The values that a YAML text gives, each with its line.

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle};

/// A value without entries of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// Where it is; items of lists are called `[0]`, `[1]`.
    pub(crate) path: Vec<String>,
    /// The line that names it, from 1.
    pub(crate) line: usize,
    /// Its text; empty for an empty map or list.
    pub(crate) text: String,
    /// The line of the text's first one.
    pub(crate) first_line: usize,
    /// Whether each line of the text is a line of the file.
    pub(crate) is_block: bool,
}

/// A map or list that is being read.
enum Open {
    Map { key: Option<(String, usize)> },
    List { index: usize },
}

/// The values of the first document of a text, as far as it is YAML.
pub(crate) fn leaves(text: &str) -> Vec<Leaf> {
    let mut reader = Reader {
        lines: text.lines().collect(),
        open: Vec::new(),
        found: Vec::new(),
    };
    for event in Parser::new_from_str(text) {
        let Ok((event, span)) = event else { break };
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        reader.event(event, span.start.line());
    }
    reader.found
}

struct Reader<'t> {
    lines: Vec<&'t str>,
    open: Vec<(Open, bool)>,
    found: Vec<Leaf>,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, line: usize) {
        match event {
            Event::Scalar(text, style, ..) => {
                if let Some((Open::Map { key: key @ None }, is_empty)) = self.open.last_mut() {
                    *key = Some((text.into_owned(), line));
                    *is_empty = false;
                    return;
                }
                let is_block = matches!(style, ScalarStyle::Literal);
                self.value(text.into_owned(), line, is_block);
            }
            // What an anchor stands for is not looked into.
            Event::Alias(_) => self.value(String::new(), line, false),
            Event::MappingStart(..) => self.begin(Open::Map { key: None }, line),
            Event::SequenceStart(..) => self.begin(Open::List { index: 0 }, line),
            Event::MappingEnd | Event::SequenceEnd => {
                if let Some((_, true)) = self.open.pop()
                    && !self.open.is_empty()
                {
                    self.value(String::new(), line, false);
                } else {
                    self.next();
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, open: Open, line: usize) {
        if let Some((Open::Map { key: key @ None }, _)) = self.open.last_mut() {
            // A key that is itself a map or list, which no value of a chart has.
            *key = Some((String::new(), line));
        }
        if let Some((Open::List { .. }, is_empty)) = self.open.last_mut() {
            *is_empty = false;
        }
        self.open.push((open, true));
    }

    fn value(&mut self, text: String, line: usize, is_block: bool) {
        let path = self.path();
        if path.is_empty() {
            return;
        }
        let key_line = self.open.iter().rev().find_map(|(open, _)| match open {
            Open::Map { key } => key.as_ref().map(|(_, line)| *line),
            Open::List { .. } => Some(line),
        });
        // The mark of a block stands on the line above its text.
        let has_mark = self.lines.get(line.wrapping_sub(1)).is_some_and(|line| {
            line.split('#').next().is_some_and(|line| {
                line.trim_end()
                    .trim_end_matches(['-', '+', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
                    .ends_with('|')
            })
        });
        self.found.push(Leaf {
            path,
            line: key_line.unwrap_or(line),
            text,
            first_line: line + usize::from(is_block && has_mark),
            is_block,
        });
        if let Some((_, is_empty)) = self.open.last_mut() {
            *is_empty = false;
        }
        self.next();
    }

    /// The value of a key or an item is complete.
    fn next(&mut self) {
        match self.open.last_mut() {
            Some((Open::Map { key }, _)) => *key = None,
            Some((Open::List { index }, _)) => *index += 1,
            None => {}
        }
    }

    fn path(&self) -> Vec<String> {
        let steps = self.open.iter().map(|(open, _)| match open {
            Open::Map { key } => key
                .as_ref()
                .map_or_else(String::new, |(key, _)| key.clone()),
            Open::List { index } => format!("[{index}]"),
        });
        steps.collect()
    }
}

/// A path as users write it: `hostAliases[0].hostnames`.
pub(crate) fn dotted(path: &[String]) -> String {
    let mut dotted = String::new();
    for step in path {
        if !dotted.is_empty() && !step.starts_with('[') {
            dotted.push('.');
        }
        dotted.push_str(step);
    }
    dotted
}

#[cfg(test)]
mod tests {
    use super::{dotted, leaves};

    #[test]
    fn values_are_told_with_their_lines() {
        let text = "# a\na:\n  b: 1\n  c: [x, {d: 2}]\ntext: |\n  one\n  two\nempty: {}\nnone:\nlist:\n  - k: v\n  - []\nquoted: \"a\\nb\"\n";
        let found: Vec<String> = leaves(text)
            .iter()
            .map(|leaf| {
                format!(
                    "{}:{}={:?}@{}",
                    dotted(&leaf.path),
                    leaf.line,
                    leaf.text,
                    leaf.first_line
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                "a.b:3=\"1\"@3",
                "a.c[0]:4=\"x\"@4",
                "a.c[1].d:4=\"2\"@4",
                "text:5=\"one\\ntwo\\n\"@6",
                "empty:8=\"\"@8",
                "none:9=\"~\"@9",
                "list[0].k:11=\"v\"@11",
                "list[1]:12=\"\"@12",
                "quoted:13=\"a\\nb\"@13",
            ]
        );
    }
}
