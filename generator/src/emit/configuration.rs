//! `templates/<component>/_configuration.tpl`: a component's `deployment.toml` as a map, before the user's own is merged over it.

use handlebars::Context;
use serde_json::Value;

use super::address::{self, Body};
use super::lines::Lines;
use super::yaml_text;
use crate::chart::{Chart, Part};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::wiring::Setting;
use crate::source_map::Origin;
use crate::template::Templates;
use crate::toml_path::{self, Index};
use crate::yaml::{self, Text};

/// Writes the template of one component. `context` is what expressions in the model's strings see.
pub(crate) fn emit(
    chart: &Chart<'_>,
    part: &Part<'_>,
    templates: &Templates,
    context: &Context,
) -> Result<Lines, Diagnostics> {
    let mut emitter = Emitter {
        templates,
        context,
        diagnostics: Diagnostics::default(),
    };
    let mut root = Vec::new();
    for (file, setting) in chart.settings_on(part.name()) {
        if let Some(leaf) = emitter.setting(file, setting) {
            emitter.insert(&mut root, file, &setting.key, leaf);
        }
    }
    let wiring = &chart.model.wiring.file;
    for resolved in chart.edges_on(part.name()) {
        let key = &resolved.edge.key;
        let (condition, body) = address::write(chart, &resolved);
        let leaf = Leaf {
            origin: Origin::new(wiring, yaml::line(key)),
            doc: Some(resolved.edge.doc.clone()),
            condition,
            body,
        };
        emitter.insert(&mut root, wiring, key, leaf);
    }

    let component = part.component;
    let origin = Origin::new(&component.file, crate::yaml::line(&component.value.name));
    let mut lines = Lines::default();
    let head = [
        format!(
            "{{{{- define \"{}.{}.configuration\" -}}}}",
            chart.name(),
            part.name()
        ),
        "{{- $root := .root }}".to_owned(),
        "{{- $node := .node }}".to_owned(),
        format!("{{{{- $values := .root.Values.{} }}}}", part.key()),
    ];
    for line in &head {
        lines.push(line, &origin);
    }
    push_entries(&mut lines, &root, 0, &origin);
    lines.push("{{- end }}", &origin);
    emitter
        .diagnostics
        .into_result(lines, &std::collections::BTreeMap::new())
}

/// A key with what it holds.
#[derive(Debug)]
struct Entry {
    name: String,
    slot: Slot,
}

#[derive(Debug)]
enum Slot {
    Table(Vec<Entry>),
    Array(Array),
    Leaf(Leaf),
}

/// An array of tables: entries that the model writes out, and perhaps further ones from an expression.
#[derive(Debug, Default)]
struct Array {
    items: Vec<Vec<Entry>>,
    further: Option<Leaf>,
}

/// A value, ready to be written.
#[derive(Debug)]
struct Leaf {
    origin: Origin,
    doc: Option<String>,
    /// A Helm condition.
    condition: Option<String>,
    body: Body,
}

struct Emitter<'a> {
    templates: &'a Templates,
    context: &'a Context,
    diagnostics: Diagnostics,
}

impl Emitter<'_> {
    fn setting(&mut self, file: &str, setting: &Setting) -> Option<Leaf> {
        let place = yaml::place(file, setting.key.referenced);
        let value = self.expand(&setting.value, &place)?;
        let condition = match &setting.when {
            Some(when) => Some(self.string(&when.value, &yaml::place(file, when.referenced))?),
            None => None,
        };
        let body = match &value {
            Value::String(text) if setting.key.value.ends_with("[*]") => {
                Body::Block(further_entries(text))
            }
            Value::Array(items) if !items.is_empty() => Body::Block(
                items
                    .iter()
                    .map(|item| format!("- {}", helm_scalar(item)))
                    .collect(),
            ),
            Value::Object(entries) if !entries.is_empty() => Body::Block(
                entries
                    .iter()
                    .map(|(key, value)| format!("{}: {}", yaml_text::key(key), helm_scalar(value)))
                    .collect(),
            ),
            scalar => Body::Inline(helm_scalar(scalar)),
        };
        Some(Leaf {
            origin: Origin::new(file, place.line),
            doc: setting.doc.clone(),
            condition,
            body,
        })
    }

    /// Renders the generator's expressions inside all strings of a value.
    fn expand(&mut self, value: &Value, place: &Place) -> Option<Value> {
        Some(match value {
            Value::String(text) => Value::String(self.string(text, place)?),
            Value::Array(items) => Value::Array(
                items
                    .iter()
                    .map(|item| self.expand(item, place))
                    .collect::<Option<_>>()?,
            ),
            Value::Object(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| Some((key.clone(), self.expand(value, place)?)))
                    .collect::<Option<_>>()?,
            ),
            other => other.clone(),
        })
    }

    fn string(&mut self, text: &str, place: &Place) -> Option<String> {
        let rendered = self.templates.render_string(text, self.context, place);
        self.diagnostics.take(rendered)
    }

    /// Puts a leaf at its path; tables stay where their first key put them.
    fn insert(&mut self, root: &mut Vec<Entry>, file: &str, key: &Text, leaf: Leaf) {
        let inserted = toml_path::parse(&key.value).and_then(|path| insert_at(root, &path, leaf));
        if let Err(message) = inserted {
            self.diagnostics
                .push(Diagnostic::new(yaml::place(file, key.referenced), message));
        }
    }
}

