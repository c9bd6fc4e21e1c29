//! The tables of values in a chart's README.

use std::fmt::Write as _;

use super::value_tree::{Content, Leaf, ResolvedNode, ValueTree};

/// One Markdown table for the chart and one for each component.
pub(crate) fn emit(tree: &ValueTree<'_>) -> String {
    let mut out = String::from("### Chart\n\n");
    push_table(&mut out, &tree.chart, "");
    for component in &tree.components {
        let _ = write!(
            out,
            "\n### `{}`\n\n{}\n\n",
            component.key,
            cell(&component.doc)
        );
        if let Content::Table(entries) = &component.content {
            push_table(&mut out, entries, &component.key);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn push_table(out: &mut String, nodes: &[ResolvedNode<'_>], path: &str) {
    out.push_str("| Key | Type | Default | Description |\n|---|---|---|---|\n");
    push_rows(out, nodes, path);
}

fn push_rows(out: &mut String, nodes: &[ResolvedNode<'_>], path: &str) {
    for node in nodes {
        let path = if path.is_empty() {
            node.key.clone()
        } else {
            format!("{path}.{}", node.key)
        };
        match &node.content {
            Content::Table(entries) => push_rows(out, entries, &path),
            Content::Renamed(_) => {}
            Content::Leaf(leaf) => {
                let default = cell(&leaf.default.to_string());
                let _ = writeln!(
                    out,
                    "| `{path}` | {} | `{default}` | {} |",
                    type_words(leaf),
                    cell(&node.doc)
                );
            }
        }
    }
}

fn type_words(leaf: &Leaf<'_>) -> String {
    let words = leaf
        .node
        .types
        .iter()
        .flat_map(|types| &types.0)
        .map(|kind| kind.word());
    words.collect::<Vec<_>>().join(", ")
}

/// A bar would end the cell, a newline the table, and `<` would start a tag.
fn cell(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}
