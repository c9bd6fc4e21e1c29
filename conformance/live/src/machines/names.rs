//! Public names of a document.

use std::collections::BTreeMap;

use am_product::Capability;

/// What a public name leads to, by its key in the document; none for names that nobody asks for pages.
pub(super) fn meant(key: &str) -> Option<Capability> {
    let known: BTreeMap<String, String> =
        serde_saphyr::from_str(include_str!("names.yaml")).unwrap_or_default();
    Capability::from_word(known.get(key)?)
}
