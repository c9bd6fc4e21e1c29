//! `templates/<component>/_configuration.tpl`: a component's `deployment.toml` as a map, before the user's own is merged over it.

use handlebars::Context;
use serde_json::Value;

use super::address::{self, Body};
use super::entries::{Entry, Leaf, insert_at};
use super::entry_lines::push_entries;
use super::helm_scalar::{further_entries, helm_scalar};
use super::lines::Lines;
use super::yaml_text;
use crate::chart::{Chart, Part};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::wiring::Setting;
use crate::source_map::Origin;
use crate::template::Templates;
use crate::toml_path;
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
