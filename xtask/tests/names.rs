//! Production Rust names no component, pack, start script or version of the product: what it wants to know of them it asks the table
//! of the product (`product/data/product.yaml`), so that a new one is data.

use std::fs;
use std::path::{Path, PathBuf};

use am_product::{Component, Distribution, ProductVersion};
use serde::Deserialize;

/// Where production Rust lies.
const SOURCES: [&str; 16] = [
    "choosing/src",
    "conformance/live/src",
    "conformance/src",
    "conformance/standin/src",
    "deployment-toml/src",
    "deployments/src",
    "generator/src",
    "packaging/src",
    "migration/src",
    "pinned-tools/src",
    "product/src",
    "suggest/src",
    "toolchain/src",
    "xtask/launch/src",
    "xtask/live/src",
    "xtask/src",
];

/// Files of these names are tests.
const TESTS: [&str; 4] = ["tests.rs", "testing.rs", "any_input.rs", "harness.rs"];

/// A text that may name one, and why.
#[derive(Deserialize)]
struct Exception {
    file: String,
    text: String,
    reason: String,
}

#[test]
fn production_code_names_nothing_that_the_table_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let exceptions = fs::read_to_string(root.join("xtask/tests/names/exceptions.yaml"));
    let exceptions: Vec<Exception> =
        serde_saphyr::from_str(&exceptions.expect("the exceptions")).expect("well-formed");
    let names = names();
    let mut used = vec![false; exceptions.len()];
    let mut wrong = Vec::new();
    let mut read = 0;
    for folder in SOURCES {
        for file in files(&root.join(folder)) {
            let name = file.strip_prefix(&root).expect("below the root");
            let name = name.to_string_lossy().into_owned();
            let source = fs::read_to_string(&file).expect("text");
            read += 1;
            for (line, text) in texts(production(&source)) {
                let Some(found) = names.iter().find(|known| is_named(&text, known)) else {
                    continue;
                };
                let mut known = exceptions.iter();
                match known.position(|it| it.file == name && it.text == text) {
                    Some(at) => used[at] = true,
                    None => wrong.push(format!("{name}:{line}: {text:?} names {found}")),
                }
            }
        }
    }
    assert!(read > 200, "only {read} files were read");
    for (exception, used) in exceptions.iter().zip(used) {
        assert!(
            used,
            "nothing needs the exception {:?} in {}",
            exception.text, exception.file
        );
        assert!(
            exception.reason.split_whitespace().count() > 3,
            "{:?} needs a reason",
            exception.text
        );
    }
    assert!(
        wrong.is_empty(),
        "ask the table instead (am_product), or give a reason in xtask/tests/names/exceptions.yaml:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn a_name_is_found_in_a_text_and_not_in_a_comment_or_a_test() {
    let source = "// \"key-manager\"\nfn f() -> &'static str { match c { '\"' => r#\"the key-manager\"#, _ => \"a \\\" b\" } }\n#[cfg(test)]\nmod tests { const A: &str = \"key-manager\"; }\n";
    let found: Vec<_> = texts(production(source)).into_iter().collect();
    assert_eq!(
        found,
        [
            (2, "the key-manager".to_owned()),
            (2, "a \\\" b".to_owned())
        ]
    );
    assert!(is_named(&found[0].1, "key-manager") && !is_named("key-managers", "key-manager"));
    assert!(is_named("gateway", "gateway") && !is_named("the gateway of a cluster", "gateway"));
}

fn names() -> Vec<String> {
    let components =
        Component::all().flat_map(|it| [it.name(), it.values_key(), it.start_script()]);
    let packs = Distribution::all().map(Distribution::pack);
    let versions = ProductVersion::all().map(ProductVersion::name);
    components
        .chain(packs)
        .chain(versions)
        .map(ToOwned::to_owned)
        .collect()
}

/// A plain word of English, such as `gateway`, is a name only where it is the whole text.
fn is_named(text: &str, name: &str) -> bool {
    if name.chars().all(char::is_alphabetic) {
        return text == name;
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '-';
    text.match_indices(name).any(|(at, _)| {
        !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part)
    })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs")
            && !TESTS.contains(&name.as_str())
            && !name.ends_with("_tests.rs")
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What stands before the tests of a file.
fn production(source: &str) -> &str {
    let end = source.find("#[cfg(test)]\nmod tests {");
    &source[..end.unwrap_or(source.len())]
}

/// The texts in quotes, with their lines; those in comments are left out.
fn texts(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut rest = source;
    while let Some(next) = rest.chars().next() {
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some((text, taken)) = raw(rest).or_else(|| quoted(rest)) {
            found.push((line, text.to_owned()));
            taken
        } else if rest.starts_with("'\\") {
            // The character after a backslash is none that ends it.
            3 + rest[3..].find('\'').map_or(0, |at| at + 1)
        } else if next == '\'' && rest[1..].chars().nth(1) == Some('\'') {
            2 + rest[1..].chars().next().map_or(0, char::len_utf8)
        } else {
            next.len_utf8()
        };
        line += rest[..taken].matches('\n').count();
        rest = &rest[taken..];
    }
    found
}

/// `"…"` at the start, as it is written.
fn quoted(rest: &str) -> Option<(&str, usize)> {
    let inner = rest.strip_prefix('"')?;
    let mut escaped = false;
    let end = inner.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    Some((&inner[..end], end + 2))
}

/// `r#"…"#` at the start.
fn raw(rest: &str) -> Option<(&str, usize)> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let inner = after[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = inner.find(&close)?;
    Some((&inner[..end], 1 + hashes + 1 + end + close.len()))
}
