//! From the parser's tree to a flat list.

use std::collections::BTreeMap;
use std::ops::Range;

use toml_edit::{Item, Table, TableLike};

use super::entry::{Entry, Header, Refusal};
use crate::key::KeyPath;
use crate::span::{LineIndex, Span};
use crate::value::Value;

/// The values and tables of a document, in the order of the text.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Flat {
    pub(super) entries: Vec<Entry>,
    pub(super) headers: Vec<Header>,
    pub(super) mixed_arrays: Vec<(KeyPath, Span)>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) tree: BTreeMap<String, Value>,
}

pub(super) fn flatten(root: &Table, text: &str, lines: &LineIndex<'_>) -> Flat {
    let mut walk = Walk {
        text,
        lines,
        entries: Vec::new(),
        headers: Vec::new(),
        mixed_arrays: Vec::new(),
        refusals: Vec::new(),
    };
    walk.table(root, &KeyPath::root());
    walk.entries.sort_by_key(|entry| entry.span.start);
    walk.headers.sort_by_key(|header| header.span.start);
    for (position, header) in walk.headers.iter_mut().enumerate() {
        header.position = position;
    }
    Flat {
        entries: walk.entries,
        headers: walk.headers,
        mixed_arrays: walk.mixed_arrays,
        refusals: walk.refusals,
        tree: table_value(root),
    }
}

struct Walk<'a> {
    text: &'a str,
    lines: &'a LineIndex<'a>,
    entries: Vec<Entry>,
    headers: Vec<Header>,
    mixed_arrays: Vec<(KeyPath, Span)>,
    refusals: Vec<Refusal>,
}

impl Walk<'_> {
    fn span(&self, range: Option<Range<usize>>) -> Span {
        self.lines.span(&range.unwrap_or(0..0))
    }

    fn table(&mut self, table: &dyn TableLike, path: &KeyPath) {
        for (name, item) in table.iter() {
            let key_span = self.span(table.key(name).and_then(toml_edit::Key::span));
            if name.contains(['"', '\'']) {
                // The engine turns one quote into the other to look the key up, and finds no end.
                self.refusals.push(Refusal {
                    span: key_span,
                    what: "a quote in a key",
                    instead: "choose a key without quotes",
                });
            }
            self.item(item, &path.child(name), key_span);
        }
    }

    fn item(&mut self, item: &Item, path: &KeyPath, key_span: Span) {
        match item {
            Item::None => {}
            Item::Value(value) => self.value(value, path, key_span),
            Item::Table(table) => {
                self.header(table, path);
                self.table(table, path);
            }
            Item::ArrayOfTables(tables) => {
                for (at, table) in tables.iter().enumerate() {
                    let path = path.element(at);
                    self.header(table, &path);
                    self.table(table, &path);
                }
            }
        }
    }

    fn header(&mut self, table: &Table, path: &KeyPath) {
        // Implicit and dotted tables have no header of their own.
        if table.is_implicit() || table.is_dotted() {
            return;
        }
        let span = self.span(table.span());
        self.headers.push(Header {
            path: path.clone(),
            span,
            position: 0,
        });
    }

    fn dates(&mut self, value: &toml_edit::Value) {
        match value {
            toml_edit::Value::Datetime(date) => {
                let range = date.span().unwrap_or(0..0);
                let what = self.text.get(range.clone()).and_then(old_date);
                self.refusals.extend(what.map(|what| Refusal {
                    span: self.lines.span(&range),
                    what,
                    instead: "write it as 2026-01-31T10:00:00Z",
                }));
            }
            toml_edit::Value::Array(array) if !array.iter().any(holds_table) => {
                for element in array {
                    self.dates(element);
                }
            }
            _ => {}
        }
    }

    fn value(&mut self, value: &toml_edit::Value, path: &KeyPath, key_span: Span) {
        if is_mixed(value) {
            let span = self.span(value.span());
            self.mixed_arrays.push((path.clone(), span));
        }
        self.dates(value);
        match value {
            toml_edit::Value::InlineTable(table) => self.table(table, path),
            toml_edit::Value::Array(array) if array.iter().any(holds_table) => {
                for (at, element) in array.iter().enumerate() {
                    let span = self.span(element.span());
                    self.value(element, &path.element(at), span);
                }
            }
            other => {
                let elements = other.as_array().map_or_else(Vec::new, |array| {
                    array.iter().map(|e| self.span(e.span())).collect()
                });
                self.entries.push(Entry {
                    path: path.clone(),
                    value: plain_value(other),
                    key_span,
                    span: self.span(other.span()),
                    elements,
                });
            }
        }
    }
}

/// What is wrong with a date or time for the product's parser, as it stands in the text.
fn old_date(written: &str) -> Option<&'static str> {
    if written.contains(['t', 'z']) {
        return Some("a date-time with a small t or z");
    }
    let time = written.split(['T', ' ']).next_back().unwrap_or_default();
    let time = time.split(['+', '-', 'Z']).next().unwrap_or_default();
    (time.matches(':').count() == 1).then_some("a time without seconds")
}

/// Date, time, both, or both with an offset: four types for the product's parser.
fn date_type(date: &toml_edit::Datetime) -> (bool, bool, bool) {
    (
        date.date.is_some(),
        date.time.is_some(),
        date.offset.is_some(),
    )
}

fn is_same_type(a: &toml_edit::Value, b: &toml_edit::Value) -> bool {
    match (a.as_datetime(), b.as_datetime()) {
        (Some(a), Some(b)) => date_type(a) == date_type(b),
        _ => a.type_name() == b.type_name(),
    }
}

/// Whether an array, or one inside it, has elements of different types.
fn is_mixed(value: &toml_edit::Value) -> bool {
    let Some(array) = value.as_array() else {
        return false;
    };
    let first = array.get(0);
    let is_other = |other| first.is_some_and(|first| !is_same_type(first, other));
    array.iter().any(is_other) || array.iter().any(is_mixed)
}

fn holds_table(value: &toml_edit::Value) -> bool {
    match value {
        toml_edit::Value::InlineTable(_) => true,
        toml_edit::Value::Array(array) => array.iter().any(holds_table),
        _ => false,
    }
}

fn table_value(table: &dyn TableLike) -> BTreeMap<String, Value> {
    table
        .iter()
        .filter_map(|(name, item)| Some((name.to_owned(), item_value(item)?)))
        .collect()
}

fn item_value(item: &Item) -> Option<Value> {
    match item {
        Item::None => None,
        Item::Value(value) => Some(plain_value(value)),
        Item::Table(table) => Some(Value::Table(table_value(table))),
        Item::ArrayOfTables(tables) => Some(Value::Array(
            tables
                .iter()
                .map(|table| Value::Table(table_value(table)))
                .collect(),
        )),
    }
}

fn plain_value(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => Value::String(text.value().clone()),
        toml_edit::Value::Integer(number) => Value::Integer(*number.value()),
        toml_edit::Value::Float(number) => Value::Float(*number.value()),
        toml_edit::Value::Boolean(flag) => Value::Boolean(*flag.value()),
        toml_edit::Value::Datetime(date) => Value::Datetime(date.value().to_string()),
        toml_edit::Value::Array(array) => Value::Array(array.iter().map(plain_value).collect()),
        toml_edit::Value::InlineTable(table) => Value::Table(table_value(table)),
    }
}
