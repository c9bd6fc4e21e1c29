//! The product's rules of inference: which value of which key sets which other keys.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::family::Family;
use crate::key::{KeyPath, Segment};
use crate::product::{Distribution, Product, ProductVersion, Unknown};
use crate::value::Value;

/// Any word, in a key and in what it infers.
const WORD: &str = "$1";

/// The rules of an `inference.json`.
#[derive(Debug, Default)]
pub(super) struct Rules {
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Read {
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
struct Rule {
    key: String,
    /// All, if there is none.
    #[serde(default)]
    distributions: Vec<Distribution>,
    /// All, if there is none.
    #[serde(default, rename = "versions")]
    releases: Vec<String>,
    /// The same as versions of the product.
    #[serde(skip)]
    versions: Vec<ProductVersion>,
    values: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
}

impl Read {
    /// The rules; versions are those of `family`.
    pub(super) fn rules(mut self, family: &Family) -> Result<Rules, Unknown> {
        for rule in &mut self.rules {
            rule.versions = family.lines(&rule.releases)?;
        }
        Ok(Rules { rules: self.rules })
    }
}

impl Rules {
    /// What `value` at `key` sets in `product`.
    pub(super) fn inferred(
        &self,
        key: &KeyPath,
        value: &str,
        product: Product,
    ) -> Vec<(KeyPath, Value)> {
        let mut inferred = Vec::new();
        for rule in self.rules.iter().filter(|rule| rule.holds_in(product)) {
            let (Some(word), Some(sets)) = (rule.word(key), rule.values.get(value)) else {
                continue;
            };
            let bind = |text: &str| text.replace(WORD, word);
            inferred.extend(sets.iter().map(|(key, value)| {
                let value = Value::from_json(value).map_strings(&mut |_, text| bind(text));
                (KeyPath::from(bind(key).as_str()), value)
            }));
        }
        inferred
    }

    /// The values of `key` from which anything follows in a distribution, whatever the version.
    pub(super) fn values(&self, key: &str, distribution: Distribution) -> BTreeSet<&str> {
        self.rules
            .iter()
            .filter(|rule| rule.key == key && rule.is_of(distribution))
            .flat_map(|rule| rule.values.keys().map(String::as_str))
            .collect()
    }
}

impl Rule {
    fn holds_in(&self, product: Product) -> bool {
        self.is_of(product.distribution)
            && (self.versions.is_empty() || self.versions.contains(&product.version))
    }

    fn is_of(&self, distribution: Distribution) -> bool {
        self.distributions.is_empty() || self.distributions.contains(&distribution)
    }

    /// What stands for the word, empty if the rule's key has none; `None` if the rule is about another key.
    fn word<'a>(&self, key: &'a KeyPath) -> Option<&'a str> {
        let pattern = KeyPath::from(self.key.as_str());
        if pattern.segments().len() != key.segments().len() {
            return None;
        }
        let mut word = "";
        for (wanted, found) in pattern.segments().iter().zip(key.segments()) {
            match (wanted, found) {
                (Segment::Key(wanted), Segment::Key(found)) if wanted == WORD => {
                    // The product's rule matches word characters only.
                    let is_word = found.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                    if !is_word {
                        return None;
                    }
                    word = found;
                }
                (wanted, found) if wanted == found => {}
                _ => return None,
            }
        }
        Some(word)
    }
}
