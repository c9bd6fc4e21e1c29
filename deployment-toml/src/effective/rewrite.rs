//! From the document to the first set of values: aliases are renamed, the original key disappears.

use std::collections::{BTreeMap, BTreeSet};

use super::value::{EffectiveValue, Provenance, Values};
use crate::catalogue::{Catalogue, Lookup};
use crate::document::{Document, Entry};
use crate::key::{KeyPath, Segment};
use crate::product::Product;

pub(super) fn rename_aliases(document: &Document, product: Product) -> Values {
    let mut values = BTreeMap::new();
    let mut renamed = Vec::new();
    for entry in document.entries() {
        let targets = targets(&entry.path, product);
        if targets.is_empty() {
            values.insert(entry.path.clone(), written(entry, None));
        }
        for target in targets {
            renamed.push((target, written(entry, Some(entry.path.clone()))));
        }
    }
    // A target that the file also sets under its own name keeps that value.
    for (target, value) in renamed {
        values.entry(target).or_insert(value);
    }
    values
}

fn targets(path: &KeyPath, product: Product) -> Vec<KeyPath> {
    match Catalogue::of(product.distribution).lookup(path, product) {
        Lookup::Known(record) => record
            .maps_to
            .iter()
            .map(|target| KeyPath::from(target.as_str()).with_indices_of(path))
            .collect(),
        _ => Vec::new(),
    }
}

fn written(entry: &Entry, written_as: Option<KeyPath>) -> EffectiveValue {
    EffectiveValue {
        value: entry.value.clone(),
        raw: entry.value.clone(),
        provenance: Provenance::Written(entry.span),
        written_as,
        references: BTreeSet::new(),
        elements: entry.elements.clone(),
    }
}

/// How many elements the array of tables at `key` has.
pub(super) fn group_count(values: &Values, key: &KeyPath) -> usize {
    values
        .range(key..)
        .take_while(|(path, _)| path.starts_with(key))
        .filter_map(
            |(path, _)| match path.segments().get(key.segments().len()) {
                Some(Segment::Index(at)) => Some(at + 1),
                _ => None,
            },
        )
        .max()
        .unwrap_or(0)
}
