//! `$ref{}`: the values of other keys.

use std::collections::{BTreeMap, BTreeSet};

use super::value::{Problem, Values};
use super::variables::Found;
use crate::expression::{Expression, Source, expressions};
use crate::key::{KeyPath, Segment};
use crate::value::Value;

/// Keys that refer to several others, each to several others, would grow without bound; no real file comes near these.
const MAX_DEPTH: usize = 200;
const MAX_TEXT: usize = 64 * 1024;

pub(super) fn resolve(values: &mut Values) -> Found {
    let keys: Vec<KeyPath> = values
        .iter()
        .filter(|(_, found)| {
            found
                .value
                .strings()
                .iter()
                .any(|text| text.contains("$ref{"))
        })
        .map(|(key, _)| key.clone())
        .collect();
    let mut resolver = Resolver {
        values,
        visiting: Vec::new(),
        cyclic: BTreeSet::new(),
        done: BTreeMap::new(),
        found: Vec::new(),
    };
    for key in &keys {
        resolver.key(key);
    }
    let Resolver { done, found, .. } = resolver;
    for (key, resolved) in done {
        if let Some(entry) = values.get_mut(&key) {
            entry.value = resolved.value;
            entry.references = resolved.references;
        }
    }
    found
}

#[derive(Clone)]
struct Resolved {
    value: Value,
    references: BTreeSet<KeyPath>,
}

struct Resolver<'a> {
    values: &'a Values,
    /// The keys being resolved, outermost first.
    visiting: Vec<KeyPath>,
    /// Keys that lead back to themselves.
    cyclic: BTreeSet<KeyPath>,
    done: BTreeMap<KeyPath, Resolved>,
    found: Found,
}

impl Resolver<'_> {
    /// The value of a key with its references followed; `None` if it leads back to a key that is being resolved.
    fn key(&mut self, key: &KeyPath) -> Option<Resolved> {
        if let Some(resolved) = self.done.get(key) {
            return Some(resolved.clone());
        }
        if let Some(at) = self.visiting.iter().position(|other| other == key) {
            self.cyclic.extend(self.visiting[at..].iter().cloned());
            return None;
        }
        let value = self.values.get(key)?.value.clone();
        let mut resolved = Resolved {
            value,
            references: BTreeSet::new(),
        };
        let expressions = references(&resolved.value);
        if expressions.is_empty() || self.visiting.len() >= MAX_DEPTH {
            return Some(resolved);
        }
        if is_in_array(key) || has_nested(&resolved.value) {
            let stays = expressions.into_iter();
            self.found
                .extend(stays.map(|expression| (key.clone(), expression, Problem::StaysText)));
            return Some(resolved);
        }
        self.visiting.push(key.clone());
        for expression in &expressions {
            self.follow(key, expression, &mut resolved);
        }
        self.visiting.pop();
        if let (true, Some(first)) = (self.cyclic.contains(key), expressions.into_iter().next()) {
            self.found.push((key.clone(), first, Problem::Cycle));
        }
        self.done.insert(key.clone(), resolved.clone());
        Some(resolved)
    }

    fn follow(&mut self, key: &KeyPath, expression: &Expression, resolved: &mut Resolved) {
        let target = KeyPath::from(expression.name.as_str());
        if is_in_array(&target) || !self.values.contains_key(&target) {
            // An array of tables is taken apart here and is one value for the engine.
            if !self.is_array_of_tables(&target) {
                self.found
                    .push((key.clone(), expression.clone(), Problem::Missing));
            }
            return;
        }
        resolved.references.insert(target.clone());
        let Some(other) = self.key(&target) else {
            return;
        };
        resolved.references.extend(other.references);
        match other.value {
            // Whatever else the text says is lost.
            whole @ (Value::Array(_) | Value::Boolean(_)) => resolved.value = whole,
            other => {
                let (written, text) = (expression.to_string(), other.to_string());
                resolved.value = resolved.value.map_strings(&mut |_, old| {
                    let new = old.replace(&written, &text);
                    if new.len() > MAX_TEXT {
                        old.to_owned()
                    } else {
                        new
                    }
                });
            }
        }
    }

    fn is_array_of_tables(&self, key: &KeyPath) -> bool {
        let first = key.element(0);
        self.values
            .range(&first..)
            .next()
            .is_some_and(|(found, _)| found.starts_with(&first))
    }
}

/// The references of a value, each once.
fn references(value: &Value) -> Vec<Expression> {
    let mut found = Vec::new();
    for text in value.strings() {
        for expression in expressions(text) {
            if expression.source == Source::Ref && !found.contains(&expression) {
                found.push(expression);
            }
        }
    }
    found
}

/// The engine looks for references in plain values and in lists of texts, not in tables of arrays.
fn is_in_array(key: &KeyPath) -> bool {
    let is_index = |segment: &Segment| matches!(segment, Segment::Index(_));
    key.segments().iter().any(is_index)
}

/// Whether the value is a list of lists.
fn has_nested(value: &Value) -> bool {
    value.as_array().is_some_and(|elements| {
        elements
            .iter()
            .any(|element| matches!(element, Value::Array(_) | Value::Table(_)))
    })
}
