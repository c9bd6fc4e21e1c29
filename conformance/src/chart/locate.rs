//! Which line of a chart's templates makes a key of a configuration, or a field of a document.

use std::sync::LazyLock;

use regex::Regex;

use super::source::ChartSource;
use crate::facts::matches_glob;

/// An action of a template.
static ACTION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{\{.*?\}\}").ok());

impl ChartSource {
    /// The line that makes `key` of a configuration that our charts write as YAML in `_configuration.tpl`, beside `template`; where
    /// the key is missing, the line of the nearest map around it.
    pub(crate) fn place_of_key(&self, template: &str, key: &str) -> Option<(String, usize)> {
        let (folder, _) = template.rsplit_once('/')?;
        let own = format!("{folder}/_configuration.tpl");
        let line = line_of_key(self.files.get(&own)?, key)?;
        Some((own, line))
    }

    /// The file and line of a document of `kind` in a template that is about the first possible of `words`: the name of a
    /// field, or a value; else the line that starts the document. Only what stands on exactly one line counts.
    pub(crate) fn place_in_document(
        &self,
        template: &str,
        kind: &str,
        words: &[&str],
    ) -> (String, Option<usize>) {
        let start = self.line_of_kind(template, kind);
        if let (Some(start), Some(text)) = (start, self.files.get(template)) {
            let lines: Vec<(usize, &str)> = document_around(text, start);
            if let Some(line) = line_about(&lines, words) {
                return (template.to_owned(), Some(line));
            }
            // Pods are often written in a helper beside the template.
            let folder = template.rsplit_once('/').map_or("", |(folder, _)| folder);
            let beside = format!("{folder}/_");
            let helpers = self.files.iter().filter(|(path, _)| {
                path.strip_prefix(&beside)
                    .is_some_and(|rest| !rest.contains('/'))
            });
            for (path, text) in helpers {
                let lines: Vec<(usize, &str)> = numbered(text).collect();
                if let Some(line) = line_about(&lines, words) {
                    return (path.clone(), Some(line));
                }
            }
        }
        (template.to_owned(), start)
    }

    /// The line of a template that makes a line of a document's text: the last that stands there word for word, else the one of
    /// which most is written where its actions may give anything, else the last with the same key.
    pub fn line_that_makes(&self, template: &str, text: &str) -> Option<usize> {
        let key = |line: &str| entry(line).split(':').next().map(str::to_owned);
        let lines = || numbered(self.files.get(template).map_or("", String::as_str));
        let same = lines().filter(|(_, line)| entry(line) == entry(text));
        let alike = || lines().filter(|(_, line)| key(line) == key(text));
        same.map(|(number, _)| number)
            .last()
            .or_else(|| self.line_written_as(template, text))
            .or_else(|| alike().last().map(|(number, _)| number))
    }

    /// The line of a template of which most is written in a line of a document's text, and the rest may be made by actions; `None`
    /// when there is not exactly one.
    pub(crate) fn line_written_as(&self, template: &str, text: &str) -> Option<usize> {
        let action = ACTION.as_ref()?;
        let makes_it: Vec<(usize, usize)> = numbered(self.files.get(template)?)
            .filter_map(|(number, line)| {
                let pattern = action.replace_all(line, "*");
                let written = pattern.chars().filter(|c| c.is_alphanumeric()).count();
                let fits = written > 0 && matches_glob(entry(&pattern), entry(text));
                fits.then_some((written, number))
            })
            .collect();
        let most = makes_it.iter().map(|(written, _)| *written).max()?;
        only(
            makes_it
                .iter()
                .filter(|(written, _)| *written == most)
                .map(|(_, number)| *number),
        )
    }

    /// The line of a template that starts a document of this kind, if there is exactly one such line.
    pub(crate) fn line_of_kind(&self, template: &str, kind: &str) -> Option<usize> {
        let wanted = format!("kind: {kind}");
        only(
            numbered(self.files.get(template)?)
                .filter(|(_, line)| line.trim_end() == wanted)
                .map(|(number, _)| number),
        )
    }
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
}

fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

/// A line without what says only where it stands.
fn entry(line: &str) -> &str {
    line.trim_start_matches([' ', '-']).trim_end()
}

