//! The values file that comes out.

use std::fmt::Write as _;

use am_generator::yaml_text;
use serde_json::Value;

use crate::target::Target;

/// Writes the values in the order of the chart, with what a person has to do where it is to be done.
pub(crate) fn write(
    target: &Target,
    values: &Value,
    head: &[String],
    todos: &[(String, String)],
) -> String {
    let mut text = String::new();
    for line in head {
        comment(&mut text, line);
    }
    let entries = values.as_object();
    let mut keys: Vec<&str> = target
        .keys()
        .filter(|key| entries.is_some_and(|it| it.contains_key(*key)))
        .collect();
    let mentioned = |key: &str| {
        todos
            .iter()
            .any(|(path, _)| path.split('.').next() == Some(key))
    };
    keys.extend(
        target
            .keys()
            .filter(|key| !entries.is_some_and(|it| it.contains_key(*key)) && mentioned(key)),
    );
    for key in keys {
        text.push('\n');
        for (path, what) in todos
            .iter()
            .filter(|(path, _)| path.split('.').next() == Some(key))
        {
            comment(&mut text, &format!("TO DO {path}: {what}"));
        }
        if let Some(value) = entries.and_then(|entries| entries.get(key)) {
            for line in yaml_text::entry(key, value) {
                let _ = writeln!(text, "{line}");
            }
        }
    }
    text
}

/// A comment in lines of a readable length.
fn comment(text: &mut String, words: &str) {
    let mut line = String::from("#");
    for word in words.split_whitespace() {
        if line.len() + word.len() > 118 {
            let _ = writeln!(text, "{line}");
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}
