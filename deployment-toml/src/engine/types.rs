//! Values against the types that their readers expect.

use super::fault::{Fault, FaultKind, Severity};
use crate::catalogue::{Catalogue, KeyType, Lookup, Record};
use crate::document::{Document, Entry};
use crate::effective::Effective;
use crate::value::Value;

pub(super) fn check(document: &Document, effective: &Effective, faults: &mut Vec<Fault>) {
    let catalogue = Catalogue::of(effective.product().distribution);
    for entry in document.entries() {
        let record = match catalogue.lookup(&entry.path, effective.product()) {
            Lookup::Known(record) => Some(record),
            _ => None,
        };
        float(entry, record, faults);
        if let Some(record) = record {
            typed(entry, record, faults);
        }
    }
    durations(effective, faults);
}

fn durations(effective: &Effective, faults: &mut Vec<Fault>) {
    for found in effective.duration_faults() {
        let severity = if found.exits {
            Severity::StartUpFails
        } else {
            Severity::SilentlyWrong
        };
        faults.push(
            Fault::new(FaultKind::WrongType, severity, found.what.clone())
                .at(&found.key, found.span)
                .help("write a whole number with an optional unit: d, h, m, s or ms"),
        );
    }
}

fn float(entry: &Entry, record: Option<&Record>, faults: &mut Vec<Fault>) {
    let wants_integer = record.is_some_and(|r| r.key_type == KeyType::Int && !r.type_inferred);
    let mut report = |number: f64, span| {
        let is_whole = number.is_finite() && number.fract() == 0.0;
        if !is_whole && !wants_integer {
            return;
        }
        let fault = Fault::new(
            FaultKind::FloatForInteger,
            Severity::SilentlyWrong,
            format!("the float is copied as the text {number:?}"),
        );
        let help = if is_whole {
            format!("write {number:.0}")
        } else {
            "write a whole number".to_owned()
        };
        faults.push(fault.at(&entry.path, span).help(help));
    };
    match &entry.value {
        Value::Float(number) => report(*number, entry.span),
        Value::Array(elements) => {
            for (at, element) in elements.iter().enumerate() {
                if let Value::Float(number) = element {
                    let span = entry.elements.get(at).copied().unwrap_or(entry.span);
                    report(*number, span);
                }
            }
        }
        _ => {}
    }
}

fn typed(entry: &Entry, record: &Record, faults: &mut Vec<Fault>) {
    let is_array = matches!(entry.value, Value::Array(_));
    if record.needs_text && !matches!(entry.value, Value::String(_)) {
        let fault = wrong_type(record, "the server exits, only text will do")
            .help("write a text in quotes")
            .fatal();
        faults.push(fault.at(&entry.path, entry.span));
        return;
    }
    if let (Value::Array(elements), true) = (&entry.value, record.needs_list)
        && elements
            .iter()
            .any(|element| matches!(element, Value::Array(_)))
    {
        let fault = wrong_type(record, "a list in the list is copied as text")
            .help("write the values themselves");
        faults.push(fault.at(&entry.path, entry.span));
        return;
    }
    let fault = match record.key_type {
        KeyType::Array | KeyType::ArrayOfTables if !is_array => {
            (!record.has_text_default()).then(|| text_for_list(record))
        }
        // A type read off the key's name is too weak a ground for the rest.
        _ if record.type_inferred => None,
        KeyType::Bool | KeyType::Int | KeyType::String if is_array => {
            Some(wrong_type(record, "a list is copied as text").help("write one value, not a list"))
        }
        KeyType::Table => Some(
            wrong_type(record, "a value hides the keys of the table")
                .help("write a table: its keys, each with a value"),
        ),
        KeyType::Bool => boolean(&entry.value, record),
        KeyType::Int => number(&entry.value, record),
        _ => None,
    };
    faults.extend(fault.map(|fault| fault.at(&entry.path, entry.span)));
}

fn wrong_type(record: &Record, message: &str) -> Fault {
    Fault::new(
        FaultKind::WrongType,
        Severity::SilentlyWrong,
        format!("{message}, the key {} has another type", record.key),
    )
}

fn text_for_list(record: &Record) -> Fault {
    let fault = if record.needs_list {
        Fault::new(
            FaultKind::TextForList,
            Severity::StartUpFails,
            "the server exits, its template finds no list here",
        )
    } else {
        Fault::new(
            FaultKind::TextForList,
            Severity::SilentlyWrong,
            "the template wants a list and reads the value otherwise than meant",
        )
    };
    fault.help("write a list: [ … ]")
}

fn boolean(value: &Value, record: &Record) -> Option<Fault> {
    match value {
        Value::Boolean(_) => None,
        Value::String(text) if record.strict_bool => Some(
            Fault::new(
                FaultKind::TextForBoolean,
                Severity::SilentlyWrong,
                "the template compares with a boolean, any text counts as false",
            )
            .help(format!("write {} without quotes", text.trim())),
        ),
        Value::String(text) if text == "true" || text == "false" || text.contains('$') => None,
        _ => Some(wrong_type(record, "the value is no boolean").help("write true or false")),
    }
}

fn number(value: &Value, record: &Record) -> Option<Fault> {
    let fault = || Some(wrong_type(record, "the value is no number").help("write a whole number"));
    match value {
        Value::Boolean(_) | Value::Datetime(_) => fault(),
        // The product resolves what holds a `$` later; numbers as text are as good as numbers.
        Value::String(text) if !text.contains('$') && !is_integer(text.trim()) => fault(),
        _ => None,
    }
}

fn is_integer(text: &str) -> bool {
    text.is_empty() || text.parse::<i64>().is_ok()
}
