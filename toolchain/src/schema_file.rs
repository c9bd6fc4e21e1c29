//! A file of `fixtures/schemas/`: definitions that refer to each other, and validators made of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::{PatternOptions, Validator};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::schema_error::SchemaError;

/// What references start with; the name of a definition follows.
const DEFINITIONS: &str = "#/$defs/";

/// A file of `fixtures/schemas/`.
#[derive(Debug, Deserialize)]
pub(crate) struct SchemaFile {
    /// From `apiVersion kind` to a definition's name.
    pub(crate) kinds: BTreeMap<String, String>,
    #[serde(rename = "$defs")]
    pub(crate) definitions: Map<String, Value>,
    /// Validators of the kinds that were needed so far.
    #[serde(skip)]
    compiled: Mutex<BTreeMap<String, Arc<Validator>>>,
}

impl SchemaFile {
    /// Reads a file, called so in messages.
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, SchemaError> {
        serde_json::from_str(text).map_err(|error| SchemaError::Unusable {
            file: file.to_owned(),
            message: error.to_string(),
        })
    }

    /// The validator of a kind, compiled when it is first needed, once for the whole process.
    pub(crate) fn validator(&self, kind: &str, name: &str) -> Result<Arc<Validator>, SchemaError> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = compiled.get(kind) {
            return Ok(Arc::clone(validator));
        }
        // A validator keeps a copy of what it is made of.
        let mut needed = Map::new();
        self.collect(name, &mut needed);
        let mut schema = Map::new();
        schema.insert(
            "$ref".to_owned(),
            Value::from(format!("{DEFINITIONS}{name}")),
        );
        schema.insert("$defs".to_owned(), Value::Object(needed));
        let validator = jsonschema::options()
            // Go's regular expressions are of the linear kind, too.
            .with_pattern_options(PatternOptions::regex())
            .build(&Value::Object(schema))
            .map_err(|error| SchemaError::Unusable {
                file: kind.to_owned(),
                message: error.to_string(),
            })?;
        let validator = Arc::new(validator);
        compiled.insert(kind.to_owned(), Arc::clone(&validator));
        Ok(validator)
    }

    /// Adds a definition and all that it refers to. What is not there, the compiler tells.
    fn collect(&self, name: &str, needed: &mut Map<String, Value>) {
        if let Some(definition) = self.definitions.get(name)
            && !needed.contains_key(name)
        {
            needed.insert(name.to_owned(), definition.clone());
            self.collect_referred(definition, needed);
        }
    }

    fn collect_referred(&self, schema: &Value, needed: &mut Map<String, Value>) {
        match schema {
            Value::Object(members) => {
                if let Some(name) = reference(members) {
                    self.collect(name, needed);
                }
                for member in members.values() {
                    self.collect_referred(member, needed);
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.collect_referred(item, needed);
                }
            }
            _ => {}
        }
    }

    /// A copy of a schema in which definitions stand where they are referred to; one that refers to itself allows anything
    /// at that depth.
    pub(crate) fn without_references<'f>(
        &'f self,
        schema: &'f Value,
        inside: &mut Vec<&'f str>,
    ) -> Value {
        match schema {
            Value::Object(members) => {
                let Some(name) = reference(members) else {
                    let copy = |(key, value): (&String, &'f Value)| {
                        (key.clone(), self.without_references(value, inside))
                    };
                    return Value::Object(members.iter().map(copy).collect());
                };
                match self.definitions.get(name) {
                    Some(definition) if !inside.contains(&name) => {
                        inside.push(name);
                        let copy = self.without_references(definition, inside);
                        inside.pop();
                        copy
                    }
                    _ => Value::Object(Map::new()),
                }
            }
            Value::Array(items) => {
                let copy = |item| self.without_references(item, inside);
                Value::Array(items.iter().map(copy).collect())
            }
            other => other.clone(),
        }
    }
}

/// The name of the definition that a schema refers to.
fn reference(schema: &Map<String, Value>) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(DEFINITIONS)
}