/// The lines of the YAML document in which line `at` stands.
fn document_around(text: &str, at: usize) -> Vec<(usize, &str)> {
    let is_break = |line: &str| line.trim_end() == "---";
    let lines: Vec<(usize, &str)> = numbered(text).collect();
    let before = lines[..at - 1]
        .iter()
        .rposition(|(_, line)| is_break(line))
        .map_or(0, |index| index + 1);
    let after = lines[at - 1..]
        .iter()
        .position(|(_, line)| is_break(line))
        .map_or(lines.len(), |index| at - 1 + index);
    lines[before..after].to_vec()
}

/// The one line that holds a word as a field's name or as a whole value.
fn line_about(lines: &[(usize, &str)], words: &[&str]) -> Option<usize> {
    words.iter().find_map(|word| {
        let is_about = |line: &str| {
            let line = line.trim().trim_start_matches("- ");
            let (name, value) = line.split_once(':').unwrap_or(("", line));
            name.trim_matches(['"', '\'']) == *word
                || value.trim().trim_matches(['"', '\'']) == *word
        };
        only(
            lines
                .iter()
                .filter(|(_, line)| is_about(line))
                .map(|(number, _)| *number),
        )
    })
}

/// The line of a rendered document that is about the first possible of `words`, as a field's name, a whole value or a part of one;
/// else the line of its kind.
pub(crate) fn line_in_document(text: &str, kind: &str, words: &[&str]) -> Option<usize> {
    let lines: Vec<(usize, &str)> = numbered(text).collect();
    let holds = |word: &&str| {
        let about = lines.iter().filter(|(_, line)| line.contains(*word));
        only(about.map(|(number, _)| *number))
    };
    line_about(&lines, words)
        .or_else(|| words.iter().filter(|word| word.len() > 5).find_map(holds))
        .or_else(|| line_about(&lines, &[kind]))
}

/// The names of a dotted key without numbers of list items: the first entry with the key's names is meant.
fn names_of(key: &str) -> Vec<String> {
    segments(key)
        .into_iter()
        .map(|part| part.split('[').next().unwrap_or_default().to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}

/// Splits at dots outside of quotes.
fn segments(key: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quote = None;
    for c in key.chars() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('.', None) => parts.push(String::new()),
            (c, _) => {
                if let Some(part) = parts.last_mut() {
                    part.push(c);
                }
            }
        }
    }
    parts
        .into_iter()
        .map(|part| part.trim().to_owned())
        .collect()
}

/// The line, from 1, of a dotted key in YAML text that may hold template actions; else of the nearest map around it.
fn line_of_key(text: &str, key: &str) -> Option<usize> {
    let wanted = names_of(key);
    // Indentation and name of the keys that enclose the current line.
    let mut path: Vec<(usize, &str)> = Vec::new();
    let mut nearest: Option<(usize, usize)> = None;
    for (number, line) in numbered(text) {
        let content = line.trim_start();
        let dashes = content.len() - content.trim_start_matches("- ").len();
        let content = content.trim_start_matches("- ");
        if content.starts_with("{{") || content.starts_with('#') {
            continue;
        }
        let Some((name, _)) = content.split_once(':') else {
            continue;
        };
        let indentation = line.len() - line.trim_start().len() + dashes;
        path.retain(|(outer, _)| *outer < indentation);
        path.push((indentation, name.trim_matches('"')));
        let is_around = path.len() <= wanted.len()
            && path
                .iter()
                .zip(&wanted)
                .all(|((_, name), wanted)| name == wanted);
        if is_around && nearest.is_none_or(|(length, _)| path.len() > length) {
            nearest = Some((path.len(), number));
            if path.len() == wanted.len() {
                break;
            }
        }
    }
    nearest.map(|(_, line)| line)
}

/// The line, from 1, of a dotted key in a TOML text; else of the nearest table around it.
pub(crate) fn line_of_toml_key(text: &str, key: &str) -> Option<usize> {
    let wanted = names_of(key);
    let mut table: Vec<String> = Vec::new();
    let mut best: Option<(usize, usize)> = None;
    for (number, line) in numbered(text) {
        let path = if let Some(header) = header_of(line) {
            table = segments(header);
            table.clone()
        } else if let Some((name, _)) = line
            .split_once('=')
            .filter(|(name, _)| is_name(name.trim()))
        {
            table.iter().cloned().chain(segments(name.trim())).collect()
        } else {
            continue;
        };
        if wanted.starts_with(&path) && best.is_none_or(|(known, _)| path.len() > known) {
            best = Some((path.len(), number));
        }
    }
    best.map(|(_, line)| line)
}

