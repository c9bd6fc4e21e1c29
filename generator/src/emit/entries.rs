//! A configuration as a tree of keys: tables, arrays of tables and values, each where its path puts it.

use super::address::Body;
use crate::source_map::Origin;
use crate::toml_path::{self, Index};

/// A key with what it holds.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) slot: Slot,
}

#[derive(Debug)]
pub(super) enum Slot {
    Table(Vec<Entry>),
    Array(Array),
    Leaf(Leaf),
}

/// An array of tables: entries that the model writes out, and perhaps further ones from an expression.
#[derive(Debug, Default)]
pub(super) struct Array {
    pub(super) items: Vec<Vec<Entry>>,
    pub(super) further: Option<Leaf>,
}

/// A value, ready to be written.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) origin: Origin,
    pub(super) doc: Option<String>,
    /// A Helm condition.
    pub(super) condition: Option<String>,
    pub(super) body: Body,
}

/// Puts a value at its path; tables stay where their first key put them.
pub(super) fn insert_at(
    entries: &mut Vec<Entry>,
    path: &[toml_path::Segment],
    leaf: Leaf,
) -> Result<(), String> {
    let [segment, rest @ ..] = path else {
        return Err("the path is empty".to_owned());
    };
    let name = &segment.name;
    let existing = entries.iter().position(|entry| entry.name == *name);
    if let (true, Some(index)) = (rest.is_empty(), segment.index) {
        return match (index, existing.map(|at| &mut entries[at].slot)) {
            (Index::Further, Some(Slot::Array(array))) if array.further.is_none() => {
                array.further = Some(leaf);
                Ok(())
            }
            (Index::Further, None) => {
                let array = Array {
                    further: Some(leaf),
                    ..Array::default()
                };
                entries.push(Entry {
                    name: name.clone(),
                    slot: Slot::Array(array),
                });
                Ok(())
            }
            (Index::Further, Some(_)) => Err(format!(
                "`{name}[*]` is set twice, or `{name}` is no array of tables"
            )),
            (Index::At(_), _) => Err(format!(
                "`{name}[…]` is a table and cannot hold a value itself"
            )),
        };
    }
    if rest.is_empty() {
        // Two values for one key can only be alternatives.
        let alternative =
            |entry: &Entry| matches!(&entry.slot, Slot::Leaf(other) if other.condition.is_some());
        if existing.is_some_and(|at| leaf.condition.is_none() || !alternative(&entries[at])) {
            return Err(format!("`{name}` is set twice for one component"));
        }
        entries.push(Entry {
            name: name.clone(),
            slot: Slot::Leaf(leaf),
        });
        return Ok(());
    }
    let at = existing.unwrap_or_else(|| {
        let slot = if segment.index.is_some() {
            Slot::Array(Array::default())
        } else {
            Slot::Table(Vec::new())
        };
        entries.push(Entry {
            name: name.clone(),
            slot,
        });
        entries.len() - 1
    });
    match (&mut entries[at].slot, segment.index) {
        (Slot::Table(inner), None) => insert_at(inner, rest, leaf),
        (Slot::Array(array), Some(Index::At(index))) if index <= array.items.len() => {
            if index == array.items.len() {
                array.items.push(Vec::new());
            }
            insert_at(&mut array.items[index], rest, leaf)
        }
        (Slot::Array(array), Some(Index::At(_))) => Err(format!(
            "`{name}`: the next entry is number {}",
            array.items.len()
        )),
        _ => Err(format!(
            "`{name}` is a table in one place and something else in another"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{Body, Entry, Leaf, Slot, insert_at};
    use crate::source_map::Origin;
    use crate::toml_path;

    fn leaf(condition: Option<&str>) -> Leaf {
        Leaf {
            origin: Origin::new("m", 1),
            doc: None,
            condition: condition.map(ToOwned::to_owned),
            body: Body::Inline("x".to_owned()),
        }
    }

    fn insert(root: &mut Vec<Entry>, path: &str, condition: Option<&str>) -> Result<(), String> {
        insert_at(
            root,
            &toml_path::parse(path).expect("a path"),
            leaf(condition),
        )
    }

    #[test]
    fn a_key_set_twice_is_refused_unless_both_are_conditional() {
        let mut root = Vec::new();
        insert(&mut root, "a.b", None).expect("first");
        assert!(insert(&mut root, "a.b", None).is_err());
        assert!(insert(&mut root, "a.b", Some("x")).is_err());
        insert(&mut root, "a.c", Some("x")).expect("first");
        insert(&mut root, "a.c", Some("not x")).expect("an alternative");
    }

    #[test]
    fn a_key_cannot_be_a_table_and_a_value() {
        let mut root = Vec::new();
        insert(&mut root, "a.b", None).expect("first");
        assert!(insert(&mut root, "a", None).is_err());
        assert!(insert(&mut root, "a.b.c", None).is_err());
        assert!(insert(&mut root, "a[0].c", None).is_err());
    }

    #[test]
    fn entries_of_an_array_come_in_order() {
        let mut root = Vec::new();
        assert!(insert(&mut root, "a[1].b", None).is_err());
        insert(&mut root, "c[0].b", None).expect("first");
        insert(&mut root, "c[1].b", None).expect("second");
        let Slot::Array(array) = &root[1].slot else {
            panic!("not an array: {root:?}")
        };
        assert_eq!(array.items.len(), 2);
    }

    #[test]
    fn further_entries_of_an_array_come_once() {
        let mut root = Vec::new();
        insert(&mut root, "a[0].b", None).expect("first");
        insert(&mut root, "a[*]", None).expect("further ones");
        assert!(insert(&mut root, "a[*]", None).is_err());
        insert(&mut root, "c.d[*]", None).expect("an array of nothing else");
        insert(&mut root, "e", None).expect("a value");
        assert!(insert(&mut root, "e[*]", None).is_err());
    }
}
