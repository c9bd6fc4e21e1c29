//! No template makes the reader panic or the server go away: any text, and real templates with pieces cut out, doubled and
//! put in. Most texts are no templates; those that are must be followed to their end.

use std::{collections::BTreeMap, path::Path};

use proptest::prelude::*;

use super::usage;
use crate::upstream::testing::upstream;

/// Pieces that mean something to Go's parser.
const PIECES: [&str; 22] = [
    "{{",
    "}}",
    "{{-",
    "-}}",
    "{{/*",
    "*/}}",
    "{{ end }}",
    "{{ if .Values.a }}",
    "{{ range $k, $v := .Values.a }}",
    "{{ define \"x\" }}",
    "{{ include \"x\" . }}",
    "{{ template \"x\" }}",
    "{{ with",
    "{{ else if",
    "|",
    "(",
    ")",
    "\"",
    "`",
    "$",
    ".Values.",
    ":=",
];

fn read(files: &[(&str, String)]) {
    let files: BTreeMap<String, String> = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), text.clone()))
        .collect();
    let usage = usage(&files, upstream()).expect("the server answers whatever it is asked");
    // What was read is told with a line of a file.
    for read in &usage.reads {
        assert!(files.contains_key(&*read.file), "{}", read.file);
        assert!(read.line <= files[&*read.file].lines().count() + 1);
    }
}

fn real() -> Vec<String> {
    let charts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../charts-out/am-pattern-3/templates");
    let mut texts: Vec<String> = walkdir::WalkDir::new(charts)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| std::fs::read_to_string(entry.path()).ok())
        .collect();
    texts.sort_by_key(String::len);
    texts.truncate(24);
    assert!(!texts.is_empty(), "charts-out has templates");
    texts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        read(&[("templates/a.yaml", text)]);
    }

    #[test]
    fn any_row_of_pieces_is_read(pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40)) {
        read(&[("templates/a.yaml", pieces.concat())]);
    }

    #[test]
    fn a_damaged_template_is_read(
        text in prop::sample::select(real()),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..30_usize, prop::sample::select(PIECES.to_vec())), 1..8),
    ) {
        let mut letters: Vec<char> = text.chars().collect();
        for (at, cut, piece) in edits {
            let at = at.index(letters.len() + 1).min(letters.len());
            let end = (at + cut).min(letters.len());
            letters.splice(at..end, piece.chars());
        }
        read(&[("templates/a.yaml", letters.into_iter().collect())]);
    }
}

#[test]
fn deep_nesting_and_endless_inclusion_are_read() {
    for open in [
        "{{ if .Values.a }}",
        "{{ with .Values.a }}",
        "{{ define \"x\" }}",
    ] {
        read(&[("templates/a.yaml", open.repeat(5_000))]);
    }
    read(&[(
        "templates/a.yaml",
        format!("{{{{ {} }}}}", "(".repeat(5_000)),
    )]);
    let itself = "{{ define \"x\" }}{{ include \"y\" . }}{{ end }}{{ define \"y\" }}{{ include \"x\" . }}{{ end }}{{ include \"x\" . }}";
    read(&[("templates/a.yaml", itself.to_owned())]);
}
