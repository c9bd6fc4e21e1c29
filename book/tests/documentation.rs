//! The documentation of this repository: every link leads somewhere, the table of contents has every page, and pictures are small.

use std::path::{Path, PathBuf};

use am_book::{links, pages, staging};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut names = pages::all(&root()).expect("pages");
    names.extend(pages::chapters(&root()).expect("chapters"));
    assert!(names.len() > 40, "{} pages", names.len());
    let dead = links::dead(&root(), &names).expect("read");
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn the_table_of_contents_has_every_page_and_every_page_that_is_linked() {
    let missing = pages::missing(&root()).expect("read");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn a_chart_has_the_picture_of_its_topology_in_the_book() {
    let staging = staging::stage(&root()).expect("staged");
    let chart = &staging.texts["charts-out/am-pattern-3/index.md"];
    assert!(chart.contains("![Topology](../../docs/topology/am-pattern-3.svg)"));
    assert!(!chart.contains("```mermaid"));
    let picture = "docs/topology/am-pattern-3.svg".to_owned();
    assert!(staging.copies.contains(&picture));
}

#[test]
fn pictures_are_small() {
    let folder = root().join("docs/pictures");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("pictures").flatten() {
        let size = entry.metadata().expect("a file").len();
        assert!(size < 300_000, "{}: {size} bytes", entry.path().display());
        count += 1;
    }
    assert!(count > 1, "{count} files");
}

/// Words that only this project uses, and where the glossary has them.
const WORDS: [(&str, &str); 5] = [
    ("event hub", "event-hub"),
    ("deaf", "deaf"),
    ("mutant", "mutant"),
    ("subject", "subject"),
    ("data plane", "data-plane"),
];

/// Pages that are made of data, and the glossary itself.
const WITHOUT: [&str; 5] = [
    "docs/glossary.md",
    "docs/requirements.md",
    "docs/troubleshooting.md",
    "docs/findings.md",
    "docs/SUMMARY.md",
];

/// What a page says in sentences of its own: neither code, headings, nor what is made.
fn sentences(text: &str) -> String {
    let mut is_code = false;
    let mut is_made = false;
    let mut said = String::new();
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        is_made = (is_made || line.starts_with("<!-- made")) && !line.starts_with("<!-- /made");
        if !is_fence && !is_code && !is_made && !line.starts_with('#') {
            said.extend(line.split('`').step_by(2));
            said.push('\n');
        }
    }
    said.to_lowercase()
}

/// Whether a text has the word by itself, or several of it.
fn has(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..]
            .trim_start_matches('s')
            .chars()
            .next();
        let is_letter = |it: Option<char>| it.is_some_and(|it| it.is_alphanumeric() || it == '-');
        !is_letter(before) && !is_letter(after)
    })
}

#[test]
fn words_of_this_project_lead_to_the_glossary() {
    let glossary = am_book::pages::all(&root()).expect("pages");
    assert!(glossary.iter().any(|it| it == WITHOUT[0]));
    let mut missing = Vec::new();
    for page in glossary.iter().filter(|it| it.starts_with("docs/")) {
        if WITHOUT.contains(&page.as_str()) || page.starts_with("docs/platforms/") {
            continue;
        }
        let text = std::fs::read_to_string(root().join(page)).expect("a page");
        let said = sentences(&text);
        for (word, anchor) in WORDS {
            if has(&said, word) && !text.contains(&format!("glossary.md#{anchor}")) {
                missing.push(format!(
                    "{page}: link the first `{word}` to glossary.md#{anchor}"
                ));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(has("two mutants, and", "mutant") && !has("a deafening", "deaf"));
}
