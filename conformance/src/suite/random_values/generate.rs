//! Random values that a chart's `values.schema.json` allows.

use fastrand::Rng;
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// One of so many values is another than the default.
const CHANGED: u32 = 16;

/// Values that are left as they are, with the reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    pub(super) kept: Vec<Keep>,
}

/// One of them; `*` stands for any one part of the path.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keep {
    pub(super) paths: Vec<String>,
    pub(super) reason: String,
}

impl Kept {
    fn holds(&self, path: &str) -> bool {
        self.kept
            .iter()
            .flat_map(|keep| &keep.paths)
            .any(|pattern| starts_with(path, pattern))
    }
}

/// Whether a values file can hold a character: YAML 1.2, production 1.
fn is_in_yaml(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn starts_with(path: &str, pattern: &str) -> bool {
    let mut parts = path.split('.');
    pattern.split('.').all(|wanted| {
        parts
            .next()
            .is_some_and(|part| wanted == "*" || wanted == part)
    })
}

pub(super) struct Generator<'g> {
    schema: &'g Value,
    kept: &'g Kept,
    rng: Rng,
}

impl<'g> Generator<'g> {
    pub(super) fn new(schema: &'g Value, kept: &'g Kept, seed: u64) -> Self {
        Self {
            schema,
            kept,
            rng: Rng::with_seed(seed),
        }
    }

    /// Values that differ from the defaults in some places.
    pub(super) fn values(&mut self) -> Value {
        self.object(&self.merged(self.schema), "")
            .unwrap_or_else(|| json!({}))
    }

    /// The schema with what it refers to and what it combines in one map.
    fn merged(&self, schema: &Value) -> Map<String, Value> {
        let mut merged = Map::new();
        let reference = schema.get("$ref").and_then(Value::as_str);
        if let Some(found) =
            reference.and_then(|path| self.schema.pointer(path.trim_start_matches('#')))
        {
            merged.extend(self.merged(found));
        }
        for part in schema
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            merged.extend(self.merged(part));
        }
        for (key, value) in schema.as_object().into_iter().flatten() {
            if key != "$ref" && key != "allOf" {
                merged.insert(key.clone(), value.clone());
            }
        }
        merged
    }

    fn object(&mut self, schema: &Map<String, Value>, path: &str) -> Option<Value> {
        let mut values = Map::new();
        for (key, property) in schema.get("properties")?.as_object()? {
            let path = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            if self.kept.holds(&path) {
                continue;
            }
            let property = self.merged(property);
            let value = if property.contains_key("properties") {
                self.object(&property, &path)
            } else if self.rng.u32(..CHANGED) == 0 {
                self.leaf(&property)
            } else {
                None
            };
            if let Some(value) = value {
                values.insert(key.clone(), value);
            }
        }
        (!values.is_empty()).then_some(Value::Object(values))
    }

    /// A value of a leaf; `None` where the schema does not say what may stand there.
    fn leaf(&mut self, schema: &Map<String, Value>) -> Option<Value> {
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            return words.get(self.rng.usize(..words.len().max(1))).cloned();
        }
        let kind = match schema.get("type")? {
            Value::Array(kinds) => kinds.first()?.as_str()?,
            kind => kind.as_str()?,
        };
        match kind {
            "boolean" => Some(json!(self.rng.bool())),
            "integer" => Some(json!(self.integer(schema))),
            "string" => self.text(schema).map(Value::from),
            "array" => self.list(schema),
            "object" => self.map(schema),
            _ => None,
        }
    }

    fn integer(&mut self, schema: &Map<String, Value>) -> i64 {
        let bound = |name: &str| schema.get(name).and_then(Value::as_i64);
        let from = bound("minimum").unwrap_or(1);
        // Without an upper bound, numbers of the size that people write.
        let usual = bound("default")
            .unwrap_or(from)
            .saturating_mul(2)
            .max(from + 4);
        self.rng.i64(from..=bound("maximum").unwrap_or(usual))
    }

    fn text(&mut self, schema: &Map<String, Value>) -> Option<String> {
        let Some(pattern) = schema.get("pattern").and_then(Value::as_str) else {
            return Some(self.word());
        };
        if pattern.contains("KMGTP") {
            // The pattern of a quantity is Kubernetes' own, which allows more than its API server.
            return Some(format!("{}Gi", self.rng.u8(1..9)));
        }
        let pattern = pattern.replace("|^", "|").replace("$|", "|");
        let pattern = pattern.trim_start_matches('^').trim_end_matches('$');
        let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0);
        let text = self.matching(&format!("({pattern})"))?;
        let fits = text.len() as u64 >= least && text.len() < 60 && text.chars().all(is_in_yaml);
        fits.then_some(text)
    }

    fn matching(&mut self, pattern: &str) -> Option<String> {
        let mut seed = [0; 32];
        self.rng.fill(&mut seed);
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let strategy = proptest::string::string_regex(pattern).ok()?;
        Some(strategy.new_tree(&mut runner).ok()?.current())
    }

    fn word(&mut self) -> String {
        let length = self.rng.usize(1..12);
        let mut word = String::from(self.rng.lowercase());
        word.extend((1..length).map(|_| self.rng.lowercase()));
        word
    }

    fn list(&mut self, schema: &Map<String, Value>) -> Option<Value> {
        let item = self.merged(schema.get("items")?);
        if item.contains_key("oneOf") {
            return None;
        }
        let count = self.rng.usize(1..3);
        let items: Option<Vec<Value>> = (0..count)
            .map(|_| {
                if item.contains_key("properties") {
                    self.entry(&item)
                } else {
                    None
                }
            })
            .collect();
        items.map(Value::from)
    }

    /// An entry of a list, with everything that it must have.
    fn entry(&mut self, schema: &Map<String, Value>) -> Option<Value> {
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut entry = Map::new();
        for key in required {
            let property = self.merged(schema.get("properties")?.get(key)?);
            entry.insert(key.to_owned(), self.leaf(&property)?);
        }
        (!entry.is_empty()).then_some(Value::Object(entry))
    }

    fn map(&mut self, schema: &Map<String, Value>) -> Option<Value> {
        let of = self.merged(schema.get("additionalProperties")?);
        if of.get("type").and_then(Value::as_str) != Some("string") {
            return None;
        }
        let mut map = Map::new();
        for _ in 0..self.rng.usize(1..3) {
            map.insert(format!("example.com/{}", self.word()), json!(self.word()));
        }
        Some(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Generator, Kept, starts_with};

    #[test]
    fn a_star_is_one_part_and_a_path_holds_what_is_below() {
        assert!(starts_with("gateway.image.tag", "*.image"));
        assert!(!starts_with("image.tag", "*.image.tag"));
    }

    #[test]
    fn values_meet_the_schema_that_they_are_made_from() {
        let schema = json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "a": {"type": "integer", "minimum": 2, "maximum": 9},
                "b": {"enum": ["x", "y"]},
                "c": {"type": "string", "pattern": "^$|^[0-9a-f]{4}$"},
                "d": {"$ref": "#/definitions/d"}
            },
            "definitions": {"d": {"type": "array", "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 1}}}}}
        });
        let validator = jsonschema::validator_for(&schema).expect("the test's schema is one");
        let kept = Kept { kept: Vec::new() };
        let mut different = std::collections::BTreeSet::new();
        for seed in 0..300 {
            let values = Generator::new(&schema, &kept, seed).values();
            assert!(validator.is_valid(&values), "{values}");
            different.insert(values.to_string());
        }
        assert!(different.len() > 10, "{different:?}");
    }
}
