//! Rows: requirements of the form "for each of these, this holds", written in CEL.

use serde::{Deserialize, Serialize};

/// What must hold for each of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Row {
    /// What is looked at, one by one: a scope such as `container`, or kinds of objects.
    pub each: Each,
    /// A list in each of them whose entries are looked at one by one, as `item`; of a map, its keys. CEL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<String>,
    /// Which of them are looked at; all of them unless given. CEL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Values that the other expressions use as `variables.<name>`, made in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<Variable>,
    /// What must hold. CEL.
    pub holds: String,
    /// The fields that are wrong otherwise, of which the first that stands on exactly one line is the finding's place; of a
    /// configuration, its key.
    #[serde(default, skip_serializing_if = "OneOrMore::is_empty")]
    pub at: OneOrMore,
    /// What is told then: one sentence, lower case first, with expressions in braces.
    pub fault: String,
    /// What to do about it, written likewise.
    pub help: String,
    /// The value responsible; never a secret. CEL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A value that is used several times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// How it is made. CEL.
    pub expression: String,
}

/// A scope, or kinds of objects; kinds start with a capital letter.
pub type Each = OneOrMore;

/// One word, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    /// One.
    One(String),
    /// Several.
    More(Vec<String>),
}

impl Default for OneOrMore {
    fn default() -> Self {
        Self::More(Vec::new())
    }
}

impl OneOrMore {
    /// All of them.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }

    fn is_empty(&self) -> bool {
        self.all().is_empty()
    }
}
