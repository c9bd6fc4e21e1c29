//! Places in a TOML file, and changes that leave the rest of its text as it is.

use ::toml_edit::{Array, ArrayOfTables, DocumentMut, Item, TableLike, Value};
use serde_json::Value as Json;

use crate::mutation::toml_edit::value_of;

/// A change at a place.
pub(super) enum Edit<'e> {
    /// Leaves it out.
    Remove,
    /// Calls the key something else.
    Rename(&'e str),
    /// Puts a list's item there twice.
    Duplicate,
    /// Puts another value there.
    Set(&'e Json),
}

/// Every key and list item with its value, in the order of the file; nothing when the text is no TOML.
pub(super) fn places(text: &str) -> Vec<(String, Json)> {
    let mut places = Vec::new();
    if let Ok(document) = text.parse::<DocumentMut>() {
        table_places(document.as_table(), "", &mut places);
    }
    places
}

fn table_places(table: &dyn TableLike, at: &str, places: &mut Vec<(String, Json)>) {
    for (key, item) in table.iter() {
        let path = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        places.push((path.clone(), json_of(item)));
        match item {
            Item::Table(table) => table_places(table, &path, places),
            Item::ArrayOfTables(tables) => {
                for (index, table) in tables.iter().enumerate() {
                    let path = format!("{path}/{index}");
                    places.push((path.clone(), Json::Object(serde_json::Map::new())));
                    table_places(table, &path, places);
                }
            }
            Item::Value(value) => value_places(value, &path, places),
            Item::None => {}
        }
    }
}

fn value_places(value: &Value, at: &str, places: &mut Vec<(String, Json)>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let path = format!("{at}/{index}");
                places.push((path.clone(), json_of_value(item)));
                value_places(item, &path, places);
            }
        }
        Value::InlineTable(table) => table_places(table, at, places),
        _ => {}
    }
}

/// Tables are told as empty maps: nobody looks into them but through their own places.
fn json_of(item: &Item) -> Json {
    match item {
        Item::Value(value) => json_of_value(value),
        Item::ArrayOfTables(_) => Json::Array(Vec::new()),
        Item::Table(_) | Item::None => Json::Object(serde_json::Map::new()),
    }
}

fn json_of_value(value: &Value) -> Json {
    match value {
        Value::String(text) => Json::from(text.value().as_str()),
        Value::Integer(number) => Json::from(*number.value()),
        Value::Float(number) => Json::from(*number.value()),
        Value::Boolean(flag) => Json::from(*flag.value()),
        Value::Datetime(moment) => Json::from(moment.value().to_string()),
        Value::Array(items) => items.iter().map(json_of_value).collect(),
        Value::InlineTable(_) => Json::Object(serde_json::Map::new()),
    }
}

/// The text after an edit at `path`; `None` when there is no such place, or the edit does not fit it.
pub(super) fn apply(text: &str, path: &str, edit: &Edit<'_>) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    let mut keys: Vec<String> = path
        .strip_prefix('/')?
        .split('/')
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect();
    let last = keys.pop()?;
    let mut owner = Owner::Table(document.as_table_mut());
    for key in &keys {
        owner = owner.child(key)?;
    }
    owner.edit(&last, edit)?;
    Some(document.to_string())
}

/// What holds a place.
enum Owner<'d> {
    Table(&'d mut dyn TableLike),
    Tables(&'d mut ArrayOfTables),
    Array(&'d mut Array),
}

impl<'d> Owner<'d> {
    fn child(self, key: &str) -> Option<Self> {
        match self {
            Self::Table(table) => match table.get_mut(key)? {
                Item::Table(table) => Some(Self::Table(table)),
                Item::ArrayOfTables(tables) => Some(Self::Tables(tables)),
                Item::Value(value) => Self::of_value(value),
                Item::None => None,
            },
            Self::Tables(tables) => Some(Self::Table(tables.get_mut(key.parse().ok()?)?)),
            Self::Array(items) => Self::of_value(items.get_mut(key.parse().ok()?)?),
        }
    }

    fn of_value(value: &'d mut Value) -> Option<Self> {
        match value {
            Value::Array(items) => Some(Self::Array(items)),
            Value::InlineTable(table) => Some(Self::Table(table)),
            _ => None,
        }
    }

    fn edit(self, key: &str, edit: &Edit<'_>) -> Option<()> {
        match self {
            Self::Table(table) => edit_key(table, key, edit),
            Self::Tables(tables) => {
                let index: usize = key.parse().ok()?;
                let table = tables.get(index)?.clone();
                match edit {
                    Edit::Remove => {
                        tables.remove(index);
                    }
                    Edit::Duplicate => tables.push(table),
                    Edit::Rename(_) | Edit::Set(_) => return None,
                }
                Some(())
            }
            Self::Array(items) => {
                let index: usize = key.parse().ok()?;
                let item = items.get(index)?.clone();
                match edit {
                    Edit::Remove => {
                        items.remove(index);
                    }
                    Edit::Duplicate => items.push(item),
                    Edit::Set(to) => {
                        items.replace(index, value_of(to)?);
                    }
                    Edit::Rename(_) => return None,
                }
                Some(())
            }
        }
    }
}

fn edit_key(table: &mut dyn TableLike, key: &str, edit: &Edit<'_>) -> Option<()> {
    match edit {
        Edit::Remove => table.remove(key).map(|_| ()),
        Edit::Rename(name) => {
            let item = table.remove(key)?;
            table.insert(name, item);
            Some(())
        }
        Edit::Set(to) => {
            *table.get_mut(key)? = Item::Value(value_of(to)?);
            Some(())
        }
        Edit::Duplicate => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Edit, apply, places};

    const TEXT: &str =
        "[a]\n  b = [\"x\", \"y\"] # why\n  [[a.c]]\n    d = 1\n  [[a.c]]\n    d = 2\n";

    #[test]
    fn every_key_and_item_is_a_place() {
        let paths: Vec<String> = places(TEXT).into_iter().map(|(path, _)| path).collect();
        assert_eq!(
            paths,
            [
                "/a", "/a/b", "/a/b/0", "/a/b/1", "/a/c", "/a/c/0", "/a/c/0/d", "/a/c/1",
                "/a/c/1/d"
            ]
        );
    }

    #[test]
    fn a_place_is_changed_and_the_rest_kept() {
        let change = |path, edit: Edit<'_>| apply(TEXT, path, &edit).unwrap_or_default();
        let text = json!("z");
        assert!(change("/a/c/1/d", Edit::Set(&text)).contains("d = 1"));
        assert!(change("/a/c/1/d", Edit::Set(&text)).contains("d = \"z\""));
        assert!(!change("/a/c/0", Edit::Remove).contains("d = 1"));
        assert!(change("/a/b", Edit::Rename("q")).contains("q = [\"x\", \"y\"]"));
        assert!(change("/a/b/0", Edit::Remove).contains("# why"));
        assert!(apply(TEXT, "/a/q", &Edit::Remove).is_none());
        assert!(apply(TEXT, "/a/b", &Edit::Duplicate).is_none());
    }
}
