//! Values with Helm's expressions in them, as a Helm template writes them.

use serde_json::Value;

use super::yaml_text;

/// An entry for each table of a JSON array, which an expression yields.
pub(super) fn further_entries(text: &str) -> Vec<String> {
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
    use super::{further_entries, helm_scalar, helm_string};
    use serde_json::json;

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
    fn an_expression_that_yields_tables_becomes_entries() {
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
