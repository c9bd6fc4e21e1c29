//! Helm's error messages, read.

use crate::render::{RenderError, ValuesViolation};

/// Turns what Helm wrote on standard error into a structured error.
pub(crate) fn read(stderr: &str) -> RenderError {
    let message = own_words(stderr);
    schema_error(&message)
        .or_else(|| template_error(&message))
        .unwrap_or(RenderError::Helm { message })
}

/// Helm's message without the log lines that it may write before and the advice that it may write after it.
fn own_words(stderr: &str) -> String {
    let lines: Vec<&str> = stderr.lines().collect();
    let start = lines
        .iter()
        .position(|line| line.starts_with("Error: "))
        .unwrap_or(0);
    let text = lines[start.min(lines.len())..].join("\n");
    let text = text.strip_prefix("Error: ").unwrap_or(&text);
    text.trim_end()
        .trim_end_matches("Use --debug flag to render out invalid YAML")
        .trim_end()
        .to_owned()
}

/// `values don't meet the specifications of the schema(s) in the following chart(s):`, then for each chart a line with
/// its name and a colon and a line `- at '/pointer': message` for each violation.
fn schema_error(message: &str) -> Option<RenderError> {
    let (_, report) =
        message.split_once("values don't meet the specifications of the schema(s)")?;
    let mut charts: Vec<String> = Vec::new();
    let mut violations: Vec<ValuesViolation> = Vec::new();
    for line in report.lines().skip(1) {
        if let Some((path, text)) = line
            .trim_start()
            .strip_prefix("- at '")
            .and_then(|rest| rest.split_once("': "))
        {
            violations.push(ValuesViolation {
                chart: charts.last().cloned().unwrap_or_default(),
                path: path.to_owned(),
                message: text.trim().to_owned(),
            });
        } else if let Some(text) = line.trim_start().strip_prefix("- ") {
            let (path, text) = text.split_once(": ").unwrap_or(("", text));
            violations.push(ValuesViolation {
                chart: charts.last().cloned().unwrap_or_default(),
                path: path.to_owned(),
                message: text.trim().to_owned(),
            });
        } else if let Some(chart) = line.strip_suffix(':') {
            charts.push(chart.trim().to_owned());
        }
    }
    // Helm walks a hash map: the order is new each time.
    violations.sort_by(|one, other| {
        (&one.chart, &one.path, &one.message).cmp(&(&other.chart, &other.path, &other.message))
    });
    let chart = violations
        .first()
        .map(|violation| violation.chart.clone())
        .or_else(|| charts.pop())?;
    Some(RenderError::Schema {
        chart,
        violations,
        message: message.to_owned(),
    })
}

/// The first `<chart>/templates/<file>:<line>` of the message names the place.
fn template_error(message: &str) -> Option<RenderError> {
    let is_end =
        |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>' | '"' | '\'' | ',');
    message.split(is_end).find_map(|word| {
        let (path, rest) = match word.find(':') {
            Some(colon) => (&word[..colon], &word[colon + 1..]),
            None => (word, ""),
        };
        let (_chart, template) = path.split_once('/')?;
        let in_templates = template.starts_with("templates/") || template.contains("/templates/");
        in_templates.then(|| RenderError::Template {
            template: template.to_owned(),
            line: rest.split(':').next().and_then(|line| line.parse().ok()),
            message: message.to_owned(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_template_is_named_with_its_line() {
        let stderr = "Error: execution error at (demo/templates/config.yaml:7:4): host is required\n\nUse --debug flag to render out invalid YAML\n";
        let RenderError::Template {
            template,
            line,
            message,
        } = read(stderr)
        else {
            panic!("not a template error")
        };
        assert_eq!(
            (template.as_str(), line),
            ("templates/config.yaml", Some(7))
        );
        assert_eq!(
            message,
            "execution error at (demo/templates/config.yaml:7:4): host is required"
        );
    }

    #[test]
    fn schema_violations_are_a_list() {
        let stderr = "Error: values don't meet the specifications of the schema(s) in the following chart(s):\ndemo:\n- at '/replicas': got string, want integer\n- at '': additional properties 'repicas' not allowed\n";
        let RenderError::Schema {
            chart, violations, ..
        } = read(stderr)
        else {
            panic!("not a schema error")
        };
        assert_eq!(chart, "demo");
        assert_eq!(violations.len(), 2);
        assert_eq!(violations[1].path, "/replicas");
        assert_eq!(
            violations[0].message,
            "additional properties 'repicas' not allowed"
        );
    }

    #[test]
    fn anything_else_is_kept_word_for_word() {
        let error = read("level=INFO msg=x\nError: path \"nowhere\" not found\n");
        assert_eq!(error.to_string(), "path \"nowhere\" not found");
    }
}
