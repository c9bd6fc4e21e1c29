//! When a requirement asks for something: a condition on the subject, as data.
//!
//! A check that looks at nothing where the condition holds is broken, or the condition is; either way nothing was judged, and the run
//! says so. Without a condition a check tells by itself that its requirement asks for nothing.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    component::Component,
    context::Context,
    facts::matches_glob,
    graph::{Graph, Member},
    manifest::Object,
};

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
    /// A file of a chart whose sources are at hand, such as `values.yaml`; `*` stands for any characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<String>,
    /// A row of the wiring table that names the requirement, about a server whose configuration can be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wired: bool,
}

/// A server of the product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
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
    /// Its `deployment.toml` can be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub configured: bool,
    /// Its main container has this field.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub has: String,
}

impl AppliesWhen {
    /// Whether the requirement with this id asks for something on a subject.
    pub(crate) fn holds(&self, requirement: &str, context: &Context<'_>) -> bool {
        self.any
            .iter()
            .any(|condition| condition.holds(requirement, context))
    }

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

impl Condition {
    fn holds(&self, requirement: &str, context: &Context<'_>) -> bool {
        let graph = context.graph;
        (self.kinds.is_empty()
            || context
                .manifest
                .objects
                .iter()
                .any(|object| self.means(object)))
            && self.pod.as_ref().is_none_or(|path| {
                let workloads = context.manifest.workloads();
                workloads
                    .iter()
                    .any(|workload| has(workload.pod.spec, path, None))
            })
            && self
                .server
                .as_ref()
                .is_none_or(|server| graph.members.iter().any(|member| server.is(graph, member)))
            && self.chart.as_ref().is_none_or(|pattern| {
                let mut files = context.charts.values().flat_map(|chart| chart.files.keys());
                files.any(|file| matches_glob(pattern, file))
            })
            && (!self.wired || is_wired(requirement, context))
    }

    fn means(&self, object: &Object) -> bool {
        let is_kind = self
            .kinds
            .iter()
            .any(|kind| kind == "*" || kind == object.kind());
        is_kind && (self.has.is_empty() || has(&object.value, &self.has, self.is.as_ref()))
    }
}

impl Server {
    fn is(&self, graph: &Graph<'_>, member: &Member<'_>) -> bool {
        let Some(component) = member.component else {
            return false;
        };
        (self.components.is_empty() || self.components.contains(&component))
            && (!self.stateful || member.workload.is_stateful_set())
            && (!self.several_nodes || graph.nodes_of(component).len() > 1)
            && (!self.configured || is_configured(graph, component))
            && (self.has.is_empty()
                || member
                    .main
                    .is_some_and(|main| has(main.value, &self.has, None)))
    }
}

/// Whether a node of a component has a configuration that can be read.
fn is_configured(graph: &Graph<'_>, component: Component) -> bool {
    graph.nodes_of(component).iter().any(|node| {
        let configuration = node.configuration.as_ref();
        configuration.is_some_and(|configuration| configuration.effective.is_some())
    })
}

fn is_wired(requirement: &str, context: &Context<'_>) -> bool {
    context.facts.edges.iter().any(|edge| {
        edge.requirement == requirement
            && edge.peers.contains_key(&context.subject.pattern)
            && is_configured(context.graph, edge.on)
            && (!edge.highly_available || context.graph.nodes_of(edge.on).len() > 1)
    })
}

/// Whether a value has something at a path, and that something is `wanted` where given.
fn has(value: &Value, path: &str, wanted: Option<&Value>) -> bool {
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.is_empty() {
        return !value.is_null() && wanted.is_none_or(|wanted| wanted == value);
    }
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    match (value, first) {
        (Value::Array(items), "*") => items.iter().any(|item| has(item, rest, wanted)),
        (Value::Object(fields), "*") => fields.values().any(|field| has(field, rest, wanted)),
        (Value::Object(fields), name) => {
            // As in a JSON pointer: `~1` is a slash in a name.
            let name = name.replace("~1", "/").replace("~0", "~");
            fields
                .get(&name)
                .is_some_and(|field| has(field, rest, wanted))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{AppliesWhen, has};

    #[test]
    fn a_field_is_found_in_every_item() {
        let value = json!({"ports": [{"a": 1}, {"b/c": 2}], "labels": {"x": null}});
        assert!(has(&value, "/ports/*/a", None));
        assert!(has(&value, "/ports/*/b~1c", Some(&json!(2))));
        assert!(!has(&value, "/ports/*/a", Some(&json!(2))));
        assert!(!has(&value, "/labels/x", None), "null is nothing");
        assert!(!has(&value, "/none/*", None));
        assert!(has(&value, "", None));
    }

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
