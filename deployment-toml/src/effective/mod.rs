//! What the product works with in the end: the file, renames, inference, defaults, references and the fallbacks of its
//! templates, each value with where it comes from.
//!
//! The steps and their order are those of the product's engine: rename aliases, infer, fill in defaults, resolve
//! `$secret{}`, `$sys{}`, `$env{}` and `$ref{}`, convert durations; then the fallbacks that its templates make for wiring keys.

mod fallback;
mod inference;
mod references;
mod rewrite;
mod units;
mod value;
mod variables;

use std::collections::BTreeMap;

pub(crate) use fallback::{GroupKeys, PUBLISH_GROUPS, THROTTLING_GROUPS};
pub(crate) use value::DurationFault;
use value::Values;
pub use value::{EffectiveValue, Problem, Provenance, Unresolved};

use crate::document::Document;
use crate::environment::Environment;
use crate::key::KeyPath;
use crate::product::Product;

/// The effective configuration of one node.
#[derive(Debug, Clone, PartialEq)]
pub struct Effective {
    product: Product,
    values: BTreeMap<KeyPath, EffectiveValue>,
    unresolved: Vec<Unresolved>,
    duration_faults: Vec<DurationFault>,
    port_offset_property: Option<u16>,
}

impl Effective {
    /// Resolves `document` as `product` does in `environment`.
    ///
    /// Keys whose value only an inference rule outside the catalogue would tell are left out rather than guessed
    /// (the catalogue's `inferred_from` names the trigger).
    pub fn resolve(document: &Document, product: Product, environment: &Environment) -> Self {
        let mut own = rewrite::rename_aliases(document, product);
        inference::infer(&mut own, product);
        let mut values = inference::with_defaults(own, product);
        let mut found = variables::substitute(&mut values, product, environment);
        found.extend(references::resolve(&mut values));
        let unresolved = unresolved(&values, found);
        let duration_faults = units::convert(&mut values, product.described());
        // They are those of the product's templates: companions have none of these keys.
        if !product.distribution.is_companion() {
            fallback::apply(&mut values);
        }
        Self {
            product,
            values,
            unresolved,
            duration_faults,
            port_offset_property: environment
                .system_property("portOffset")
                .flatten()
                .and_then(|text| text.parse().ok()),
        }
    }

    /// The product that it was resolved for.
    pub fn product(&self) -> Product {
        self.product
    }

    /// Every value, in the order of the keys.
    pub fn values(&self) -> &BTreeMap<KeyPath, EffectiveValue> {
        &self.values
    }

    /// The value of a key such as `apim.event_hub.service_url`.
    pub fn get(&self, key: &str) -> Option<&EffectiveValue> {
        self.values.get(&KeyPath::from(key))
    }

    /// A scalar as text.
    pub fn text(&self, key: &str) -> Option<String> {
        self.get(key)?.value.scalar_text()
    }

    /// Whether a switch is on; `default` if the key has no value.
    pub fn is_on(&self, key: &str, default: bool) -> bool {
        self.get(key).map_or(default, |found| found.value.is_true())
    }

    /// The values below `prefix`.
    pub fn under<'a>(
        &'a self,
        prefix: &'a KeyPath,
    ) -> impl Iterator<Item = (&'a KeyPath, &'a EffectiveValue)> {
        self.values
            .range(prefix..)
            .take_while(move |(key, _)| key.starts_with(prefix))
    }

    /// How many elements `[[key]]` has.
    pub fn group_count(&self, key: &str) -> usize {
        rewrite::group_count(&self.values, &KeyPath::from(key))
    }

    /// `-DportOffset`, which wins over `server.offset`.
    pub(crate) fn port_offset_property(&self) -> Option<u16> {
        self.port_offset_property
    }

    /// Expressions that do not become their value. Most stop the start-up.
    pub fn unresolved(&self) -> &[Unresolved] {
        &self.unresolved
    }

    /// Durations that the engine refuses, or makes something else of.
    pub(crate) fn duration_faults(&self) -> &[DurationFault] {
        &self.duration_faults
    }
}

/// The problems that are the file's: with what it writes, and with what follows from what it writes.
fn unresolved(values: &Values, found: variables::Found) -> Vec<Unresolved> {
    let mut unresolved: Vec<Unresolved> = found
        .into_iter()
        .filter_map(|(key, expression, problem)| {
            let value = values.get(&key)?;
            let (key, span) = match &value.provenance {
                // A default may refer to what only inference outside the catalogue would set: no fault of the file.
                Provenance::ProductDefault => return None,
                Provenance::Inferred { from } => {
                    let from = KeyPath::from(from.as_str());
                    let span = values.get(&from)?.provenance.span();
                    (from, span)
                }
                written => (value.written_as.clone().unwrap_or(key), written.span()),
            };
            Some(Unresolved {
                key,
                expression,
                span,
                problem,
            })
        })
        .collect();
    // One alias may set several keys, and one type may infer several values.
    unresolved.dedup();
    unresolved
}

#[cfg(test)]
mod tests;
