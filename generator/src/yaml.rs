//! Strict reading of YAML: unknown fields, duplicate keys, wrong types and words such as `on` are errors with their place.

use serde::de::DeserializeOwned;
use serde_saphyr::{Error, Location};

use crate::diagnostic::{Diagnostic, Place};

/// A string together with the place where it stands.
pub type Text = serde_saphyr::Spanned<String>;

/// Reads one YAML document into a type.
///
/// `file` is only the name that errors show. An empty document is an error.
pub fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Diagnostic> {
    if text
        .lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
    {
        return Err(Diagnostic::new(Place::file(file), "the file is empty"));
    }
    let options = serde_saphyr::options! {
        strict_booleans: true,
        no_schema: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| diagnose(file, text, &error))
}

/// The place of a location inside a file.
pub fn place(file: &str, location: Location) -> Place {
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    Place {
        file: file.to_owned(),
        line: number(location.line()),
        column: number(location.column()),
    }
}

/// The line on which a value stands, from one.
pub fn line<T>(value: &serde_saphyr::Spanned<T>) -> usize {
    usize::try_from(value.referenced.line()).unwrap_or(usize::MAX)
}

fn diagnose(file: &str, text: &str, error: &Error) -> Diagnostic {
    let error = error.without_snippet();
    let place = error
        .location()
        .map_or_else(|| Place::file(file), |location| place(file, location));
    let (message, hint) = describe(error);
    Diagnostic::new(place, message)
        .maybe_hint(hint)
        .excerpt_from(text)
}

fn describe(error: &Error) -> (String, Option<String>) {
    match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => (
            format!("unknown field `{field}`"),
            am_suggest::hint(field, expected.iter().copied()),
        ),
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => (
            format!("unknown value `{variant}`"),
            am_suggest::hint(variant, expected.iter().copied()),
        ),
        Error::SerdeMissingField { field, .. } => (format!("the field `{field}` is missing"), None),
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("?");
            (
                format!("the key `{key}` is there twice"),
                Some("remove one of the two".to_owned()),
            )
        }
        Error::Unexpected { expected, .. } => match shape(expected) {
            Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
            None => (without_location(&error.to_string()), None),
        },
        Error::InvalidScalar { ty, .. } => {
            let message = number(ty).map(str::to_owned);
            let message = message.unwrap_or_else(|| without_location(&error.to_string()));
            (message, None)
        }
        Error::InvalidBooleanStrict { .. } => (
            "this is neither `true` nor `false`".to_owned(),
            Some("write one of the two, without quotes".to_owned()),
        ),
        Error::NullIntoString { .. } => (
            "the value is missing".to_owned(),
            Some("write it behind the colon, or remove the key".to_owned()),
        ),
        other => (without_location(&other.to_string()), None),
    }
}

/// What belongs where something of another shape stands, and how it is written; by the library's name of the shape.
fn shape(expected: &str) -> Option<(&'static str, &'static str)> {
    Some(match expected {
        "sequence start" => (
            "a list belongs here",
            "begin each entry with `- `, or write `[…]`",
        ),
        "mapping start" => (
            "fields belong here",
            "write each as `name: value` on a line of its own, or `{…}`",
        ),
        "scalar" | "string scalar" => (
            "one value belongs here, not a list and not fields",
            "write it behind the colon",
        ),
        _ => return None,
    })
}

/// What belongs where something else than a number stands, by Rust's name of the number.
fn number(ty: &str) -> Option<&'static str> {
    Some(match ty {
        "u8" => "this is no whole number from 0 to 255",
        "u16" => "this is no whole number from 0 to 65535",
        "u32" | "u64" | "usize" => "this is no whole number from 0 on",
        "i32" | "i64" => "this is no whole number",
        "f32" | "f64" => "this is no number",
        _ => return None,
    })
}

/// Library messages end in " at line L, column C", which the place already says.
fn without_location(message: &str) -> String {
    let end = message.find(" at line ").unwrap_or(message.len());
    message[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::parse;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    #[expect(dead_code, reason = "only the errors matter")]
    struct Port {
        number: u16,
        app_protocol: Option<String>,
        enabled: Option<bool>,
    }

    fn error(text: &str) -> String {
        parse::<Port>("ports.yaml", text)
            .expect_err("must be refused")
            .to_string()
    }

    #[test]
    fn refuses_an_unknown_field_and_names_the_nearest() {
        assert_eq!(
            error("number: 1\napp-protocl: http\n"),
            "ports.yaml:2:1: unknown field `app-protocl`\n    2 | app-protocl: http\n      | ^\n    hint: did you mean `app-protocol`?"
        );
    }

    #[test]
    fn refuses_a_duplicate_key() {
        assert!(
            error("number: 1\nnumber: 2\n")
                .starts_with("ports.yaml:2:1: the key `number` is there twice")
        );
    }

    #[test]
    fn refuses_a_wrong_type() {
        for wrong in ["many", "70000", "-1", "1.5"] {
            let said = error(&format!("number: {wrong}\n"));
            let wanted = "ports.yaml:1:9: this is no whole number from 0 to 65535\n";
            assert!(said.starts_with(wanted), "{said}");
        }
    }

    #[test]
    fn says_which_shape_belongs_where_another_is() {
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only the errors matter")]
        struct Shapes {
            list: Option<Vec<String>>,
            fields: Option<Port>,
            text: Option<String>,
        }
        let said = |text: &str| {
            parse::<Shapes>("shapes.yaml", text)
                .expect_err("must be refused")
                .to_string()
        };
        for (text, wanted) in [
            ("list: {a: b}\n", "shapes.yaml:1:7: a list belongs here"),
            ("list: a\n", "shapes.yaml:1:7: a list belongs here"),
            ("fields: [a]\n", "shapes.yaml:1:9: fields belong here"),
            ("fields: a\n", "shapes.yaml:1:9: fields belong here"),
            ("text: [a]\n", "shapes.yaml:1:7: one value belongs here"),
            ("text: {a: b}\n", "shapes.yaml:1:7: one value belongs here"),
        ] {
            assert!(said(text).starts_with(wanted), "{text}: {}", said(text));
        }
    }

    #[test]
    fn refuses_a_missing_field() {
        assert!(error("app-protocol: http\n").contains("the field `number` is missing"));
    }

    #[test]
    fn refuses_an_unquoted_number_where_text_is_meant() {
        assert!(error("number: 1\napp-protocol: 12\n").starts_with("ports.yaml:2:15: "));
    }

    #[test]
    fn refuses_words_that_only_old_yaml_reads_as_booleans() {
        assert!(error("number: 1\nenabled: on\n").starts_with("ports.yaml:2:10: "));
    }

    #[test]
    fn refuses_an_empty_file() {
        assert_eq!(error("# nothing\n\n"), "ports.yaml: the file is empty");
    }

    #[test]
    fn refuses_broken_syntax() {
        assert!(
            error("number: 1: 2\n").starts_with("ports.yaml:1:10: mapping values are not allowed")
        );
    }
}