fn insert_at(
    entries: &mut Vec<Entry>,
    path: &[toml_path::Segment],
    leaf: Leaf,
) -> Result<(), String> {
    let [segment, rest @ ..] = path else {
        return Err("the path is empty".to_owned());
    };
    let name = &segment.name;
    let existing = entries.iter().position(|entry| entry.name == *name);
    if let (true, Some(index)) = (rest.is_empty(), segment.index) {
        return match (index, existing.map(|at| &mut entries[at].slot)) {
            (Index::Further, Some(Slot::Array(array))) if array.further.is_none() => {
                array.further = Some(leaf);
                Ok(())
            }
            (Index::Further, None) => {
                let array = Array {
                    further: Some(leaf),
                    ..Array::default()
                };
                entries.push(Entry {
                    name: name.clone(),
                    slot: Slot::Array(array),
                });
                Ok(())
            }
            (Index::Further, Some(_)) => Err(format!(
                "`{name}[*]` is set twice, or `{name}` is no array of tables"
            )),
            (Index::At(_), _) => Err(format!(
                "`{name}[…]` is a table and cannot hold a value itself"
            )),
        };
    }
    if rest.is_empty() {
        // Two values for one key can only be alternatives.
        let alternative =
            |entry: &Entry| matches!(&entry.slot, Slot::Leaf(other) if other.condition.is_some());
        if existing.is_some_and(|at| leaf.condition.is_none() || !alternative(&entries[at])) {
            return Err(format!("`{name}` is set twice for one component"));
        }
        entries.push(Entry {
            name: name.clone(),
            slot: Slot::Leaf(leaf),
        });
        return Ok(());
    }
    let at = existing.unwrap_or_else(|| {
        let slot = if segment.index.is_some() {
            Slot::Array(Array::default())
        } else {
            Slot::Table(Vec::new())
        };
        entries.push(Entry {
            name: name.clone(),
            slot,
        });
        entries.len() - 1
    });
    match (&mut entries[at].slot, segment.index) {
        (Slot::Table(inner), None) => insert_at(inner, rest, leaf),
        (Slot::Array(array), Some(Index::At(index))) if index <= array.items.len() => {
            if index == array.items.len() {
                array.items.push(Vec::new());
            }
            insert_at(&mut array.items[index], rest, leaf)
        }
        (Slot::Array(array), Some(Index::At(_))) => Err(format!(
            "`{name}`: the next entry is number {}",
            array.items.len()
        )),
        _ => Err(format!(
            "`{name}` is a table in one place and something else in another"
        )),
    }
}

fn push_entries(lines: &mut Lines, entries: &[Entry], columns: usize, origin: &Origin) {
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

/// An entry for each table of a JSON array, which an expression yields.
fn further_entries(text: &str) -> Vec<String> {
    let expression = text
        .trim()
        .trim_start_matches("{{")
        .trim_end_matches("}}")
        .trim();
    vec![
        format!("{{{{- range {expression} | fromJsonArray }}}}"),
        "- {{ toJson . }}".to_owned(),
        "{{- end }}".to_owned(),
    ]
}

/// A value in a Helm template: whatever its expressions yield is quoted as JSON, so that no user value breaks the YAML.
pub(crate) fn helm_scalar(value: &Value) -> String {
    match value {
        Value::String(text) if text.contains("{{") => helm_string(text),
        Value::Array(items) => format!(
            "[{}]",
            items.iter().map(helm_scalar).collect::<Vec<_>>().join(", ")
        ),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                format!("{}: {}", Value::from(key.as_str()), helm_scalar(value))
            });
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => yaml_text::inline(other),
    }
}

