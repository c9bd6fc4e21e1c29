//! Whether the condition of a requirement holds on a subject.

use am_deployment_toml::key::KeyPath;
use serde_json::Value;

use crate::{
    component::Component,
    context::Context,
    facts::matches_glob,
    graph::{Graph, Member},
    manifest::Object,
    requirement::{AppliesWhen, Condition, Server},
};

/// Whether the requirement with this id asks for something on a subject.
pub(super) fn holds(when: &AppliesWhen, requirement: &str, context: &Context<'_>) -> bool {
    let mut any = when.any.iter();
    any.any(|condition| condition.holds(requirement, context))
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
            && [&self.server, &self.beside]
                .into_iter()
                .flatten()
                .all(|server| graph.members.iter().any(|member| server.is(graph, member)))
            && self.chart.as_ref().is_none_or(|pattern| {
                let mut files = context.charts.values().flat_map(|chart| chart.files.keys());
                files.any(|file| matches_glob(pattern, file))
            })
            && (!self.wired || is_wired(requirement, context))
            && (!self.wired_elsewhere || is_wired_elsewhere(context))
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
            && graph.nodes_of(component).len() >= self.nodes
            && (!self.configured || is_configured(graph, component))
            && (self.writes.is_empty() || writes(graph, component, &self.writes))
            && (self.has.is_empty()
                || member
                    .main
                    .is_some_and(|main| has(main.value, &self.has, self.is.as_ref())))
    }
}

/// Whether the configuration of a node of a component writes a key, or something below it.
fn writes(graph: &Graph<'_>, component: Component, key: &str) -> bool {
    let key = KeyPath::from(key);
    graph.nodes_of(component).iter().any(|node| {
        let effective = node
            .configuration
            .as_ref()
            .and_then(|file| file.effective.as_ref());
        effective.is_some_and(|effective| {
            let mut found = effective.under(&key);
            found.any(|(_, found)| found.provenance.is_written())
        })
    })
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

fn is_wired_elsewhere(context: &Context<'_>) -> bool {
    context.facts.edges.iter().any(|edge| {
        let peer = edge.peers.get(&context.subject.pattern);
        peer.is_some_and(|peer| context.graph.elsewhere(*peer).is_some())
            && is_configured(context.graph, edge.on)
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

    use super::has;

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
}
