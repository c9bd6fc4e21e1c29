//! What is checked on every generated chart before anybody sees it: plain YAML reads back, and values obey the schema.

use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::tree::ChartTree;
use crate::yaml;

pub(crate) fn check(chart: &str, tree: &ChartTree) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let mut values = Vec::new();
    for (path, content) in tree.files() {
        let Some(in_chart) = path
            .strip_prefix(chart)
            .and_then(|rest| rest.strip_prefix('/'))
        else {
            continue;
        };
        if !is_plain_yaml(in_chart) {
            continue;
        }
        let text = String::from_utf8_lossy(content);
        // An overlay that sets nothing for this pattern is a comment only.
        if text
            .lines()
            .all(|line| line.is_empty() || line.starts_with('#'))
        {
            continue;
        }
        match yaml::parse::<Value>(path, &text) {
            Ok(value) if in_chart == "values.yaml" || in_chart.starts_with("overlays/") => {
                values.push((path, value));
            }
            Ok(_) => {}
            Err(diagnostic) => diagnostics.push(at_origin(tree, path, diagnostic)),
        }
    }
    let schema_path = format!("{chart}/values.schema.json");
    if let Some(schema) = tree.get(&schema_path) {
        check_values(tree, &schema_path, schema, &values, &mut diagnostics);
    }
    diagnostics
}

/// Helm templates are no YAML; everything else with that extension is.
fn is_plain_yaml(path: &str) -> bool {
    crate::tree::extension(path) == "yaml" && !path.starts_with("templates/")
}

fn check_values(
    tree: &ChartTree,
    path: &str,
    schema: &[u8],
    values: &[(&str, Value)],
    diagnostics: &mut Diagnostics,
) {
    let wrong = |message: String| Diagnostic::new(Place::file(path), message);
    let schema: Value = match serde_json::from_slice(schema) {
        Ok(schema) => schema,
        Err(error) => return diagnostics.push(wrong(format!("the schema is not JSON: {error}"))),
    };
    let validator = match jsonschema::draft7::new(&schema) {
        Ok(validator) => validator,
        Err(error) => {
            return diagnostics.push(wrong(format!("the schema is not a JSON Schema: {error}")));
        }
    };
    for (file, value) in values {
        for error in validator.iter_errors(value) {
            let diagnostic = refusal(&schema, &error);
            let pointer = diagnostic.place.file.clone();
            let place = line_of(tree, file, &pointer).unwrap_or_else(|| Place::file(*file));
            diagnostics.push(at_origin(
                tree,
                file,
                Diagnostic {
                    place,
                    ..diagnostic
                },
            ));
        }
    }
}

/// What the schema refuses. The diagnostic's place holds the JSON pointer of the value for now.
fn refusal(schema: &Value, error: &jsonschema::ValidationError<'_>) -> Diagnostic {
    let pointer = error.instance_path().to_string();
    if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind()
        && let Some(key) = unexpected.first()
    {
        let mut properties = &schema["properties"];
        for table in pointer.split('/').skip(1) {
            properties = &properties[table]["properties"];
        }
        let known = properties
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str());
        let message = format!(
            "the chart's schema knows no value `{}`",
            dotted(&format!("{pointer}/{key}"))
        );
        let place = Place::file(format!("{pointer}/{key}"));
        return Diagnostic::new(place, message).maybe_hint(am_suggest::hint(key, known));
    }
    let message = format!("the chart's schema refuses `{}`: {error}", dotted(&pointer));
    Diagnostic::new(Place::file(pointer), message)
}

/// `/gateway/replicas` → `gateway.replicas`.
fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

/// The line on which the last key of a JSON pointer stands, found by walking down the indentation.
fn line_of(tree: &ChartTree, file: &str, pointer: &str) -> Option<Place> {
    let text = std::str::from_utf8(tree.get(file)?).ok()?;
    let mut keys = pointer.trim_start_matches('/').split('/').peekable();
    let mut found = None;
    let mut indent = None;
    for (index, line) in text.lines().enumerate() {
        let Some(key) = keys.peek() else { break };
        let columns = line.len() - line.trim_start().len();
        if line.trim_start().starts_with(&format!("{key}:"))
            && indent.is_none_or(|parent| columns > parent)
        {
            found = Some(index + 1);
            indent = Some(columns);
            keys.next();
        }
    }
    found.map(|line| Place {
        file: file.to_owned(),
        line,
        column: 0,
    })
}

/// Moves a diagnostic from a generated file to the source of that line.
fn at_origin(tree: &ChartTree, generated: &str, diagnostic: Diagnostic) -> Diagnostic {
    match tree.source_map().lookup(generated, diagnostic.place.line) {
        Some((file, line)) => {
            let message = format!(
                "{} (in the generated {generated}:{})",
                diagnostic.message, diagnostic.place.line
            );
            Diagnostic {
                place: Place {
                    file: file.to_owned(),
                    line,
                    column: 0,
                },
                message,
                ..diagnostic
            }
        }
        None => diagnostic,
    }
}
