//! The chart of ours that the values are for.

use std::collections::BTreeMap;

use am_deployment_toml::{Catalogue, KeyPath, Lookup};
use am_generator::ChartTree;
use am_product::{Component, Product, ProductVersion};
use serde_json::Value;

use crate::path::{Path, Segment};

/// A chart of ours.
#[derive(Debug)]
pub struct Target {
    /// Number of its pattern.
    pub pattern: u8,
    /// Its product version.
    pub version: ProductVersion,
    /// Components of the pattern.
    pub components: Vec<Component>,
    values: Value,
    schema: Value,
    others: BTreeMap<u8, Vec<Component>>,
}

impl Target {
    /// The chart of a pattern in a tree with the charts of all patterns.
    ///
    /// # Errors
    /// When the pattern does not exist, or a file of it cannot be read.
    pub fn new(tree: &ChartTree, pattern: u8, version: ProductVersion) -> Result<Self, String> {
        let numbers: BTreeMap<u8, &str> = tree
            .charts()
            .into_iter()
            .filter_map(|chart| Some((chart.rsplit('-').next()?.parse().ok()?, chart)))
            .collect();
        let read = |chart: &str, file: &str| {
            let path = format!("{chart}/{file}");
            let text = tree
                .get(&path)
                .map(String::from_utf8_lossy)
                .unwrap_or_default();
            serde_saphyr::from_str::<Value>(&text).map_err(|error| format!("{path}: {error}"))
        };
        let chart = numbers.get(&pattern).ok_or_else(|| {
            let known: Vec<String> = numbers.keys().map(ToString::to_string).collect();
            format!(
                "there is no pattern {pattern}; known are: {}",
                known.join(", ")
            )
        })?;
        let mut others = BTreeMap::new();
        for (number, chart) in &numbers {
            others.insert(*number, components(&read(chart, "values.yaml")?));
        }
        let values = read(chart, "values.yaml")?;
        Ok(Self {
            pattern,
            version,
            components: components(&values),
            schema: read(chart, "values.schema.json")?,
            values,
            others,
        })
    }

    /// Patterns that have a component.
    pub fn patterns_with(&self, component: Component) -> Vec<u8> {
        let has =
            |(number, all): (&u8, &Vec<Component>)| all.contains(&component).then_some(*number);
        self.others.iter().filter_map(has).collect()
    }

    /// Keys at the top of the chart's values, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.values
            .as_object()
            .into_iter()
            .flat_map(|entries| entries.keys().map(String::as_str))
    }

    /// The chart's own value at a path.
    pub fn own(&self, path: &Path) -> Option<&Value> {
        path.keys()
            .try_fold(&self.values, |value, key| value.get(key))
    }

    /// The value in the type that the chart wants there, or why the chart has no such value.
    ///
    /// # Errors
    /// When the chart has no such value.
    pub fn adapt(&self, path: &Path, value: Value) -> Result<Value, String> {
        let mut schema = &self.schema;
        for segment in &path.0 {
            let Segment::Key(key) = segment else { break };
            match schema.get("properties").and_then(|known| known.get(key)) {
                Some(next) => schema = next,
                None if schema.get("additionalProperties") == Some(&Value::Bool(false)) => {
                    return Err(format!(
                        "the chart of pattern {} has no value {path}",
                        self.pattern
                    ));
                }
                None => return Ok(value),
            }
        }
        Ok(typed(schema, value))
    }

    /// What is wrong with the values, each with its path.
    pub fn faults(&self, values: &Value) -> Vec<(Path, String)> {
        let Ok(validator) = jsonschema::options().build(&self.schema) else {
            return Vec::new();
        };
        let fault = |error: jsonschema::ValidationError<'_>| {
            let place = error.instance_path().to_string();
            let segments = place
                .split('/')
                .skip(1)
                .map(|it| it.replace("~1", "/").replace("~0", "~"));
            (
                Path(segments.map(Segment::Key).collect()),
                error.masked().to_string(),
            )
        };
        validator.iter_errors(values).map(fault).collect()
    }

    /// Whether the product reads a key of deployment.toml on a component; the error says what it reads instead.
    ///
    /// # Errors
    /// When setting it would have no effect.
    pub fn reads(&self, key: &Path, component: Component) -> Result<(), String> {
        let path = key
            .keys()
            .fold(KeyPath::root(), |path, key| path.child(key));
        let product = Product::new(self.version, component.distribution());
        match Catalogue::of(component.distribution()).lookup(&path, product) {
            Lookup::Known(_) => Ok(()),
            Lookup::Dead(_) => Err(format!("nothing in the product reads {key}")),
            Lookup::NotInVersion { versions } => {
                let versions: Vec<String> = versions
                    .iter()
                    .map(|it| component.distribution().release(*it).to_owned())
                    .collect();
                Err(format!(
                    "product version {} does not read {key}; {} does",
                    self.version.name(),
                    versions.join(", ")
                ))
            }
            Lookup::NotInDistribution { .. } => {
                Err(format!("the {} does not read {key}", component.title()))
            }
            Lookup::Unknown { did_you_mean } => {
                let hint = did_you_mean
                    .first()
                    .map(|it| format!("; did you mean `{it}`?"));
                Err(format!(
                    "nothing in the product reads {key}{}",
                    hint.unwrap_or_default()
                ))
            }
        }
    }
}

fn components(values: &Value) -> Vec<Component> {
    Component::all()
        .filter(|component| values.get(component.values_key()).is_some())
        .collect()
}

/// `15` where a text is wanted is "15", and the other way round.
fn typed(schema: &Value, value: Value) -> Value {
    let is = |name: &str| match schema.get("type") {
        Some(Value::String(kind)) => kind == name,
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == name),
        _ => false,
    };
    match value {
        Value::String(text) if !is("string") && (is("integer") || is("number")) => text
            .trim()
            .parse::<i64>()
            .map_or(Value::String(text), Value::from),
        Value::String(text) if !is("string") && is("boolean") => match text.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => Value::String(text),
        },
        Value::Number(number) if is("string") && !is("integer") && !is("number") => {
            Value::String(number.to_string())
        }
        Value::Bool(on) if is("string") => Value::String(on.to_string()),
        Value::Object(entries)
            if schema
                .get("allOf")
                .and_then(|all| all.get(0))
                .and_then(|it| it.get("$ref"))
                .and_then(Value::as_str)
                == Some("#/definitions/stringMap") =>
        {
            let text = |value: Value| match value {
                Value::Number(number) => Value::String(number.to_string()),
                Value::Bool(on) => Value::String(on.to_string()),
                Value::Null => Value::String(String::new()),
                other => other,
            };
            entries
                .into_iter()
                .map(|(key, value)| (key, text(value)))
                .collect()
        }
        other => other,
    }
}
