//! Text that the old charts put at the end of deployment.toml.

use serde_json::{Map, Value, json};

use crate::path::{Path, Segment};
use crate::report::Class;
use crate::work::Work;

/// Carries the tables of the text over, key by key.
pub(crate) fn toml(work: &mut Work<'_>, item: usize, to: &str) {
    let text = work.items[item].text();
    let document: toml_edit::DocumentMut = match text.parse() {
        Ok(document) => document,
        Err(error) => {
            let line = error
                .span()
                .map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            let message = format!(
                "line {line} of this text is not TOML, so that no server read the file: {}",
                error.message()
            );
            work.warn(item, message.clone());
            return work.done(item, Class::Manual, None, Some(message));
        }
    };
    let mut left = Vec::new();
    let mut keys = Vec::new();
    flatten(&table(document.as_table()), &Path::default(), &mut keys);
    for (path, value) in keys {
        if path.0.len() == 1
            && document
                .get(&path.to_string())
                .is_some_and(toml_edit::Item::is_value)
        {
            left.push(format!("{path} stood before the first table, so it belonged to whatever table the old file ended with"));
            continue;
        }
        let component = work.items[item].component;
        if let Err(why) = work.target.reads(&path, component) {
            left.push(why);
            continue;
        }
        if !work.put(item, &format!("{to}.{path}"), value) {
            left.push(format!("{path} is given twice"));
        }
    }
    if work.items[item].outcome.is_none() && left.is_empty() {
        work.done(item, Class::Empty, None, Some("it has no key".into()));
    }
    if !left.is_empty() {
        let note = left.join("; ");
        work.warn(item, format!("not all of it is carried over: {note}"));
        work.done(item, Class::Manual, None, Some(note));
    }
}

/// Keys with their values; a list is one value.
fn flatten(value: &Value, at: &Path, found: &mut Vec<(Path, Value)>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                flatten(value, &at.child(Segment::Key(key.clone())), found);
            }
        }
        other => found.push((at.clone(), other.clone())),
    }
}

fn table(table: &dyn toml_edit::TableLike) -> Value {
    table
        .iter()
        .map(|(key, item)| (key.to_owned(), value_of(item)))
        .collect::<Map<_, _>>()
        .into()
}

fn value_of(item: &toml_edit::Item) -> Value {
    match item {
        toml_edit::Item::None => Value::Null,
        toml_edit::Item::Value(value) => scalar(value),
        toml_edit::Item::Table(inner) => table(inner),
        toml_edit::Item::ArrayOfTables(tables) => tables.iter().map(|inner| table(inner)).collect(),
    }
}

fn scalar(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => json!(text.value()),
        toml_edit::Value::Integer(number) => json!(number.value()),
        toml_edit::Value::Float(number) => json!(number.value()),
        toml_edit::Value::Boolean(on) => json!(on.value()),
        toml_edit::Value::Datetime(time) => json!(time.value().to_string()),
        toml_edit::Value::Array(items) => items.iter().map(scalar).collect(),
        toml_edit::Value::InlineTable(inner) => table(inner),
    }
}
