//! YAML that every parser reads the same way, Helm's YAML 1.1 included: words such as `on` and texts such as `0777` are quoted.

use serde_json::Value;

/// A string as a YAML scalar, quoted unless every parser takes it for a string.
pub(crate) fn string(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

/// A mapping key.
pub(crate) fn key(text: &str) -> String {
    string(text)
}

fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"];
    let mut characters = text.chars();
    let starts_well = characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || "_/".contains(first));
    let lower = text.to_ascii_lowercase();
    let plain_word = starts_well
        && !WORDS.contains(&lower.as_str())
        && characters
            .all(|character| character.is_ascii_alphanumeric() || "_-./ $".contains(character))
        && !text.ends_with(' ');
    plain_word || is_quantity(text)
}

/// Whole numbers with a unit, such as `2Gi`, `100m` and `30s`, are no numbers in any YAML.
fn is_quantity(text: &str) -> bool {
    const UNITS: [&str; 14] = [
        "Ki", "Mi", "Gi", "Ti", "k", "K", "M", "G", "T", "m", "g", "s", "h", "d",
    ];
    let unit = text.trim_start_matches(|character: char| character.is_ascii_digit());
    unit.len() < text.len() && UNITS.contains(&unit)
}

/// `key: value` in block style, without indentation; tables and lists continue on lines of their own.
pub fn entry(key_text: &str, value: &Value) -> Vec<String> {
    let key_text = key(key_text);
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            let mut lines = vec![format!("{key_text}:")];
            lines.extend(
                entries
                    .iter()
                    .flat_map(|(name, value)| entry(name, value))
                    .map(|line| indented(&line)),
            );
            lines
        }
        Value::Array(items) if !items.is_empty() => {
            let mut lines = vec![format!("{key_text}:")];
            lines.extend(items.iter().flat_map(item).map(|line| indented(&line)));
            lines
        }
        Value::String(text) if text.contains('\n') && is_block_safe(text) => {
            let style = if text.ends_with('\n') { "|" } else { "|-" };
            let mut lines = vec![format!("{key_text}: {style}")];
            lines.extend(text.trim_end_matches('\n').split('\n').map(indented));
            lines
        }
        scalar => vec![format!("{key_text}: {}", inline(scalar))],
    }
}

/// Block scalars cannot start with white space, nor end in more than one newline, without an indicator.
fn is_block_safe(text: &str) -> bool {
    !text.starts_with([' ', '\n', '\t'])
        && !text.ends_with("\n\n")
        && text.chars().all(|c| c == '\n' || !c.is_control())
}

fn item(value: &Value) -> Vec<String> {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            let lines = entries.iter().flat_map(|(name, value)| entry(name, value));
            lines
                .enumerate()
                .map(|(index, line)| {
                    if index == 0 {
                        format!("- {line}")
                    } else {
                        indented(&line)
                    }
                })
                .collect()
        }
        other => vec![format!("- {}", inline(other))],
    }
}

fn indented(line: &str) -> String {
    if line.is_empty() {
        String::new()
    } else {
        format!("  {line}")
    }
}

/// A value on one line. JSON is YAML, except that strings may do without quotes.
pub(crate) fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        Value::Array(items)
            if items
                .iter()
                .all(|item| !item.is_object() && !item.is_array()) =>
        {
            let items: Vec<String> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{entry, string};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn quotes_what_some_parser_would_take_for_something_else() {
        for text in [
            "on", "No", "y", "null", "~", "0777", "12:30", "1_000", "1e3", "", "a: b", "# a",
            "- a", "{", "a ", ".5", "=", "NULL",
        ] {
            assert!(string(text).starts_with('"'), "{text}");
        }
        for text in [
            "2Gi",
            "100m",
            "/metrics",
            "wso2/wso2am",
            "IfNotPresent",
            "a b",
            "api.am-x_1",
        ] {
            assert_eq!(string(text), text);
        }
    }

    #[test]
    fn nests_tables_and_lists() {
        let value = json!({"a": [{"b": 1, "c": {"d": []}}, "x"], "e": "one\ntwo\n"});
        assert_eq!(
            entry("k", &value),
            [
                "k:",
                "  a:",
                "    - b: 1",
                "      c:",
                "        d: []",
                "    - x",
                "  e: |",
                "    one",
                "    two"
            ]
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[ -~\n]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[a-z0-9.]{1,4}", inner, 0..3)
                    .prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn reads_back_as_the_same_value(value in any_json()) {
            let text = entry("key", &value).join("\n") + "\n";
            let read: Value = serde_saphyr::from_str(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
            prop_assert_eq!(&read["key"], &value, "{}", text);
        }
    }
}
