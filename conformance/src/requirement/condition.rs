//! When a requirement asks for something: a condition on the subject, as data.
//!
//! A check that looks at nothing where the condition holds is broken, or the condition is; either way nothing was judged, and the run
//! says so. Without a condition a check states its own (`Judge::applies`), or always finds something to look at.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::component::Component;

/// When a requirement asks for something on a subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppliesWhen {
    /// What must be there; one of them is enough.
    pub any: Vec<Condition>,
    /// What is told where none is there, such as `there is no Service with a selector`.
    pub otherwise: String,
}

/// Something that is there. All fields that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word of its own in the data"
)]
pub struct Condition {
    /// An object of one of these kinds; `*` stands for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// A field that the object has, as a JSON pointer in which `*` stands for every item.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub has: String,
    /// The value of that field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<Value>,
    /// A pod with this field of its specification, written as above; empty for any pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    /// A server of the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Server>,
    /// One more server of the product, of another component: a pattern's other part may run elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<Server>,
    /// A file of a chart whose sources are at hand, such as `values.yaml`; `*` stands for any characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<String>,
    /// A row of the wiring table that names the requirement, about a server whose configuration can be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wired: bool,
    /// Charts of another product version are at hand.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub other_version: bool,
    /// A server whose configuration can be read and that must be told about a component which runs elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wired_elsewhere: bool,
    /// Other sites are told where they reach components of this one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exposed: bool,
}

/// A server of the product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word of its own in the data"
)]
pub struct Server {
    /// One of these components, or of those with a capability; any unless given.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "crate::component::words"
    )]
    pub components: Vec<Component>,
    /// It is a `StatefulSet`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stateful: bool,
    /// Its component has several nodes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub several_nodes: bool,
    /// Its component has at least so many nodes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub nodes: usize,
    /// Its `deployment.toml` can be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub configured: bool,
    /// Its `deployment.toml` writes this key, or something below it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub writes: String,
    /// Its pod reads a `ConfigMap` or Secret that is rendered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reads: bool,
    /// Its main container has this field.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub has: String,
    /// The value of that field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<Value>,
    /// The text of that field, or what is written at that key, is like this; `*` stands for any characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub like: String,
    /// It is not like this.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unlike: String,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl AppliesWhen {
    /// Whether it says anything.
    pub(super) fn validate(&self) -> Result<(), String> {
        if self.any.is_empty() || self.any.contains(&Condition::default()) {
            return Err(
                "appliesWhen.any needs at least one condition, and none may be empty".into(),
            );
        }
        if let Some(condition) = self.any.iter().find(|condition| {
            condition.kinds.is_empty() && (!condition.has.is_empty() || condition.is.is_some())
        }) {
            return Err(format!(
                "appliesWhen: `has: {}` needs `kinds`; [\"*\"] stands for any",
                condition.has
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::AppliesWhen;

    #[test]
    fn a_condition_that_says_nothing_is_refused() {
        let read = |text: &str| -> AppliesWhen { serde_json::from_str(text).expect("a condition") };
        assert!(read(r#"{"any": [], "otherwise": "x"}"#).validate().is_err());
        assert!(
            read(r#"{"any": [{}], "otherwise": "x"}"#)
                .validate()
                .is_err()
        );
        assert!(
            read(r#"{"any": [{"has": "/a"}], "otherwise": "x"}"#)
                .validate()
                .is_err()
        );
        assert!(
            read(r#"{"any": [{"kinds": ["*"], "has": "/a"}], "otherwise": "x"}"#)
                .validate()
                .is_ok()
        );
    }
}
