//! `values.schema.json`: JSON Schema (draft-07) of the values. What the model does not know is refused.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::lines::Lines;
use super::value_tree::{Content, Leaf, ResolvedNode, ValueTree};
use crate::chart::Chart;
use crate::model::table::Table;
use crate::source_map::Origin;

pub(crate) fn emit(chart: &Chart<'_>, tree: &ValueTree<'_>) -> Lines {
    let mut lines = Lines::default();
    let pattern = chart.pattern;
    let origin = Origin::new(&pattern.file, crate::yaml::line(&pattern.value.name));
    let title = json!(format!("Values of {}", chart.name()));
    lines.push("{", &origin);
    lines.push(
        "  \"$schema\": \"http://json-schema.org/draft-07/schema#\",",
        &origin,
    );
    lines.push(&format!("  \"title\": {title},"), &origin);
    lines.push(
        "  \"type\": \"object\",\n  \"additionalProperties\": false,\n  \"properties\": {",
        &origin,
    );
    push_nodes(&mut lines, &tree.all().collect::<Vec<_>>(), 4);
    lines.push("  },\n  \"definitions\": {", &origin);
    push_definitions(&mut lines, chart, tree);
    lines.push("  }\n}", &origin);
    lines
}

fn push_nodes(lines: &mut Lines, nodes: &[&ResolvedNode<'_>], columns: usize) {
    for (index, node) in nodes.iter().enumerate() {
        let comma = if index + 1 < nodes.len() { "," } else { "" };
        let key = json!(node.key);
        match &node.content {
            Content::Leaf(leaf) => {
                let schema = leaf_schema(&node.doc, leaf);
                let text = format!("{key}: {}{comma}", pretty(&Value::Object(schema)));
                lines.push_indented(columns, &text, &node.origin);
            }
            Content::Renamed(_) => {
                // The templates refuse it with the new name, which no message of a schema could say.
                let schema = json!({"description": node.doc, "deprecated": true});
                let text = format!("{key}: {}{comma}", pretty(&schema));
                lines.push_indented(columns, &text, &node.origin);
            }
            Content::Table(entries) => {
                // Helm hands the globals of an umbrella chart to each of its charts, also those that this one does not know.
                let open = columns == 4 && node.key == "global";
                let head = format!(
                    "{key}: {{\n  \"description\": {},\n  \"type\": \"object\",\n  \"additionalProperties\": {open},\n  \"properties\": {{",
                    json!(node.doc)
                );
                lines.push_indented(columns, &head, &node.origin);
                push_nodes(lines, &entries.iter().collect::<Vec<_>>(), columns + 4);
                lines.push_indented(columns, &format!("  }}\n}}{comma}"), &node.origin);
            }
        }
    }
}

fn leaf_schema(doc: &str, leaf: &Leaf<'_>) -> Map<String, Value> {
    let node = leaf.node;
    let mut schema = Map::new();
    let mut set = |keyword: &str, value: Option<Value>| {
        if let Some(value) = value {
            schema.insert(keyword.to_owned(), value);
        }
    };
    set("description", Some(json!(doc)));
    set(
        "type",
        node.types.as_ref().map(|types| {
            let words = types.0.iter().map(|kind| kind.word());
            let null = leaf.nullable.then_some("null");
            let words: Vec<&str> = words.chain(null).collect();
            if let [word] = words[..] {
                json!(word)
            } else {
                json!(words)
            }
        }),
    );
    let choices = leaf.choices.as_ref().map(|choices| {
        let null = leaf.nullable.then_some(&Value::Null);
        choices.iter().chain(null).cloned().collect()
    });
    set("enum", choices);
    set(
        "pattern",
        node.pattern.as_ref().map(|pattern| json!(pattern)),
    );
    set("minimum", leaf.minimum.map(|minimum| json!(minimum)));
    set("maximum", leaf.maximum.map(|maximum| json!(maximum)));
    set("minLength", node.min_length.map(|length| json!(length)));
    set("items", leaf.items.clone());
    // Draft-07 ignores what stands beside a `$ref`.
    let reference = node
        .definition
        .as_ref()
        .map(|name| json!({"$ref": format!("#/definitions/{}", name.value)}));
    if leaf.nullable {
        // Not `anyOf`, whose messages name every alternative.
        set("if", reference.as_ref().map(|_| json!({"type": "null"})));
        set("else", reference);
    } else {
        set("allOf", reference.map(|reference| json!([reference])));
    }
    set("default", Some(leaf.default.clone()));
    if let Some(Value::Object(more)) = &leaf.schema {
        schema.extend(more.clone());
    }
    schema
}

/// Only the definitions that the chart uses, and those that they use.
fn push_definitions(lines: &mut Lines, chart: &Chart<'_>, tree: &ValueTree<'_>) {
    let definitions = &chart.model.definitions;
    let mut used = BTreeSet::new();
    for node in tree.all() {
        collect_used(node, &definitions.value, &mut used);
    }
    let used: Vec<_> = definitions
        .value
        .iter()
        .filter(|(name, _)| used.contains(&name.value))
        .collect();
    for (index, (name, schema)) in used.iter().enumerate() {
        let comma = if index + 1 < used.len() { "," } else { "" };
        let origin = Origin::new(&definitions.file, crate::yaml::line(name));
        lines.push_indented(
            4,
            &format!("{}: {}{comma}", json!(name.value), pretty(schema)),
            &origin,
        );
    }
}

fn collect_used(node: &ResolvedNode<'_>, definitions: &Table<Value>, used: &mut BTreeSet<String>) {
    match &node.content {
        Content::Table(entries) => entries
            .iter()
            .for_each(|entry| collect_used(entry, definitions, used)),
        Content::Renamed(_) => {}
        Content::Leaf(leaf) => {
            if let Some(name) = &leaf.node.definition {
                use_definition(&name.value, definitions, used);
            }
            for schema in leaf.items.iter().chain(&leaf.schema) {
                references(schema).for_each(|name| use_definition(&name, definitions, used));
            }
        }
    }
}

fn use_definition(name: &str, definitions: &Table<Value>, used: &mut BTreeSet<String>) {
    if used.insert(name.to_owned())
        && let Some(schema) = definitions.get(name)
    {
        references(schema).for_each(|name| use_definition(&name, definitions, used));
    }
}

/// Names of the definitions that a schema refers to.
pub(crate) fn references(schema: &Value) -> Box<dyn Iterator<Item = String> + '_> {
    match schema {
        Value::Object(entries) => Box::new(entries.iter().flat_map(|(key, value)| {
            let own = (key == "$ref").then(|| value.as_str()).flatten();
            let own = own
                .and_then(|target| target.strip_prefix("#/definitions/"))
                .map(ToOwned::to_owned);
            own.into_iter().chain(references(value))
        })),
        Value::Array(items) => Box::new(items.iter().flat_map(references)),
        _ => Box::new(std::iter::empty()),
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}
