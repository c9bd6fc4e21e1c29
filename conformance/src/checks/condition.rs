//! Whether the condition of a requirement holds on a subject.

use am_deployment_toml::key::KeyPath;
use serde_json::Value;

use crate::{
    component::Component,
    context::Context,
    facts::matches_glob,
    graph::{Graph, Member},
    manifest::{Manifest, Object, Workload},
    requirement::{AppliesWhen, Condition, Server},
    variation::releases,
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
                    .any(|workload| has(workload.pod.spec, path, &|_| true))
            })
            && [&self.server, &self.beside]
                .into_iter()
                .flatten()
                .all(|server| {
                    graph
                        .members
                        .iter()
                        .any(|member| server.is(context, member))
                })
            && self.chart.as_ref().is_none_or(|pattern| {
                let mut files = context.charts.values().flat_map(|chart| chart.files.keys());
                files.any(|file| matches_glob(pattern, file))
            })
            && (!self.other_version || has_other_version(context))
            && (!self.wired || is_wired(requirement, context))
            && (!self.wired_elsewhere || is_wired_elsewhere(context))
            && (!self.exposed || !graph.crossings.exposed.is_empty())
    }

    fn means(&self, object: &Object) -> bool {
        let is_kind = self
            .kinds
            .iter()
            .any(|kind| kind == "*" || kind == object.kind());
        is_kind
            && (self.has.is_empty()
                || has(&object.value, &self.has, &|found| {
                    is(found, self.is.as_ref())
                }))
    }
}

impl Server {
    fn is(&self, context: &Context<'_>, member: &Member<'_>) -> bool {
        let graph = context.graph;
        let Some(component) = member.component else {
            return false;
        };
        (self.components.is_empty() || self.components.contains(&component))
            && (!self.stateful || member.workload.is_stateful_set())
            && (!self.several_nodes || graph.nodes_of(component).len() > 1)
            && graph.nodes_of(component).len() >= self.nodes
            && (!self.configured || is_configured(graph, component))
            && (self.writes.is_empty() || self.writes(graph, component))
            && (!self.reads || reads(context.manifest, &member.workload))
            && (self.has.is_empty()
                || member.main.is_some_and(|main| {
                    has(main.value, &self.has, &|found| {
                        is(found, self.is.as_ref()) && self.is_like(found.as_str())
                    })
                }))
    }

    fn is_like(&self, text: Option<&str>) -> bool {
        let text = text.unwrap_or_default();
        (self.like.is_empty() || matches_glob(&self.like, text))
            && (self.unlike.is_empty() || !matches_glob(&self.unlike, text))
    }

    /// Whether the configuration of a node of a component writes the key, or something below it.
    fn writes(&self, graph: &Graph<'_>, component: Component) -> bool {
        let key = KeyPath::from(self.writes.as_str());
        graph.nodes_of(component).iter().any(|node| {
            let effective = node
                .configuration
                .as_ref()
                .and_then(|file| file.effective.as_ref());
            effective.is_some_and(|effective| {
                let mut found = effective.under(&key);
                found.any(|(_, found)| {
                    found.provenance.is_written()
                        && self.is_like(found.value.scalar_text().as_deref())
                })
            })
        })
    }
}

/// Where a pod names objects that it reads.
const READS: [(&str, &str); 8] = [
    ("ConfigMap", "volumes/*/configMap/name"),
    ("ConfigMap", "volumes/*/projected/sources/*/configMap/name"),
    ("ConfigMap", "containers/*/envFrom/*/configMapRef/name"),
    (
        "ConfigMap",
        "containers/*/env/*/valueFrom/configMapKeyRef/name",
    ),
    ("Secret", "volumes/*/secret/secretName"),
    ("Secret", "volumes/*/projected/sources/*/secret/name"),
    ("Secret", "containers/*/envFrom/*/secretRef/name"),
    ("Secret", "containers/*/env/*/valueFrom/secretKeyRef/name"),
];

/// Whether a pod reads an object that is rendered.
fn reads(manifest: &Manifest, workload: &Workload<'_>) -> bool {
    let namespace = workload.object.namespace();
    READS.iter().any(|(kind, path)| {
        has(workload.pod.spec, path, &|name| {
            let name = name.as_str();
            name.is_some_and(|name| manifest.find(kind, namespace, name).is_some())
        })
    })
}

fn has_other_version(context: &Context<'_>) -> bool {
    let own = &context.subject.product_version;
    context.variations.is_some_and(|variations| {
        let mut releases = releases(context.manifest).into_keys();
        releases.any(|release| {
            let versions = variations.product_versions(release);
            versions.iter().any(|version| version != own)
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
            && edge.peers.contains_key(&context.wired_as())
            && is_configured(context.graph, edge.on)
            && (!edge.highly_available || context.graph.nodes_of(edge.on).len() > 1)
    })
}

fn is_wired_elsewhere(context: &Context<'_>) -> bool {
    context.facts.edges.iter().any(|edge| {
        let peer = edge.peers.get(&context.wired_as());
        peer.is_some_and(|peer| context.graph.elsewhere(*peer).is_some())
            && is_configured(context.graph, edge.on)
    })
}

fn is(found: &Value, wanted: Option<&Value>) -> bool {
    wanted.is_none_or(|wanted| wanted == found)
}

/// Whether a value has something at a path that is `wanted`.
fn has(value: &Value, path: &str, wanted: &dyn Fn(&Value) -> bool) -> bool {
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.is_empty() {
        return !value.is_null() && wanted(value);
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
        let any = |_: &serde_json::Value| true;
        let value = json!({"ports": [{"a": 1}, {"b/c": 2}], "labels": {"x": null}});
        assert!(has(&value, "/ports/*/a", &any));
        assert!(has(&value, "/ports/*/b~1c", &|found| *found == 2));
        assert!(!has(&value, "/ports/*/a", &|found| *found == 2));
        assert!(!has(&value, "/labels/x", &any), "null is nothing");
        assert!(!has(&value, "/none/*", &any));
        assert!(has(&value, "", &any));
    }
}
