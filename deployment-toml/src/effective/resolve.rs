//! `$secret{}`, `$sys{}`, `$env{}` and `$ref{}`.

use std::collections::BTreeSet;

use super::{EffectiveValue, Provenance, Unresolved, Values};
use crate::environment::Environment;
use crate::expression::{Expression, Piece, Source, pieces};
use crate::key::KeyPath;
use crate::value::Value;

/// Keys that refer to several others, each to several others, would grow without bound; no real file comes near this.
const MAX_EXPANSIONS: usize = 1000;

pub(super) fn resolve(values: &mut Values, environment: &Environment) -> Vec<Unresolved> {
    let mut unresolved = Vec::new();
    let mut results = Vec::new();
    for (key, found) in &*values {
        if !found.raw.strings().iter().any(|text| text.contains('$')) {
            continue;
        }
        let mut resolver = Resolver {
            values,
            environment,
            visiting: vec![key.clone()],
            references: BTreeSet::new(),
            variable: None,
            missing: Vec::new(),
            budget: MAX_EXPANSIONS,
        };
        let value = resolver.value(&found.raw);
        // A default may refer to what only inference outside the catalogue would set: no fault of the file.
        if !found.provenance.is_written() {
            resolver.missing.clear();
        }
        unresolved.extend(resolver.missing.into_iter().map(|expression| Unresolved {
            key: found.written_as.clone().unwrap_or_else(|| key.clone()),
            expression,
            span: found.provenance.span(),
        }));
        results.push((key.clone(), value, resolver.references, resolver.variable));
    }
    // One alias may set several keys.
    unresolved.dedup();
    for (key, value, references, variable) in results {
        if let Some(found) = values.get_mut(&key) {
            set(found, value, references, variable);
        }
    }
    unresolved
}

fn set(
    found: &mut EffectiveValue,
    value: Value,
    references: BTreeSet<KeyPath>,
    variable: Option<String>,
) {
    found.value = value;
    found.references = references;
    if let (Some(name), Provenance::Written(span)) = (variable, &found.provenance) {
        found.provenance = Provenance::Env { name, span: *span };
    }
}

struct Resolver<'a> {
    values: &'a Values,
    environment: &'a Environment,
    /// The keys being resolved, outermost first: guards against keys that refer to each other.
    visiting: Vec<KeyPath>,
    references: BTreeSet<KeyPath>,
    /// The first variable of the key itself.
    variable: Option<String>,
    missing: Vec<Expression>,
    /// How many more references may be followed.
    budget: usize,
}

impl Resolver<'_> {
    fn value(&mut self, value: &Value) -> Value {
        value.map_strings(&mut |text| self.text(text))
    }

    fn text(&mut self, text: &str) -> String {
        pieces(text)
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.to_owned(),
                Piece::Expression(expression, written) => self
                    .expression(&expression)
                    .unwrap_or_else(|| written.to_owned()),
            })
            .collect()
    }

    /// The value, or `None` to leave the expression as written.
    fn expression(&mut self, expression: &Expression) -> Option<String> {
        let known = match expression.source {
            Source::Env => {
                if self.visiting.len() == 1 {
                    self.variable.get_or_insert_with(|| expression.name.clone());
                }
                self.environment.variable(&expression.name)
            }
            Source::Sys => self.environment.system_property(&expression.name),
            Source::Secret => return self.secret(expression),
            Source::Ref => return self.reference(expression),
        };
        match known {
            Some(value) => value.map(ToOwned::to_owned),
            None => self.lack(expression),
        }
    }

    /// Secrets are decrypted by the product; their value is never known here.
    fn secret(&mut self, expression: &Expression) -> Option<String> {
        let alias = KeyPath::root().child("secrets").child(&expression.name);
        let at_run_time = self
            .values
            .get(&KeyPath::from("runtime_secrets.enable"))
            .is_some_and(|found| found.value.as_str() == Some("true"));
        if self.values.contains_key(&alias) || at_run_time {
            return None;
        }
        self.lack(expression)
    }

    fn reference(&mut self, expression: &Expression) -> Option<String> {
        let key = KeyPath::from(expression.name.as_str());
        let Some(found) = self.values.get(&key) else {
            return self.lack(expression);
        };
        self.references.insert(key.clone());
        if self.visiting.contains(&key) || self.budget == 0 {
            return self.lack(expression);
        }
        self.budget -= 1;
        self.visiting.push(key);
        let missing_before = self.missing.len();
        let value = self.value(&found.raw);
        // What the other key lacks is that key's fault.
        self.missing.truncate(missing_before);
        self.visiting.pop();
        value.scalar_text()
    }

    fn lack(&mut self, expression: &Expression) -> Option<String> {
        self.missing.push(expression.clone());
        None
    }
}
