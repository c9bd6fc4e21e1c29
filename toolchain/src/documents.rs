//! What `helm template` prints, taken apart into documents.

use serde_json::Value;
use serde_saphyr::{Error, UserMessageFormatter, options::DuplicateKeyPolicy};

use crate::render::{Flaw, FlawKind, RenderError, RenderedDocument};

const SOURCE: &str = "# Source: ";

/// Takes the output of `helm template` apart and parses each document.
///
/// Documents without content (comments only) are left out.
///
/// # Errors
/// [`RenderError::Document`] when a document is no valid YAML or has a key twice.
pub fn parse_documents(output: &str) -> Result<Vec<RenderedDocument>, RenderError> {
    let mut documents = Vec::new();
    for piece in split(output) {
        let value = parse(&piece)?;
        documents.extend(piece.document(value));
    }
    Ok(documents)
}

/// As [`parse_documents`], but passes over what is wrong with the text of a document and tells it. Of a key that is given twice the
/// last counts, as for Helm; a document that is no YAML is left out.
pub(crate) fn parse_leniently(output: &str) -> (Vec<RenderedDocument>, Vec<Flaw>) {
    let (mut documents, mut flaws) = (Vec::new(), Vec::new());
    for piece in split(output) {
        let value = read(&piece.text, DuplicateKeyPolicy::Error).or_else(|error| {
            flaws.push(flaw(&piece, &error));
            read(&piece.text, DuplicateKeyPolicy::LastWins)
        });
        documents.extend(value.ok().and_then(|value| piece.document(value)));
    }
    (documents, flaws)
}

fn flaw(piece: &Piece, error: &Error) -> Flaw {
    let error = error.without_snippet();
    let line = error.location().map_or(1, |location| location.line());
    Flaw {
        template: piece.template.clone(),
        text: piece.text.clone(),
        line: usize::try_from(line).unwrap_or(1),
        kind: match error {
            Error::DuplicateMappingKey { key, .. } => {
                FlawKind::KeyTwice(key.clone().unwrap_or_default())
            }
            _ => FlawKind::NotYaml(error.render_with_formatter(&UserMessageFormatter)),
        },
    }
}

/// The text between two separators.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) template: String,
    pub(crate) line: usize,
    pub(crate) text: String,
}

impl Piece {
    /// The document with this value, unless it has no content.
    fn document(self, value: Value) -> Option<RenderedDocument> {
        (!value.is_null()).then_some(RenderedDocument {
            template: self.template,
            line_in_template_output: self.line,
            text: self.text,
            value,
        })
    }
}

/// Cuts at `---` lines. The `# Source:` comment that Helm writes first in each document becomes its template.
pub(crate) fn split(output: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut piece = Piece::default();
    for (index, line) in output.lines().enumerate() {
        if line.trim_end() == "---" {
            pieces.push(std::mem::take(&mut piece));
        } else if let (Some(source), true) = (line.strip_prefix(SOURCE), piece.template.is_empty())
        {
            relative_to_chart(source.trim_end()).clone_into(&mut piece.template);
        } else if piece.line > 0 || !line.trim().is_empty() {
            if piece.line == 0 {
                piece.line = index + 1;
            }
            piece.text.push_str(line);
            piece.text.push('\n');
        }
    }
    pieces.push(piece);
    pieces.retain(|piece| piece.line > 0);
    for piece in &mut pieces {
        piece.text.truncate(piece.text.trim_end().len());
        piece.text.push('\n');
    }
    pieces
}

fn relative_to_chart(source: &str) -> &str {
    source.split_once('/').map_or(source, |(_chart, path)| path)
}

/// Reads YAML as Kubernetes' own tools do: `on` is true, `0640` is octal, and `2.0` is the integer 2.
///
/// The render server could do this, in about the same time; here it keeps the order of keys and is the same for every
/// renderer. A test holds both readings equal.
fn parse(piece: &Piece) -> Result<Value, RenderError> {
    read(&piece.text, DuplicateKeyPolicy::Error).map_err(|error| RenderError::Document {
        template: piece.template.clone(),
        line_in_template_output: piece.line,
        message: error.to_string(),
    })
}

