//! The state of a migration: what is still to do, and what is done.

use std::collections::BTreeMap;

use am_product::Component;
use serde_json::{Map, Value};

use crate::charts::Charts;
use crate::mapping::{Mapping, Row};
use crate::path::{Path, Segment};
use crate::report::{Class, Object, Warning};
use crate::source::Node;
use crate::target::Target;

/// A value of the input.
#[derive(Debug)]
pub(crate) struct Item<'a> {
    pub(crate) component: Component,
    pub(crate) path: Path,
    pub(crate) node: Node,
    /// The row that holds for it.
    pub(crate) row: Option<&'a Row>,
    /// What the row's `*` stand for.
    pub(crate) captures: Vec<String>,
    pub(crate) outcome: Option<(Class, Vec<String>, Option<String>)>,
}

impl Item<'_> {
    /// The row's part, with captures filled in.
    pub(crate) fn part(&self) -> String {
        let part = self
            .row
            .and_then(|row| row.part.clone())
            .unwrap_or_default();
        fill(&part, self.component, &self.captures)
    }

    /// The value as text.
    pub(crate) fn text(&self) -> String {
        match self.node.value() {
            Value::String(text) => text,
            other => other.to_string(),
        }
    }
}

/// Everything that is known while values are carried over.
pub(crate) struct Work<'a> {
    pub(crate) target: &'a Target,
    pub(crate) charts: &'a Charts,
    pub(crate) mapping: &'a Mapping,
    /// Merged values by component.
    pub(crate) trees: BTreeMap<Component, Node>,
    /// The vendor's version, `4.7`.
    pub(crate) version: String,
    pub(crate) items: Vec<Item<'a>>,
    /// Values of ours.
    pub(crate) values: Value,
    /// Which item set a path.
    pub(crate) owners: BTreeMap<String, usize>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) kept: Vec<Object>,
    pub(crate) to_make: Vec<Object>,
}

/// `{component}` and `{1}` filled in.
pub(crate) fn fill(text: &str, component: Component, captures: &[String]) -> String {
    let mut text = text.replace("{component}", component.values_key());
    for (at, capture) in captures.iter().enumerate() {
        let capture = if capture.contains('.') {
            format!("\"{capture}\"")
        } else {
            capture.clone()
        };
        text = text.replace(&format!("{{{}}}", at + 1), &capture);
    }
    text
}

