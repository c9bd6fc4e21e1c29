//! What templates read, in small.

use std::collections::BTreeMap;

use super::{Segment, Usage};
use crate::upstream::testing::upstream;

fn usage(files: &BTreeMap<String, String>) -> Usage {
    super::evaluate::usage(files, upstream()).expect("parsed")
}

fn reads(source: &str) -> Vec<String> {
    let files = BTreeMap::from([("templates/t.yaml".to_owned(), source.to_owned())]);
    let mut found: Vec<String> = usage(&files)
        .reads
        .iter()
        .map(|read| {
            let path: Vec<&str> = read
                .path
                .iter()
                .map(|segment| match segment {
                    Segment::Key(key) => key.as_str(),
                    Segment::Any => "*",
                })
                .collect();
            format!(
                "{}{}{}",
                path.join("."),
                if read.whole { "" } else { " touched" },
                if read.certain { "" } else { "?" }
            )
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn variables_and_dots_are_followed() {
    assert_eq!(
        reads("{{ $v := .Values.a }}{{ with $v.b }}{{ .c }}{{ $.Values.d }}{{ end }}"),
        ["a.b touched", "a.b.c", "d"]
    );
}

#[test]
fn named_templates_are_followed_with_their_arguments() {
    let source = r#"{{ define "key" }}{{ get (dict "gw" "gateway") . }}{{ end }}
        {{ define "port" }}{{ (get (index . 0).Values (include "key" (index . 1))).port }}{{ end }}
        {{ include "port" (list . "gw") }}"#;
    assert_eq!(reads(source), ["gateway.port?"]);
}

#[test]
fn a_range_reads_what_its_body_reads_of_every_element() {
    assert_eq!(
        reads("{{ range $k, $v := .Values.m }}{{ $v.x }}{{ end }}"),
        ["m touched", "m.* touched?", "m.*.x?"]
    );
    assert_eq!(
        reads("{{ range list \"a\" \"b\" }}{{ (get $.Values .).x }}{{ end }}"),
        ["a.x?", "b.x?"]
    );
}

#[test]
fn either_side_of_a_default_is_read_but_nothing_below_is_certain() {
    assert_eq!(
        reads("{{ (default .Values.a .Values.b).c }}"),
        ["a.c?", "b.c?"]
    );
    assert_eq!(reads("{{ default \"x\" .Values.a | quote }}"), ["a"]);
}

#[test]
fn a_template_that_is_not_there_may_read_anything() {
    let files = BTreeMap::from([(
        "templates/t.yaml".to_owned(),
        "{{ include \"other\" . }}".to_owned(),
    )]);
    assert!(usage(&files).hidden.is_some());
}

#[test]
fn reading_below_an_unknown_entry_does_not_use_every_value() {
    let source = "{{ (get .Values .Release.Name).labels }}".to_owned();
    let usage = usage(&BTreeMap::from([("templates/t.yaml".to_owned(), source)]));
    let uses = |path: &[&str]| {
        let path: Vec<String> = path.iter().map(|&key| key.to_owned()).collect();
        usage.uses(&path)
    };
    assert!(uses(&["gateway", "labels"]) && !uses(&["single"]));
}

#[test]
fn a_template_that_calls_itself_comes_to_an_end() {
    let source = r#"{{ define "x" }}{{ range .v }}{{ include "x" (dict "v" .) }}{{ end }}{{ .v }}{{ end }}{{ include "x" (dict "v" .Values.a) }}"#;
    assert!(reads(source).contains(&"a".to_owned()));
}

#[test]
fn a_refusal_of_a_kind_reads_nothing_that_reaches_the_output() {
    let walk = r#"{{ range $path, $names := dict "a" (list "x") "" (list "y") }}{{ $table := $.Values }}{{ range compact (splitList "." $path) }}{{ $table = index $table . }}{{ end }}
        {{ if not (kindIs "map" $table) }}{{ fail (printf "%s is no table" $path) }}{{ end }}
        {{ range $names }}{{ if kindIs "invalid" (index $table .) }} {{ fail "null" }} {{ end }}{{ end }}{{ end }}"#;
    assert_eq!(reads(walk), Vec::<String>::new());
    assert_eq!(
        reads(r#"{{ if kindIs "string" .Values.a }}yes{{ end }}"#),
        ["a touched"]
    );
    assert_eq!(
        reads(r#"{{ if not .Values.accept }}{{ fail "accept" }}{{ end }}"#),
        ["accept touched"]
    );
}

#[test]
fn templates_of_our_charts_read_no_value_that_they_do_not_name() {
    let charts = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../charts-out");
    for pattern in 0..6 {
        let chart = charts.join(format!("am-pattern-{pattern}"));
        let files = walkdir::WalkDir::new(&chart)
            .into_iter()
            .filter_map(|entry| {
                let path = entry.expect("readable").into_path();
                let text = std::fs::read_to_string(&path).ok()?;
                let name = path.strip_prefix(&chart).expect("of the chart");
                Some((name.to_str()?.to_owned(), text))
            });
        let usage = usage(&files.collect());
        assert_eq!(usage.hidden, None);
        for path in [
            &["noSuchValue"][..],
            &["gateway", "noSuchValue"],
            &["database", "noSuchValue"],
        ] {
            let path: Vec<String> = path.iter().map(|&key| key.to_owned()).collect();
            let by: Vec<_> = usage
                .reads
                .iter()
                .filter(|read| super::path::covers(&read.path, read.whole, &path))
                .collect();
            assert!(by.is_empty(), "pattern {pattern}, {path:?}: {by:#?}");
        }
    }
}
