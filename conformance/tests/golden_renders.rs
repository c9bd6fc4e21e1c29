//! What Helm makes of the charts, against what it made when somebody last looked.
//!
//! Compared as documents, not as text: Helm's versions differ in blank lines. To accept a change, run
//! `UPDATE_GOLDEN=1 cargo test -p am-conformance --test golden_renders` and read the diff before committing it.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use am_conformance::{facts::Facts, suite::operator_values};
use am_product::Pattern;
use am_toolchain::{
    RenderRequest, RenderServer, RenderedDocument, Renderer, StderrProgress, Tool, Toolchain,
    parse_documents,
};

/// Renders that are kept: the smallest one, and one with every component and everything that a cloud adds.
const KEPT: [(u8, &str); 2] = [(0, "dev"), (4, "aws")];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn server() -> RenderServer {
    let program = Toolchain::new(workspace())
        .ensure(Tool::Renderer, &mut StderrProgress::default())
        .unwrap_or_else(|error| panic!("{error}"));
    // Generated passwords would differ from run to run.
    RenderServer::new(program).deterministic(true)
}

fn render(server: &mut RenderServer, pattern: Pattern, platform: &str) -> Vec<RenderedDocument> {
    let root = workspace();
    let folder = root.join(format!("charts-out/am-pattern-{pattern}"));
    let mut request = RenderRequest::new(&folder, "apim", "apim");
    request
        .values_files
        .push(folder.join(format!("overlays/{platform}.yaml")));
    let facts = Facts::load().expect("the committed facts are well-formed");
    request
        .values_files
        .extend(operator_values(&root, &facts, pattern, platform));
    request.kube_version = Some("1.34.0".to_owned());
    let rendered = server
        .render(&request)
        .unwrap_or_else(|error| panic!("pattern {pattern} with {platform}: {error}"));
    rendered.documents
}

fn to_text(chart: &str, documents: &[RenderedDocument]) -> String {
    let mut text = String::new();
    for document in documents {
        let _ = writeln!(
            text,
            "---\n# Source: {chart}/{}\n{}",
            document.template,
            document.text.trim_end()
        );
    }
    text
}

/// One line per leaf and object, so that a diff shows what changed and where. The order of keys means nothing.
fn to_lines(documents: &[RenderedDocument]) -> String {
    let mut lines = String::new();
    for document in documents {
        let mut value = document.value.clone();
        value.sort_all_objects();
        let _ = writeln!(lines, "{}\n{value:#}", document.template);
    }
    lines
}

#[test]
fn charts_render_as_they_did_when_somebody_last_looked() {
    let mut server = server();
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut changed = Vec::new();
    for (pattern, platform) in KEPT {
        let pattern = Pattern::Numbered(pattern);
        let chart = pattern.chart();
        let documents = render(&mut server, pattern, platform);
        assert!(
            !documents.is_empty(),
            "{chart} with {platform} renders nothing"
        );
        let path = workspace().join(format!("fixtures/golden/{chart}-{platform}.yaml"));
        if update {
            fs::write(&path, to_text(&chart, &documents)).expect("fixtures can be written");
        }
        let text = fs::read_to_string(&path).unwrap_or_else(|error| {
            panic!(
                "{}: {error}; run with UPDATE_GOLDEN=1 to make it",
                path.display()
            )
        });
        let expected = parse_documents(&text).expect("golden files are YAML");
        let (old, new) = (to_lines(&expected), to_lines(&documents));
        if old != new {
            let diff = similar::TextDiff::from_lines(&old, &new);
            changed.push(diff.unified_diff().header(&chart, platform).to_string());
        }
    }
    assert!(
        changed.is_empty(),
        "{} renders changed; if they should, run `UPDATE_GOLDEN=1 cargo test -p am-conformance --test golden_renders`:\n{}",
        changed.len(),
        changed.concat()
    );
}

#[test]
fn a_changed_document_is_noticed_and_a_blank_line_is_not() {
    let parse = |text: &str| to_lines(&parse_documents(text).expect("is YAML"));
    let text =
        "---\n# Source: c/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    assert_eq!(
        parse(text),
        parse(&text.replace("apiVersion", "\napiVersion"))
    );
    assert_ne!(parse(text), parse(&text.replace("name: a", "name: b")));
}
