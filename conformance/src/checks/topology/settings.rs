//! In what configurations of nodes can differ.

use am_deployment_toml::{document::Document, key::KeyPath, value::Value};

use super::{
    aspects::{Aspect, Aspects, Has},
    identity::Identity,
};
use crate::{
    context::Context,
    facts::matches_glob,
    graph::{Configuration, Node, NodeId, Target},
};

/// What a node's configuration writes, apart from addresses and keys that name nodes, and from keys that other requirements compare.
pub(super) fn of_configuration(
    context: &Context<'_>,
    node: &Node<'_>,
    configuration: &Configuration<'_>,
    identity: &Identity,
) -> Aspects {
    let graph = context.graph;
    let is_own = |other: &NodeId| graph.component(*other) == graph.component(node.id);
    // Whether it is the right address of a node is another requirement's business.
    let leads_to_nodes = |path: &KeyPath| {
        let mut links = graph.links.iter().filter(|link| link.from == node.id);
        links.any(|link| {
            link.reference.key == *path
                && match &link.target {
                    Target::Nodes { nodes, .. } => nodes.iter().all(is_own),
                    Target::Own { .. } => true,
                    _ => false,
                }
        })
    };
    let entries = configuration.document.iter().flat_map(Document::entries);
    let compared = entries.filter(|entry| {
        let key = entry.path.pattern();
        let is_any =
            |patterns: &[String]| patterns.iter().any(|pattern| matches_glob(pattern, &key));
        let mut edges = context.facts.edges.iter();
        let is_wired = edges.any(|edge| key.starts_with(&edge.key)) || leads_to_nodes(&entry.path);
        !is_wired && !is_any(&context.facts.node_keys) && !is_any(&context.facts.compared_keys)
    });
    compared
        .map(|entry| {
            let key = entry.path.to_string();
            let has = Has {
                compared: match entry.value.scalar_text() {
                    Some(text) if matches!(entry.value, Value::String(_)) => {
                        identity.without(&text)
                    }
                    Some(text) => text,
                    None => identity.without(&format!("{:?}", entry.value)),
                },
                told: format!("writes `{key}`"),
                field: key.clone(),
                value: String::new(),
                secret: None,
            };
            (Aspect::Key(identity.without(&key)), has)
        })
        .collect()
}