/// `{{ x }}` → `{{ x | toJson }}`; text around expressions goes through `printf`.
fn helm_string(text: &str) -> String {
    let mut format = String::new();
    let mut expressions = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (expression, after) = after.split_once("}}").unwrap_or((after, ""));
        format.push_str(&before.replace('%', "%%"));
        format.push_str("%v");
        expressions.push(expression.trim_matches('-').trim());
        rest = after;
    }
    format.push_str(&rest.replace('%', "%%"));
    if let ([expression], "%v") = (&expressions[..], format.as_str()) {
        return format!("{{{{ {expression} | toJson }}}}");
    }
    let arguments: Vec<String> = expressions
        .iter()
        .map(|expression| format!("({expression})"))
        .collect();
    format!(
        "{{{{ printf {} {} | toJson }}}}",
        Value::from(format),
        arguments.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::{Body, Entry, Leaf, Slot, further_entries, helm_scalar, helm_string, insert_at};
    use crate::source_map::Origin;
    use crate::toml_path;
    use serde_json::json;

    fn leaf(condition: Option<&str>) -> Leaf {
        Leaf {
            origin: Origin::new("m", 1),
            doc: None,
            condition: condition.map(ToOwned::to_owned),
            body: Body::Inline("x".to_owned()),
        }
    }

    fn insert(root: &mut Vec<Entry>, path: &str, condition: Option<&str>) -> Result<(), String> {
        insert_at(
            root,
            &toml_path::parse(path).expect("a path"),
            leaf(condition),
        )
    }

    #[test]
    fn expressions_are_quoted_by_helm() {
        assert_eq!(
            helm_string("{{ int $values.portOffset }}"),
            "{{ int $values.portOffset | toJson }}"
        );
        assert_eq!(
            helm_string("{{ .a }}/dev%portal/{{- .b -}}"),
            "{{ printf \"%v/dev%%portal/%v\" (.a) (.b) | toJson }}"
        );
        assert_eq!(helm_scalar(&json!("plain")), "plain");
        assert_eq!(helm_scalar(&json!("on")), "\"on\"");
        assert_eq!(
            helm_scalar(&json!(["{{ .a }}", 1])),
            "[{{ .a | toJson }}, 1]"
        );
    }

    #[test]
    fn a_key_set_twice_is_refused_unless_both_are_conditional() {
        let mut root = Vec::new();
        insert(&mut root, "a.b", None).expect("first");
        assert!(insert(&mut root, "a.b", None).is_err());
        assert!(insert(&mut root, "a.b", Some("x")).is_err());
        insert(&mut root, "a.c", Some("x")).expect("first");
        insert(&mut root, "a.c", Some("not x")).expect("an alternative");
    }

    #[test]
    fn a_key_cannot_be_a_table_and_a_value() {
        let mut root = Vec::new();
        insert(&mut root, "a.b", None).expect("first");
        assert!(insert(&mut root, "a", None).is_err());
        assert!(insert(&mut root, "a.b.c", None).is_err());
        assert!(insert(&mut root, "a[0].c", None).is_err());
    }

    #[test]
    fn entries_of_an_array_come_in_order() {
        let mut root = Vec::new();
        assert!(insert(&mut root, "a[1].b", None).is_err());
        insert(&mut root, "c[0].b", None).expect("first");
        insert(&mut root, "c[1].b", None).expect("second");
        let Slot::Array(array) = &root[1].slot else {
            panic!("not an array: {root:?}")
        };
        assert_eq!(array.items.len(), 2);
    }

    #[test]
    fn further_entries_of_an_array_come_once_and_from_one_expression() {
        let mut root = Vec::new();
        insert(&mut root, "a[0].b", None).expect("first");
        insert(&mut root, "a[*]", None).expect("further ones");
        assert!(insert(&mut root, "a[*]", None).is_err());
        insert(&mut root, "c.d[*]", None).expect("an array of nothing else");
        insert(&mut root, "e", None).expect("a value");
        assert!(insert(&mut root, "e[*]", None).is_err());
        assert_eq!(
            further_entries("{{ include \"x\" $root }}"),
            [
                "{{- range include \"x\" $root | fromJsonArray }}",
                "- {{ toJson . }}",
                "{{- end }}"
            ]
        );
    }
}
