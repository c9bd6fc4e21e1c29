//! A random change of one rendered document, and how it is applied.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::toml;
use crate::{
    manifest::{Manifest, Object},
    mutation::{remove, set, split},
};

/// What a mutation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The document is left out.
    DropDocument,
    /// The document is there twice.
    DuplicateDocument,
    /// A field, key or list item is left out.
    Drop,
    /// A field or key is misspelled.
    RenameKey,
    /// A list item is there twice.
    DuplicateItem,
    /// A text, list or map is emptied.
    Empty,
    /// A text is misspelled.
    Text,
    /// A number is another one.
    Number,
    /// True is false, or false true.
    Flag,
    /// A value is of another type.
    Type,
    /// A URL has another host.
    Host,
    /// A URL has another port.
    Port,
    /// A URL has another scheme.
    Scheme,
}

/// Where a mutation changes something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// Kind of the document.
    pub kind: String,
    /// Name of the document.
    pub name: String,
    /// Template that made it.
    pub template: String,
    /// Which of the template's documents it is, from 0.
    #[serde(skip)]
    pub number: usize,
    /// The TOML file in the document's data, when the change is in there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// JSON pointer in the document, or in the TOML file; empty for the whole document.
    pub path: String,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)?;
        if let Some(file) = &self.file {
            write!(f, " {file}")?;
        }
        if !self.path.is_empty() {
            write!(f, " {}", self.path)?;
        }
        Ok(())
    }
}

/// A change with its place and what it puts there.
#[derive(Debug, Clone, PartialEq)]
pub struct Mutation {
    /// Where.
    pub place: Place,
    /// What is done.
    pub change: Change,
    /// The value that was there; null for a whole document.
    pub before: Value,
    /// The new value, or the new name of a key; null when something is left out.
    pub after: Value,
}

impl Mutation {
    /// Changes the document. False when it, or the place in it, is not there.
    pub(super) fn apply(&self, manifest: &mut Manifest) -> bool {
        let Some(index) = self.index(manifest) else {
            return false;
        };
        match self.change {
            Change::DropDocument => {
                manifest.objects.remove(index);
                true
            }
            Change::DuplicateDocument => {
                let copy = manifest.objects[index].clone();
                manifest.objects.insert(index, copy);
                true
            }
            _ => self.change_document(&mut manifest.objects[index]),
        }
    }

    fn index(&self, manifest: &Manifest) -> Option<usize> {
        manifest
            .objects
            .iter()
            .enumerate()
            .filter(|(_, object)| object.template == self.place.template)
            .nth(self.place.number)
            .filter(|(_, object)| object.kind() == self.place.kind)
            .map(|(index, _)| index)
    }

    fn change_document(&self, object: &mut Object) -> bool {
        let Some(file) = &self.place.file else {
            return self.change_value(&mut object.value).is_some();
        };
        let text = object
            .value
            .get_mut("data")
            .and_then(|data| data.get_mut(file));
        let Some(Value::String(text)) = text else {
            return false;
        };
        let edit = match (self.change, &self.after) {
            (Change::Drop, _) => toml::Edit::Remove,
            (Change::RenameKey, Value::String(name)) => toml::Edit::Rename(name),
            (Change::DuplicateItem, _) => toml::Edit::Duplicate,
            (_, after) => toml::Edit::Set(after),
        };
        let Some(changed) = toml::apply(text, &self.place.path, &edit) else {
            return false;
        };
        *text = changed;
        true
    }

    fn change_value(&self, document: &mut Value) -> Option<()> {
        let path = self.place.path.as_str();
        match self.change {
            Change::Drop => remove(document, path).ok(),
            Change::RenameKey => {
                let (parent, last) = split(path).ok()?;
                let map = document.pointer_mut(parent)?.as_object_mut()?;
                let value = map.shift_remove(&last)?;
                map.insert(self.after.as_str()?.to_owned(), value);
                Some(())
            }
            Change::DuplicateItem => {
                let (parent, _) = split(path).ok()?;
                let item = document.pointer(path)?.clone();
                document.pointer_mut(parent)?.as_array_mut()?.push(item);
                Some(())
            }
            _ => {
                document.pointer(path)?;
                set(document, path, self.after.clone()).ok()
            }
        }
    }
}
