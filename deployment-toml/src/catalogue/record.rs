//! One key of the catalogue.

use std::collections::BTreeMap;

use am_product::data::{DataError, File};
use serde::Deserialize;

use super::family::Family;
use crate::key::KeyPath;
use crate::product::{Distribution, Product, ProductVersion, Unknown};
use crate::value::Value;

/// The type that a key's readers expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyType {
    /// Anything.
    Any,
    /// A list of scalars.
    Array,
    /// `[[…]]`.
    ArrayOfTables,
    /// `true` or `false`.
    Bool,
    /// A number with an optional unit: `5m`, `30s`.
    Duration,
    /// A whole number.
    Int,
    /// Text.
    String,
    /// A table.
    Table,
}

/// What reads a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// A template.
    Template,
    /// Its value triggers inference.
    Infer,
    /// Another key's default refers to it with `$ref{}`.
    Ref,
    /// It is renamed before anything reads it.
    Alias,
    /// Child of a free-form table.
    Map,
}

/// A key with all that is known of it.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a column of the data file"
)]
pub struct Record {
    /// The key as a pattern: `[]` for elements, `*` for any key.
    pub key: String,
    /// The same as a path.
    pub(crate) path: KeyPath,
    /// The expected type.
    pub key_type: KeyType,
    /// Whether the type is only inferred from the key's name or from scalar output.
    pub type_inferred: bool,
    /// What reads it.
    pub uses: Vec<Use>,
    /// The keys that it is renamed to, if it is an alias.
    pub maps_to: Vec<String>,
    /// Values that trigger inference; others silently infer nothing.
    pub infer_values: Vec<String>,
    /// Literals that a template compares the value with.
    pub compared_with: Vec<String>,
    /// Keys whose value may set this one.
    pub inferred_from: Vec<String>,
    /// The unit after conversion, if it is a duration.
    pub unit: Option<String>,
    /// Whether it must be a TOML boolean, not its text.
    pub strict_bool: bool,
    /// Whether an XML template copies it, unescaped, into the text of an element.
    pub xml: bool,
    /// Whether an XML template copies it into an attribute, where a quote ends it.
    pub xml_attribute: bool,
    /// Whether a JNDI template copies it, into a URL.
    pub jndi: bool,
    /// Whether a template treats it as a list in a way that stops the server at anything else.
    pub needs_list: bool,
    /// Whether a template treats it as text in a way that stops the server at anything else.
    pub needs_text: bool,
    /// The versions that read it.
    pub versions: Vec<ProductVersion>,
    distributions: PerVersion,
    default: Option<serde_json::Value>,
    default_by_version: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Clone, PartialEq)]
enum PerVersion {
    Same(Vec<Distribution>),
    By(BTreeMap<ProductVersion, Vec<Distribution>>),
}

impl Record {
    /// The distributions whose templates or rules read it in `version`.
    pub fn distributions(&self, version: ProductVersion) -> &[Distribution] {
        match &self.distributions {
            PerVersion::Same(all) => all,
            PerVersion::By(by) => by.get(&version).map_or(&[], Vec::as_slice),
        }
    }

    /// Whether `product` reads it.
    pub fn is_read_by(&self, product: Product) -> bool {
        let product = product.described();
        self.versions.contains(&product.version)
            && self
                .distributions(product.version)
                .contains(&product.distribution)
    }

    /// The product's default, typed as the key is (the product's own files hold many numbers as text).
    pub(crate) fn default_for(&self, product: Product) -> Option<Value> {
        let product = product.described();
        let default = match self.default_by_version.get(product.release_short()) {
            Some(serde_json::Value::Object(by)) => by.get(product.distribution.short())?,
            Some(value) => value,
            None => self.default.as_ref()?,
        };
        Some(self.typed(Value::from_json(default)))
    }

    /// Whether the product's own default is text, so that text cannot be wrong whatever the type.
    pub(crate) fn has_text_default(&self) -> bool {
        self.default
            .iter()
            .chain(self.default_by_version.values())
            .any(serde_json::Value::is_string)
    }

