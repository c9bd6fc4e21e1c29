//! Writes a tree of keys as the lines of a Helm template that yields YAML.

use super::address::Body;
use super::entries::{Entry, Leaf, Slot};
use super::lines::Lines;
use super::yaml_text;
use crate::source_map::Origin;

/// Writes the keys of a table, indented by so many columns.
pub(super) fn push_entries(lines: &mut Lines, entries: &[Entry], columns: usize, origin: &Origin) {
    let mut open_condition: Option<&str> = None;
    for entry in entries {
        let condition = match &entry.slot {
            Slot::Leaf(leaf) => leaf.condition.as_deref(),
            Slot::Table(_) | Slot::Array(_) => None,
        };
        let own_origin = first_origin(std::slice::from_ref(entry)).unwrap_or(origin);
        // Neighbours under one condition share its `if`.
        if condition != open_condition {
            if open_condition.is_some() {
                lines.push_indented(columns, "{{- end }}", own_origin);
            }
            if let Some(condition) = condition {
                lines.push_indented(columns, &format!("{{{{- if {condition} }}}}"), own_origin);
            }
            open_condition = condition;
        }
        let key = yaml_text::key(&entry.name);
        match &entry.slot {
            Slot::Leaf(leaf) => push_leaf(lines, &key, leaf, columns),
            Slot::Table(inner) => {
                lines.push_indented(columns, &format!("{key}:"), own_origin);
                push_entries(lines, inner, columns + 2, own_origin);
            }
            Slot::Array(array) => {
                lines.push_indented(columns, &format!("{key}:"), own_origin);
                for item in &array.items {
                    push_item(lines, item, columns + 2, own_origin);
                }
                if let Some(leaf) = &array.further {
                    push_body(lines, leaf, columns);
                }
            }
        }
    }
    if open_condition.is_some() {
        lines.push_indented(
            columns,
            "{{- end }}",
            entries
                .last()
                .and_then(|entry| first_origin(std::slice::from_ref(entry)))
                .unwrap_or(origin),
        );
    }
}

/// An entry of an array: its first line behind the dash, unless that line may vanish.
fn push_item(lines: &mut Lines, item: &[Entry], columns: usize, origin: &Origin) {
    let mut body = Lines::default();
    push_entries(&mut body, item, 0, origin);
    if body.text.starts_with("{{") {
        lines.push_indented(columns, "-", first_origin(item).unwrap_or(origin));
        lines.append(columns + 2, &body);
        return;
    }
    let padding = " ".repeat(columns);
    for (index, line) in body.text.lines().enumerate() {
        let dash = if index == 0 { "- " } else { "  " };
        lines.text.extend([padding.as_str(), dash, line, "\n"]);
    }
    lines.origins.extend(body.origins);
}

fn push_leaf(lines: &mut Lines, key: &str, leaf: &Leaf, columns: usize) {
    let mut push = |text: &str| lines.push_indented(columns, text, &leaf.origin);
    if let Some(doc) = &leaf.doc {
        push(&format!("{{{{- /* {} */}}}}", doc.trim()));
    }
    match &leaf.body {
        Body::Inline(text) => push(&format!("{key}: {text}")),
        Body::Block(_) => {
            push(&format!("{key}:"));
            push_body(lines, leaf, columns);
        }
    }
}

/// The lines of a block, below its key.
fn push_body(lines: &mut Lines, leaf: &Leaf, columns: usize) {
    if let Body::Block(body) = &leaf.body {
        for line in body {
            lines.push_indented(columns + 2, line, &leaf.origin);
        }
    }
}

fn first_origin(entries: &[Entry]) -> Option<&Origin> {
    entries.iter().find_map(|entry| match &entry.slot {
        Slot::Leaf(leaf) => Some(&leaf.origin),
        Slot::Table(inner) => first_origin(inner),
        Slot::Array(array) => {
            let items = array.items.iter().find_map(|item| first_origin(item));
            items.or(array.further.as_ref().map(|leaf| &leaf.origin))
        }
    })
}
