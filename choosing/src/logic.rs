//! Conditions and arithmetic: what the data may ask of facts. `src/page/choose.js` does the same.

use std::collections::BTreeMap;
use std::fmt;

use am_generator::yaml::Text;
use serde::{Deserialize, Serialize, Serializer};
use serde_saphyr::Spanned;

/// What is known, by name.
pub type Facts = BTreeMap<String, Scalar>;

/// A value of a fact.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// Yes or no.
    Is(bool),
    /// A number.
    Number(f64),
    /// A word.
    Text(String),
}

impl Scalar {
    /// The number that it is.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// What kind of value it is, in words.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Is(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a word",
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
        }
    }
}

impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Is(value) => serializer.serialize_bool(*value),
            Self::Number(value) => number(value, serializer),
            Self::Text(value) => serializer.serialize_str(value),
        }
    }
}

/// A number as people write it: `3` rather than `3.0`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::trivially_copy_pass_by_ref,
    reason = "a whole number of this size is exact; serde passes references"
)]
pub(crate) fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        serializer.serialize_i64(*value as i64)
    } else {
        serializer.serialize_f64(*value)
    }
}

/// A condition: a test of one fact, or several conditions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct When {
    #[serde(default)]
    pub(crate) all: Option<Vec<When>>,
    #[serde(default)]
    pub(crate) any: Option<Vec<When>>,
    #[serde(default)]
    pub(crate) fact: Option<Text>,
    #[serde(default)]
    pub(crate) is: Option<Spanned<Scalar>>,
    #[serde(default)]
    pub(crate) at_least: Option<Spanned<f64>>,
    #[serde(default)]
    pub(crate) at_most: Option<Spanned<f64>>,
    #[serde(default)]
    pub(crate) one_of: Option<Vec<Spanned<Scalar>>>,
}

impl When {
    /// Whether it holds. What is not known holds nowhere.
    pub(crate) fn holds(&self, facts: &Facts) -> bool {
        if let Some(all) = &self.all {
            return all.iter().all(|it| it.holds(facts));
        }
        if let Some(any) = &self.any {
            return any.iter().any(|it| it.holds(facts));
        }
        let Some(fact) = self.fact.as_ref().and_then(|name| facts.get(&name.value)) else {
            return false;
        };
        let number = fact.number();
        if let Some(is) = &self.is {
            *fact == is.value
        } else if let Some(least) = &self.at_least {
            number.is_some_and(|number| number >= least.value)
        } else if let Some(most) = &self.at_most {
            number.is_some_and(|number| number <= most.value)
        } else {
            let known = self.one_of.iter().flatten();
            known.into_iter().any(|it| it.value == *fact)
        }
    }
}

/// A number, a fact, or `[operation, …]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Formula {
    Number(f64),
    Name(String),
    Call(Vec<Formula>),
}

/// Operations, and how many numbers each takes at least and at most.
pub(crate) const OPERATIONS: [(&str, usize, usize); 7] = [
    ("add", 2, 9),
    ("subtract", 2, 2),
    ("multiply", 2, 9),
    ("divide", 2, 2),
    ("ceil", 1, 1),
    ("max", 2, 9),
    ("min", 2, 9),
];

impl Formula {
    /// Its value. The data was checked, so that every fact is known and every operand a number; zero stands for what is not.
    pub(crate) fn value(&self, facts: &Facts) -> Scalar {
        match self {
            Self::Number(number) => Scalar::Number(*number),
            Self::Name(name) => facts.get(name).cloned().unwrap_or(Scalar::Number(0.0)),
            Self::Call(parts) => Scalar::Number(Self::call(parts, facts)),
        }
    }

    fn call(parts: &[Self], facts: &Facts) -> f64 {
        let Some((Self::Name(operation), operands)) = parts.split_first() else {
            return 0.0;
        };
        let numbers = operands
            .iter()
            .map(|it| it.value(facts).number().unwrap_or(0.0));
        let together: fn(f64, f64) -> f64 = match operation.as_str() {
            "add" => |a, b| a + b,
            "subtract" => |a, b| a - b,
            "multiply" => |a, b| a * b,
            "divide" => |a, b| a / b,
            "max" => f64::max,
            "min" => f64::min,
            _ => return numbers.map(f64::ceil).next().unwrap_or(0.0),
        };
        numbers.reduce(together).unwrap_or(0.0)
    }
}

/// A text with the values of the facts that it names as `{fact}`.
pub(crate) fn fill(text: &str, facts: &Facts) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, name, after)) = next_name(rest) {
        filled += before;
        match facts.get(name) {
            Some(value) => filled += &value.to_string(),
            None => filled.extend(["{", name, "}"]),
        }
        rest = after;
    }
    filled + rest
}

/// The first name in braces, with what is before and after it.
pub(crate) fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// A number of nodes, such as a size has it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers of nodes are small and whole"
)]
pub(crate) fn whole(number: f64) -> usize {
    number.max(0.0) as usize
}