/// The name in `[a.b]` or `[[a.b]]`.
fn header_of(line: &str) -> Option<&str> {
    let line = line.split('#').next()?.trim();
    let inner = line.strip_prefix('[')?.strip_suffix(']')?;
    let inner = match inner.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']')?,
        None => inner,
    };
    is_name(inner.trim()).then_some(inner.trim())
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-.'\" ".contains(c))
}

#[cfg(test)]
mod tests {
    use super::{ChartSource, line_of_key, line_of_toml_key};

    fn chart(files: &[(&str, &str)]) -> ChartSource {
        ChartSource {
            files: files
                .iter()
                .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
                .collect(),
            ..ChartSource::default()
        }
    }

    #[test]
    fn a_key_is_found_between_template_actions() {
        let text = "{{- define \"x\" }}\na:\n  {{- if y }}\n  b: 1\n  {{- end }}\n  list:\n    - c: {{ 1 }}\n      d: 2\ne:\n  b: 3\n";
        assert_eq!(line_of_key(text, "a.b"), Some(4));
        assert_eq!(line_of_key(text, "a.list[0].c"), Some(7));
        assert_eq!(line_of_key(text, "a.list[1].d"), Some(8));
        assert_eq!(line_of_key(text, "e.b"), Some(10));
        assert_eq!(line_of_key(text, "e.c"), Some(9), "the map around it");
        assert_eq!(line_of_key(text, "f"), None);
    }

    #[test]
    fn a_key_of_toml_is_found_or_the_table_around_it() {
        let text = "title = 1\n[server]\nhostname = \"x\"\n[database.shared_db]\nurl = \"jdbc\"\n\
            [[apim.throttling.url_group]]\ntraffic_manager_urls = [\"a\"]\n[event_listener.properties]\n\"header.X\" = 1\n";
        let line = |key| line_of_toml_key(text, key);
        assert_eq!(line("title"), Some(1));
        assert_eq!(line("server.hostname"), Some(3));
        assert_eq!(line("database.shared_db.url"), Some(5));
        assert_eq!(
            line("apim.throttling.url_group[0].traffic_manager_urls[0]"),
            Some(7)
        );
        assert_eq!(
            line("apim.throttling.url_group[0].type"),
            Some(6),
            "missing"
        );
        assert_eq!(line("event_listener[0].properties.'header.X'"), Some(9));
        assert_eq!(line("nowhere.at_all"), None);
    }

    #[test]
    fn a_line_of_a_document_is_found_where_actions_made_part_of_it() {
        let chart = chart(&[(
            "templates/a.yaml",
            "name: {{ .a }}\nlist:\n  - {kind: A, name: {{ .a }}-ca}\n  - {kind: A, name: {{ .a }}-key}\nname: {{ .b }}\n",
        )]);
        let line = |text| chart.line_that_makes("templates/a.yaml", text);
        assert_eq!(line("  - {kind: A, name: x-ca}"), Some(3));
        assert_eq!(line("  - {kind: A, name: x-key}"), Some(4));
        assert_eq!(line("name: x"), Some(5), "the last");
        assert_eq!(line("more: x"), None);
        let line = |text| chart.line_written_as("templates/a.yaml", text);
        assert_eq!(line("- {kind: A, name: x-key}"), Some(4));
        assert_eq!(line("name: x"), None, "one of two");
    }

    #[test]
    fn a_field_is_found_only_where_it_stands_on_one_line() {
        let chart = chart(&[(
            "templates/a.yaml",
            "kind: Service\nports:\n  - port: 1\n  - port: 2\n---\nkind: Deployment\nspec:\n  hostNetwork: true\n  port: 3\n",
        )]);
        let place =
            |kind, words: &[&str]| chart.place_in_document("templates/a.yaml", kind, words).1;
        assert_eq!(place("Deployment", &["hostNetwork"]), Some(8));
        assert_eq!(place("Deployment", &["port"]), Some(9));
        assert_eq!(place("Service", &["port"]), Some(1), "two lines have it");
        assert_eq!(place("Service", &["hostNetwork"]), Some(1));
    }
}
