//! What templates check of the shape of the values, which no message of JSON Schema says well.

use serde_json::{Value, json};

use super::value_tree::{Content, Leaf, ResolvedNode, ValueTree};
use crate::model::values::Type;

/// What values are by themselves, so that templates know which of them somebody has changed.
pub(crate) fn defaults(nodes: &[ResolvedNode<'_>]) -> Value {
    let entries = nodes.iter().filter_map(|node| match &node.content {
        Content::Leaf(leaf) => Some((node.key.clone(), leaf.default.clone())),
        Content::Table(entries) => Some((node.key.clone(), defaults(entries))),
        Content::Renamed(_) => None,
    });
    Value::Object(entries.collect())
}

/// Every table with its path (`exposure.ingress.`, empty for the whole), the values below it that may not be null, and the old names
/// of values.
pub(crate) fn tables(tree: &ValueTree<'_>) -> Vec<Value> {
    let mut tables = Vec::new();
    let all: Vec<_> = tree.all().collect();
    push_table(&mut tables, "", &all);
    tables
}

fn push_table(tables: &mut Vec<Value>, path: &str, nodes: &[&ResolvedNode<'_>]) {
    let values = nodes.iter().filter_map(|node| match &node.content {
        Content::Leaf(leaf) if !may_be_null(leaf) => Some(&node.key),
        _ => None,
    });
    let renamed = nodes.iter().filter_map(|node| match node.content {
        Content::Renamed(new) => Some(json!({"old": node.key, "new": new})),
        _ => None,
    });
    tables.push(json!({
        "path": path,
        "values": values.collect::<Vec<_>>(),
        "renamed": renamed.collect::<Vec<_>>(),
    }));
    for node in nodes {
        if let Content::Table(entries) = &node.content {
            let entries: Vec<_> = entries.iter().collect();
            push_table(tables, &format!("{path}{}.", node.key), &entries);
        }
    }
}

fn may_be_null(leaf: &Leaf<'_>) -> bool {
    let types = leaf.node.types.as_ref();
    leaf.nullable || types.is_some_and(|types| types.0.contains(&Type::Null))
}
