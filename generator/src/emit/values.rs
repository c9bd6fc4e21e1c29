//! `values.yaml`: every value with its documentation and its default.

use super::lines::{Lines, wrap};
use super::value_tree::{Content, ResolvedNode, ValueTree};
use super::yaml_text;
use crate::chart::Chart;
use crate::source_map::Origin;

/// Widest line of a comment.
const WIDTH: usize = 120;

pub(crate) fn emit(chart: &Chart<'_>, tree: &ValueTree<'_>) -> Lines {
    let mut lines = Lines::default();
    let pattern = chart.pattern;
    let origin = Origin::new(&pattern.file, crate::yaml::line(&pattern.value.name));
    lines.push(
        &format!("# Values of {}: {}", chart.name(), pattern.value.title),
        &origin,
    );
    for node in &tree.chart {
        lines.push("", &node.origin);
        push_node(&mut lines, node, 0);
    }
    for node in &tree.components {
        lines.push("", &node.origin);
        push_node(&mut lines, node, 0);
    }
    lines
}

fn push_node(lines: &mut Lines, node: &ResolvedNode<'_>, columns: usize) {
    if matches!(node.content, Content::Renamed(_)) {
        return;
    }
    let mut push = |text: &str| lines.push_indented(columns, text, &node.origin);
    let marker = if matches!(node.content, Content::Leaf(_)) {
        "# -- "
    } else {
        "# "
    };
    for (index, line) in wrap(&node.doc, WIDTH - columns - marker.len())
        .iter()
        .enumerate()
    {
        push(&format!("{}{line}", if index == 0 { marker } else { "# " }));
    }
    match &node.content {
        Content::Leaf(leaf) => {
            for line in yaml_text::entry(&node.key, &leaf.default) {
                push(&line);
            }
        }
        Content::Table(entries) => {
            push(&format!("{}:", yaml_text::key(&node.key)));
            for entry in entries {
                push_node(lines, entry, columns + 2);
            }
        }
        Content::Renamed(_) => {}
    }
}
