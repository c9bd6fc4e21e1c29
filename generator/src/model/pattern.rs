//! `patterns/am-pattern-<n>.yaml`: which components make a deployment, and who plays which role.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Visitor};
use serde_json::Value;

use super::table::Table;
use crate::yaml::Text;

/// A deployment pattern.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pattern {
    /// Its number; none where the family has one pattern.
    #[serde(default)]
    pub number: u32,
    /// The name of the chart; ends in the number where there is one.
    pub name: Text,
    /// Title.
    pub title: String,
    /// What it is.
    pub doc: String,
    /// Its name up to product version 4.4.
    #[serde(default)]
    pub replaces: String,
    /// What to use it for.
    #[serde(rename = "use")]
    pub purpose: String,
    /// Its components.
    pub components: Vec<Member>,
    /// Which component plays which role.
    pub roles: Table<Text>,
    /// Roles whose component an identity server may replace, and who plays them then.
    #[serde(default)]
    pub alternates: Table<Text>,
    /// Overrides of defaults in `values/chart/*.yaml`, by dotted path.
    #[serde(default)]
    pub defaults: Table<Value>,
}

/// A component of a pattern.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Member {
    /// Name of the component.
    pub component: Text,
    /// Fewest nodes that are still the pattern.
    pub minimum: u32,
    /// Most nodes, where there is a limit.
    #[serde(default)]
    pub maximum: Option<u32>,
    /// Nodes unless the user says otherwise.
    pub replicas: serde_saphyr::Spanned<u32>,
}

/// A pattern in a condition, by its name or its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternRef(pub String);

impl<'de> Deserialize<'de> for PatternRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RefVisitor;
        impl Visitor<'_> for RefVisitor {
            type Value = PatternRef;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name or the number of a pattern")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<PatternRef, E> {
                Ok(PatternRef(name.to_owned()))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<PatternRef, E> {
                Ok(PatternRef(format!("am-pattern-{number}")))
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<PatternRef, E> {
                Ok(PatternRef(format!("am-pattern-{number}")))
            }
        }
        deserializer.deserialize_any(RefVisitor)
    }
}