impl Work<'_> {
    /// Says what became of an item; more places are added to those that it went to.
    pub(crate) fn done(
        &mut self,
        item: usize,
        class: Class,
        to: Option<&str>,
        note: Option<String>,
    ) {
        let outcome = self.items[item]
            .outcome
            .get_or_insert((class, Vec::new(), None));
        outcome.0 = class;
        outcome.1.extend(to.map(ToOwned::to_owned));
        if note.is_some() {
            outcome.2 = note;
        }
    }

    /// Sets a value of ours. Where the chart has none, or another component said something else, the item says so instead.
    pub(crate) fn put(&mut self, item: usize, to: &str, value: Value) -> bool {
        let path = Path::of_keys(to);
        let value = match self.target.adapt(&path, value) {
            Ok(value) => value,
            Err(why) => {
                self.done(item, Class::Manual, None, Some(why));
                return false;
            }
        };
        if let Some(conflict) = self.conflict(&path, &value) {
            self.done(item, Class::Manual, None, Some(conflict.clone()));
            self.warn(item, conflict);
            return false;
        }
        insert(&mut self.values, &path, value);
        self.owners.entry(path.to_string()).or_insert(item);
        let note = self.items[item].row.and_then(|row| row.note.clone());
        self.done(item, Class::Mapped, Some(to), note);
        true
    }

    /// Sets a key of a component's deployment.toml, if its product reads it.
    pub(crate) fn put_config(&mut self, item: usize, key: &str, value: Value) -> bool {
        let component = self.items[item].component;
        if let Err(why) = self.target.reads(&Path::of_keys(key), component) {
            self.done(item, Class::Manual, None, Some(why));
            return false;
        }
        self.put(
            item,
            &format!("{}.config.{key}", component.values_key()),
            value,
        )
    }

    /// Adds an entry to a list, once.
    pub(crate) fn append(&mut self, item: usize, to: &str, value: Value) {
        let path = Path::of_keys(to);
        let mut list = get(&self.values, &path)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        if !list.contains(&value) {
            list.push(value);
        }
        if let Err(why) = self.target.adapt(&path, Value::Null) {
            self.done(item, Class::Manual, None, Some(why));
            return;
        }
        insert(&mut self.values, &path, list.into());
        self.owners.entry(path.to_string()).or_insert(item);
        self.done(item, Class::Mapped, Some(to), None);
    }

    /// Why a value cannot be set: somebody said something else.
    fn conflict(&self, path: &Path, value: &Value) -> Option<String> {
        let found = get(&self.values, path)?;
        if found == value {
            return None;
        }
        let owner = self
            .owners
            .get(&path.to_string())
            .map(|item| &self.items[*item]);
        let who = owner.map_or_else(String::new, |item| {
            format!(
                ", and the {} says otherwise at {}",
                item.component.title(),
                item.node.origin
            )
        });
        Some(format!("the chart has one {path} for all{who}"))
    }

    /// The value of ours at a path.
    pub(crate) fn value_at(&self, path: &str) -> Option<&Value> {
        get(&self.values, &Path::of_keys(path))
    }

    /// A warning about an item.
    pub(crate) fn warn(&mut self, item: usize, message: String) {
        let item = &self.items[item];
        let warning = Warning {
            origin: Some(item.node.origin.clone()),
            path: item.path.to_string(),
            message,
        };
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// An object that stays in use.
    pub(crate) fn keep(&mut self, kind: &str, name: &str) {
        let object = Object {
            kind: kind.to_owned(),
            name: name.to_owned(),
            keys: Vec::new(),
        };
        if !self.kept.contains(&object) {
            self.kept.push(object);
        }
    }

    /// A key of a Secret that has to be made, with the item that holds its content now.
    pub(crate) fn make_secret_key(&mut self, item: usize, key: &str) -> String {
        let name = self.charts.secret.clone();
        let from = format!(
            "the value of {} ({})",
            self.items[item].path, self.items[item].node.origin
        );
        let at = self
            .to_make
            .iter()
            .position(|object| object.name == name)
            .unwrap_or_else(|| {
                self.to_make.push(Object {
                    kind: "Secret".into(),
                    name: name.clone(),
                    keys: Vec::new(),
                });
                self.to_make.len() - 1
            });
        let keys = &mut self.to_make[at].keys;
        if !keys.iter().any(|(known, _)| known == key) {
            keys.push((key.to_owned(), from));
        }
        name
    }

    /// Items of one component that a row's `how` chooses, and that nothing is decided of.
    pub(crate) fn open_items(&self, component: Component, how: crate::mapping::How) -> Vec<usize> {
        let is_open = |item: &Item<'_>| {
            item.component == component
                && item.outcome.is_none()
                && item.row.is_some_and(|row| row.how == how)
        };
        (0..self.items.len())
            .filter(|at| is_open(&self.items[*at]))
            .collect()
    }
}

/// The value at a path.
pub(crate) fn get<'v>(values: &'v Value, path: &Path) -> Option<&'v Value> {
    path.keys().try_fold(values, |value, key| value.get(key))
}

/// Sets the value at a path, making mappings on the way.
pub(crate) fn insert(values: &mut Value, path: &Path, value: Value) {
    let mut at = values;
    for segment in &path.0 {
        let Segment::Key(key) = segment else { return };
        if !at.is_object() {
            *at = Map::new().into();
        }
        let Value::Object(entries) = at else { return };
        at = entries.entry(key.clone()).or_insert(Value::Null);
    }
    *at = value;
}

/// Takes the value at a path away, and mappings that this leaves empty.
pub(crate) fn remove(values: &mut Value, path: &[Segment]) {
    let (Some(Segment::Key(key)), Value::Object(entries)) = (path.first(), values) else {
        return;
    };
    if path.len() == 1 {
        entries.remove(key);
    } else if let Some(next) = entries.get_mut(key) {
        remove(next, &path[1..]);
        if next.as_object().is_some_and(Map::is_empty) {
            entries.remove(key);
        }
    }
}