    fn typed(&self, value: Value) -> Value {
        let Value::String(text) = &value else {
            return value;
        };
        match self.key_type {
            KeyType::Int => text.parse().map_or(value, Value::Integer),
            KeyType::Bool => text.parse().map_or(value, Value::Boolean),
            _ => value,
        }
    }
}

/// The line of the file; see `data/README.md`.
#[derive(Debug, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a column of the data file"
)]
struct Line {
    key: String,
    #[serde(rename = "type")]
    key_type: KeyType,
    #[serde(default)]
    type_inferred: bool,
    #[serde(rename = "use", default)]
    uses: Vec<Use>,
    #[serde(default)]
    maps_to: Vec<String>,
    #[serde(default)]
    infer_values: Vec<String>,
    #[serde(default)]
    compared_with: Vec<String>,
    #[serde(default)]
    inferred_from: Vec<String>,
    unit: Option<String>,
    #[serde(default)]
    strict_bool: bool,
    #[serde(default)]
    xml: bool,
    #[serde(default)]
    xml_attribute: bool,
    #[serde(default)]
    jndi: bool,
    #[serde(default)]
    needs_list: bool,
    #[serde(default)]
    needs_text: bool,
    versions: Option<Vec<String>>,
    distributions: Option<LineDistributions>,
    default: Option<serde_json::Value>,
    #[serde(default)]
    default_by_version: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum LineDistributions {
    Same(Vec<Distribution>),
    By(BTreeMap<String, AllOrSome>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum AllOrSome {
    All(AllWord),
    Some(Vec<Distribution>),
}

#[derive(Debug, Deserialize)]
enum AllWord {
    #[serde(rename = "all")]
    All,
}

impl Line {
    /// The record; versions and distributions are those of `family`.
    fn record(self, family: &Family) -> Result<Record, Unknown> {
        let all = || family.distributions.clone();
        let distributions = match self.distributions {
            None => PerVersion::Same(all()),
            Some(LineDistributions::Same(some)) => PerVersion::Same(some),
            Some(LineDistributions::By(by)) => {
                let mut read = BTreeMap::new();
                for (version, which) in by {
                    let which = match which {
                        AllOrSome::All(AllWord::All) => all(),
                        AllOrSome::Some(some) => some,
                    };
                    read.insert(family.line(&version)?, which);
                }
                PerVersion::By(read)
            }
        };
        Ok(Record {
            path: KeyPath::from(self.key.as_str()),
            key: self.key,
            key_type: self.key_type,
            type_inferred: self.type_inferred,
            uses: if self.uses.is_empty() {
                vec![Use::Template]
            } else {
                self.uses
            },
            maps_to: self.maps_to,
            infer_values: self.infer_values,
            compared_with: self.compared_with,
            inferred_from: self.inferred_from,
            unit: self.unit,
            strict_bool: self.strict_bool,
            xml: self.xml,
            xml_attribute: self.xml_attribute,
            jndi: self.jndi,
            needs_list: self.needs_list,
            needs_text: self.needs_text,
            versions: match self.versions {
                None => ProductVersion::all().collect(),
                Some(some) => family.lines(&some)?,
            },
            distributions,
            default: self.default,
            default_by_version: self.default_by_version,
        })
    }
}

/// Reads one record per line; the first line describes the file.
pub(super) fn read_lines(
    file: &File,
    family: &Family,
) -> Result<BTreeMap<String, Record>, DataError> {
    let text = file.text()?;
    let lines = text.lines().enumerate().skip(1);
    lines
        .map(|(at, line)| {
            let wrong = |message: String| DataError {
                file: format!("{}:{}", file.path, at + 1),
                message,
            };
            let line: Line =
                serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
            let record = line
                .record(family)
                .map_err(|error| wrong(error.to_string()))?;
            Ok((record.key.clone(), record))
        })
        .collect()
}
