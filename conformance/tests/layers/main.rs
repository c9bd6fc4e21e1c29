//! Imports point one way: in the suite from layer to lower layer (`layers.txt`), and in no crate of the workspace in a circle
//! from file to file.

mod imports;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use imports::{Place, Sources};

/// The `src` of every crate of the workspace.
fn crates() -> Vec<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the suite is in a workspace");
    let text = fs::read_to_string(workspace.join("Cargo.toml")).expect("the workspace's manifest");
    let manifest: toml_edit::DocumentMut = text.parse().expect("a manifest is TOML");
    manifest["workspace"]["members"]
        .as_array()
        .expect("the workspace lists its members")
        .iter()
        .map(|member| {
            workspace
                .join(member.as_str().expect("a folder"))
                .join("src")
        })
        .collect()
}

/// Imports from a line of `layers` to the same or a lower line, and modules that no line names.
fn upward(sources: &Sources, layers: &str) -> Vec<String> {
    let lines = layers
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter(|line| !line.trim().is_empty());
    let mut layer_of: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, line) in lines.enumerate() {
        layer_of.extend(line.split_whitespace().map(|module| (module, number)));
    }
    let mut wrong = Vec::new();
    for (module, from) in sources.imports() {
        let Some(own) = module.first() else { continue };
        let Some(layer) = layer_of.get(own.as_str()) else {
            wrong.push(format!("{own} is on no line of layers.txt"));
            continue;
        };
        for other in from.iter().filter(|from| from.first() != Some(own)) {
            let is_lower = other.first().is_some_and(|other| {
                layer_of
                    .get(other.as_str())
                    .is_some_and(|other| other < layer)
            });
            if !is_lower {
                wrong.push(format!(
                    "{} imports from {}",
                    module.join("::"),
                    other.join("::")
                ));
            }
        }
    }
    wrong.dedup();
    wrong
}

/// A circle of imports, if there is one.
fn circle(imports: &BTreeMap<Place, BTreeSet<Place>>) -> Option<String> {
    let mut left: BTreeMap<&Place, BTreeSet<&Place>> = imports
        .iter()
        .map(|(module, from)| (module, from.iter().collect()))
        .collect();
    loop {
        let free: Vec<&Place> = left
            .iter()
            .filter(|(_, from)| !from.iter().any(|from| left.contains_key(from)))
            .map(|(module, _)| *module)
            .collect();
        if free.is_empty() {
            break;
        }
        left.retain(|module, _| !free.contains(module));
    }
    let mut way: Vec<&Place> = vec![left.keys().next()?];
    loop {
        let next = left[way[way.len() - 1]]
            .iter()
            .find(|from| left.contains_key(**from))?;
        if let Some(start) = way.iter().position(|place| place == next) {
            let names: Vec<String> = way[start..]
                .iter()
                .chain([next])
                .map(|place| place.join("::"))
                .collect();
            return Some(names.join(" -> "));
        }
        way.push(next);
    }
}

#[test]
fn imports_go_to_lower_layers() {
    let suite = Sources::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let wrong = upward(&suite, include_str!("../../layers.txt"));
    assert!(
        wrong.is_empty(),
        "conformance/layers.txt forbids:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn files_import_each_other_in_no_circle() {
    for root in crates() {
        if let Some(circle) = circle(&Sources::of(&root).imports()) {
            panic!("{}: {circle}", root.display());
        }
    }
}

#[test]
fn a_wrong_import_is_found_however_it_is_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |file: &str, text: &str| {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    };
    write(
        "lib.rs",
        "pub mod low; pub mod high; pub use high::b::Thing;",
    );
    write("high/mod.rs", "mod a; pub mod b; pub use a::Other;");
    write("high/a.rs", "pub struct Other;");
    write("high/b.rs", "use super::Other; pub struct Thing(Other);");
    let check = || {
        let sources = Sources::of(folder.path());
        (
            upward(&sources, "# lowest first\nlow\nhigh\n"),
            circle(&sources.imports()),
        )
    };
    write(
        "low.rs",
        "#[cfg(test)] mod tests { use crate::high::Other; }\npub(in crate::high) struct Own;",
    );
    assert_eq!(
        check(),
        (vec![], None),
        "tests and visibility import nothing"
    );
    for wrong in [
        "use crate::{high::{a}};",
        "fn f() { crate::high::Other; }",
        "use crate::Thing as Renamed;",
        "type T = super::high::b::Thing;",
    ] {
        write("low.rs", wrong);
        assert_eq!(check().0.len(), 1, "{wrong}");
    }
    write("low.rs", "");
    write("high/a.rs", "use super::b::Thing; pub struct Other;");
    assert_eq!(
        check().1.as_deref(),
        Some("high::a -> high::b -> high::a"),
        "through a name that is handed on"
    );
    write("other.rs", "use crate::low;");
    assert!(
        check()
            .0
            .contains(&"other is on no line of layers.txt".to_owned())
    );
}
