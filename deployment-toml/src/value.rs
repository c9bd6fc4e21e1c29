//! Values, as the product's engine has them after parsing.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// A TOML value without its place in the text.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A string.
    String(String),
    /// An integer.
    Integer(i64),
    /// A float. The engine copies its text (`0.0`), also where an integer is meant.
    Float(f64),
    /// A boolean.
    Boolean(bool),
    /// A date or time, as written.
    Datetime(String),
    /// An array.
    Array(Vec<Value>),
    /// A table inside an array.
    Table(BTreeMap<String, Value>),
}

impl Value {
    /// The name of the type, as messages use it.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::String(_) => "string",
            Self::Integer(_) => "integer",
            Self::Float(_) => "float",
            Self::Boolean(_) => "boolean",
            Self::Datetime(_) => "date",
            Self::Array(_) => "array",
            Self::Table(_) => "table",
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements, if it is an array.
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// A scalar as the templates copy it; `None` for arrays and tables.
    pub fn scalar_text(&self) -> Option<String> {
        match self {
            Self::Array(_) | Self::Table(_) => None,
            scalar => Some(scalar.to_string()),
        }
    }

    /// Whether the templates treat it as true: the boolean or its text.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Boolean(value) => *value,
            Self::String(text) => text == "true",
            _ => false,
        }
    }

    /// Every string in it.
    pub fn strings(&self) -> Vec<&str> {
        match self {
            Self::String(text) => vec![text],
            Self::Array(elements) => elements.iter().flat_map(Self::strings).collect(),
            Self::Table(table) => table.values().flat_map(Self::strings).collect(),
            _ => Vec::new(),
        }
    }

    /// The same value with every string replaced by what `change` makes of it and of the number of arrays around it.
    #[must_use]
    pub(crate) fn map_strings(&self, change: &mut dyn FnMut(usize, &str) -> String) -> Self {
        self.map_strings_at(0, change)
    }

    fn map_strings_at(&self, depth: usize, change: &mut dyn FnMut(usize, &str) -> String) -> Self {
        match self {
            Self::String(text) => Self::String(change(depth, text)),
            Self::Array(elements) => Self::Array(
                elements
                    .iter()
                    .map(|element| element.map_strings_at(depth + 1, change))
                    .collect(),
            ),
            Self::Table(table) => Self::Table(
                table
                    .iter()
                    .map(|(key, value)| (key.clone(), value.map_strings_at(depth, change)))
                    .collect(),
            ),
            other => other.clone(),
        }
    }

    /// A value from JSON; `null` becomes the empty string, as nothing else is meant by it in the catalogue.
    pub(crate) fn from_json(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::String(String::new()),
            serde_json::Value::Bool(value) => Self::Boolean(*value),
            serde_json::Value::Number(number) => number.as_i64().map_or_else(
                || Self::Float(number.as_f64().unwrap_or(0.0)),
                Self::Integer,
            ),
            serde_json::Value::String(text) => Self::String(text.clone()),
            serde_json::Value::Array(elements) => {
                Self::Array(elements.iter().map(Self::from_json).collect())
            }
            serde_json::Value::Object(map) => Self::Table(
                map.iter()
                    .map(|(key, value)| (key.clone(), Self::from_json(value)))
                    .collect(),
            ),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) | Self::Datetime(text) => f.write_str(text),
            Self::Integer(number) => write!(f, "{number}"),
            // Keeps the `.0` of whole numbers, as the engine does.
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Array(elements) => {
                f.write_str("[")?;
                for (at, element) in elements.iter().enumerate() {
                    if at > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{element}")?;
                }
                f.write_str("]")
            }
            Self::Table(table) => {
                f.write_str("{")?;
                for (at, (key, value)) in table.iter().enumerate() {
                    if at > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{key} = {value}")?;
                }
                f.write_str("}")
            }
        }
    }
}