fn read(text: &str, duplicates: DuplicateKeyPolicy) -> Result<Value, Error> {
    let options = serde_saphyr::options! { legacy_octal_numbers: true, duplicate_keys: duplicates };
    let mut value = serde_saphyr::from_str_with_options(text, options)?;
    make_whole_numbers_integers(&mut value);
    Ok(value)
}

fn make_whole_numbers_integers(value: &mut Value) {
    /// Up to here each integer is a floating-point number of its own.
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => {
            let whole = number
                .as_f64()
                .filter(|float| number.is_f64() && float.fract() == 0.0);
            if let Some(float) = whole.filter(|float| float.abs() <= LARGEST) {
                #[expect(clippy::cast_possible_truncation, reason = "whole and small enough")]
                let integer = float as i64;
                *value = Value::from(integer);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_whole_numbers_integers),
        Value::Object(fields) => fields.values_mut().for_each(make_whole_numbers_integers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "---\n# Source: demo/templates/one.yaml\nkind: A\nx: |\n  # Source: not/this\n  ----\n\n---\n# Source: demo/charts/sub/templates/two.yaml\n\n# a remark\nkind: B\n---\n# Source: demo/templates/empty.yaml\n# nothing here\n";

    #[test]
    fn documents_carry_their_template_and_line() {
        let documents = parse_documents(OUTPUT).expect("valid");
        let seen: Vec<_> = documents
            .iter()
            .map(|document| {
                (
                    document.template.as_str(),
                    document.line_in_template_output,
                    &document.value["kind"],
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("templates/one.yaml", 3, &Value::from("A")),
                ("charts/sub/templates/two.yaml", 11, &Value::from("B"))
            ]
        );
        assert_eq!(documents[0].value["x"], "# Source: not/this\n----\n");
    }

    #[test]
    fn a_key_given_twice_is_an_error_that_names_the_template() {
        let error = parse_documents("---\n# Source: demo/templates/one.yaml\nkind: A\nkind: B\n")
            .expect_err("twice");
        let RenderError::Document {
            template, message, ..
        } = error
        else {
            panic!("{error:?}")
        };
        assert_eq!(template, "templates/one.yaml");
        assert!(message.contains("duplicate"), "{message}");
    }

    #[test]
    fn a_flaw_hides_nothing_of_the_other_documents() {
        let output = "---\n# Source: demo/templates/one.yaml\nkind: A\nspec: {a: 1}\nspec: {a: 2}\n---\n# Source: demo/templates/two.yaml\nkind: B\n  bad: {\n---\n# Source: demo/templates/three.yaml\nkind: C\n";
        let (documents, flaws) = parse_leniently(output);
        let kinds: Vec<_> = documents
            .iter()
            .map(|document| &document.value["kind"])
            .collect();
        assert_eq!(kinds, ["A", "C"]);
        assert_eq!(documents[0].value["spec"]["a"], 2);
        let seen: Vec<_> = flaws
            .iter()
            .map(|flaw| (flaw.template.as_str(), flaw.line))
            .collect();
        assert_eq!(seen, [("templates/one.yaml", 3), ("templates/two.yaml", 2)]);
        assert_eq!(flaws[0].kind, FlawKind::KeyTwice("spec".to_owned()));
        let FlawKind::NotYaml(message) = &flaws[1].kind else {
            panic!("{:?}", flaws[1])
        };
        assert!(!message.contains('\n'), "{message}");
    }

    #[test]
    fn scalars_are_read_as_kubernetes_reads_them() {
        let documents =
            parse_documents("a: [on, 0640, 2.0, 1.5, \"0640\", 1e30]\n").expect("valid");
        assert_eq!(
            documents[0].value["a"],
            serde_json::json!([true, 416, 2, 1.5, "0640", 1e30])
        );
    }
}
