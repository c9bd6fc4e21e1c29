//! Values files as they were written: each value with its file and line, merged as Helm merges them.

use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use crate::path::{Path, Segment};

/// Deeper trees than any values file are refused, not followed.
const DEEPEST: usize = 100;

/// A values file.
#[derive(Debug, Clone)]
pub struct File {
    /// How messages name it.
    pub name: String,
    /// What it holds.
    pub text: String,
}

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Origin {
    /// The file.
    pub file: String,
    /// The line, from one.
    pub line: u64,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A value with its origin.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it was written.
    pub origin: Origin,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Neither mapping nor list.
    Scalar(Value),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order in which it was written.
    Mapping(Vec<(String, Node)>),
}

/// A value that a later file replaced.
#[derive(Debug, Clone)]
pub struct Replaced {
    /// Its path.
    pub path: Path,
    /// It.
    pub node: Node,
    /// Where the later one is.
    pub by: Origin,
}

impl Node {
    /// Reads a file. An empty one, and one whose top is no mapping, are errors.
    ///
    /// # Errors
    /// A message with line and reason, without the name of the file.
    pub fn read(file: &File) -> Result<Self, String> {
        let raw: Spanned<Raw> = serde_saphyr::from_str(&file.text).map_err(|error| {
            let error = error.without_snippet();
            let line = error.location().map_or(1, |location| location.line());
            let message = error.to_string();
            let end = message.find(" at line ").unwrap_or(message.len());
            format!(
                "line {line}: this is not YAML that Helm would read: {}",
                &message[..end]
            )
        })?;
        match &raw.value {
            Raw::Scalar(Value::Null) => Err("the file is empty".into()),
            Raw::Mapping(entries) if entries.is_empty() => Err("the file is empty".into()),
            Raw::Mapping(_) => Ok(Self::located(raw, &file.name)),
            _ => Err(format!(
                "line {}: the top of a values file is a mapping",
                raw.referenced.line()
            )),
        }
    }

    fn located(raw: Spanned<Raw>, file: &str) -> Self {
        let origin = Origin {
            file: file.to_owned(),
            line: raw.referenced.line(),
        };
        let kind = match raw.value {
            Raw::Scalar(value) => Kind::Scalar(value),
            Raw::List(items) => Kind::List(
                items
                    .into_iter()
                    .map(|item| Self::located(item, file))
                    .collect(),
            ),
            Raw::Mapping(entries) => Kind::Mapping(
                entries
                    .into_iter()
                    .map(|(key, value)| {
                        let line = key.referenced.line();
                        let mut node = Self::located(value, file);
                        node.origin.line = line;
                        (key.value, node)
                    })
                    .collect(),
            ),
        };
        Self { origin, kind }
    }

    /// Lays a later file over this one: mappings are merged, anything else is replaced.
    pub fn merge(&mut self, later: Self, at: &Path, replaced: &mut Vec<Replaced>) {
        match (&mut self.kind, later) {
            (
                Kind::Mapping(mine),
                Self {
                    kind: Kind::Mapping(theirs),
                    ..
                },
            ) => {
                for (key, value) in theirs {
                    let path = at.child(Segment::Key(key.clone()));
                    match mine.iter_mut().find(|(name, _)| *name == key) {
                        Some((_, own)) => own.merge(value, &path, replaced),
                        None => mine.push((key, value)),
                    }
                }
            }
            (_, later) => {
                replaced.push(Replaced {
                    path: at.clone(),
                    by: later.origin.clone(),
                    node: std::mem::replace(self, later),
                });
            }
        }
    }

    /// The value at a path of keys.
    pub fn get(&self, path: &Path) -> Option<&Self> {
        path.0
            .iter()
            .try_fold(self, |node, segment| match (&node.kind, segment) {
                (Kind::Mapping(entries), Segment::Key(key)) => entries
                    .iter()
                    .find(|(name, _)| name == key)
                    .map(|(_, node)| node),
                (Kind::List(items), Segment::Index(index)) => items.get(*index),
                _ => None,
            })
    }

    /// The value without origins.
    pub fn value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::List(items) => items.iter().map(Self::value).collect(),
            Kind::Mapping(entries) => entries
                .iter()
                .map(|(key, node)| (key.clone(), node.value()))
                .collect::<Map<_, _>>()
                .into(),
        }
    }

    /// Every leaf: scalars, lists of scalars and empty collections. `whole` says which mappings and lists are leaves as they are.
    pub fn leaves(&self, at: &Path, whole: &dyn Fn(&Path) -> bool, found: &mut Vec<(Path, Self)>) {
        let is_scalar = |node: &Self| matches!(node.kind, Kind::Scalar(_));
        if !at.0.is_empty() && whole(at) {
            found.push((at.clone(), self.clone()));
            return;
        }
        match &self.kind {
            Kind::Mapping(entries) if !entries.is_empty() => {
                for (key, node) in entries {
                    node.leaves(&at.child(Segment::Key(key.clone())), whole, found);
                }
            }
            Kind::List(items) if !items.iter().all(is_scalar) => {
                for (index, node) in items.iter().enumerate() {
                    node.leaves(&at.child(Segment::Index(index)), whole, found);
                }
            }
            _ => found.push((at.clone(), self.clone())),
        }
    }
}

/// YAML with places, before it has the name of its file.
enum Raw {
    Scalar(Value),
    List(Vec<Spanned<Raw>>),
    Mapping(Vec<(Spanned<String>, Spanned<Raw>)>),
}

thread_local! {
    static DEPTH: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// One step down while it lives.
struct Step;

impl Step {
    fn down<E: serde::de::Error>() -> Result<Self, E> {
        DEPTH.with(|depth| {
            if depth.get() >= DEEPEST {
                return Err(E::custom("it is nested too deeply"));
            }
            depth.set(depth.get() + 1);
            Ok(Self)
        })
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        DEPTH.with(|depth| depth.set(depth.get() - 1));
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Raw;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
                Ok(Raw::Scalar(value.into()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
                Ok(Raw::Scalar(value.into()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
                Ok(Raw::Scalar(value.into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
                Ok(Raw::Scalar(value.into()))
            }
            fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
                Ok(Raw::Scalar(value.into()))
            }
            fn visit_unit<E>(self) -> Result<Raw, E> {
                Ok(Raw::Scalar(Value::Null))
            }
            fn visit_none<E>(self) -> Result<Raw, E> {
                Ok(Raw::Scalar(Value::Null))
            }
            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
                deserializer.deserialize_any(self)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
                let _step = Step::down()?;
                let mut items = Vec::new();
                while let Some(item) = access.next_element()? {
                    items.push(item);
                }
                Ok(Raw::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
                let _step = Step::down()?;
                let mut entries = Vec::new();
                while let Some(entry) = access.next_entry()? {
                    entries.push(entry);
                }
                Ok(Raw::Mapping(entries))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
