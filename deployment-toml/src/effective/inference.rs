//! Inference from keys that the file sets, and the product's defaults for keys that nothing set.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::value::{EffectiveValue, Provenance, Values};
use crate::catalogue::{Catalogue, KeyType};
use crate::product::{Distribution, Product, ProductVersion};

/// Adds what the file's own values infer; the file's own value of a key wins over an inferred one.
pub(super) fn infer(values: &mut Values, product: Product) {
    let catalogue = Catalogue::of(product.distribution);
    let inferred: Vec<_> = values
        .iter()
        .filter_map(|(key, found)| {
            let sets = catalogue.inferred(key, &found.value.scalar_text()?, product);
            Some((key.to_string(), sets))
        })
        .collect();
    for (from, sets) in inferred {
        for (key, value) in sets {
            let provenance = Provenance::Inferred { from: from.clone() };
            values
                .entry(key)
                .or_insert_with(|| EffectiveValue::made(value, provenance));
        }
    }
}

/// The product's defaults with `own` values over them; arrays are replaced whole.
pub(super) fn with_defaults(own: Values, product: Product) -> Values {
    let mut values = DEFAULTS.get(&product).cloned().unwrap_or_default();
    // What such a trigger infers is not in the catalogue: no value is better than a wrong one.
    for (key, triggers) in Catalogue::of(product.distribution).inferred_otherwise() {
        if triggers.iter().any(|trigger| own.contains_key(trigger)) {
            values.remove(key);
        }
    }
    values.extend(own);
    values
}

/// Built once: every product has well over a thousand.
static DEFAULTS: LazyLock<BTreeMap<Product, Values>> = LazyLock::new(|| {
    let mut all = BTreeMap::new();
    for version in ProductVersion::all() {
        for distribution in Distribution::all() {
            let product = Product::new(version, distribution);
            all.insert(product, defaults(product));
        }
    }
    all
});

fn defaults(product: Product) -> Values {
    Catalogue::of(product.distribution)
        .defaults(product)
        .filter(|(record, _)| {
            let is_concrete = !record.key.contains(['*', '$', '[']);
            is_concrete && record.key_type != KeyType::ArrayOfTables
        })
        .map(|(record, default)| {
            let value = EffectiveValue::made(default, Provenance::ProductDefault);
            (record.path.clone(), value)
        })
        .collect()
}
