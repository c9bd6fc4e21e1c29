//! Imports of the suite point one way: from layer to lower layer (`layers.txt`), and in no circle from file to file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use syn::{
    Attribute, Item, ItemMod, ItemUse, UseTree, Visibility,
    visit::{self, Visit},
};

/// A module or what is in it, from the root of the crate on.
type Place = Vec<String>;

/// The modules of a crate that have a file, and what they name.
#[derive(Default)]
struct Sources {
    files: BTreeMap<Place, PathBuf>,
    /// What a module names, tests left out.
    named: BTreeMap<Place, BTreeSet<Place>>,
    /// Names that a module hands on, and what they stand for.
    exports: BTreeMap<Place, Place>,
}

impl Sources {
    fn of(root: &Path) -> Self {
        let mut sources = Self::default();
        for entry in walkdir::WalkDir::new(root) {
            let path = entry.expect("the sources can be read").into_path();
            if path.extension().is_some_and(|end| end == "rs") {
                let below = path.strip_prefix(root).expect("below the root");
                let mut place: Place = below
                    .with_extension("")
                    .iter()
                    .map(|part| part.to_string_lossy().into_owned())
                    .collect();
                if place
                    .last()
                    .is_some_and(|last| last == "mod" || last == "lib")
                {
                    place.pop();
                }
                sources.files.insert(place, path);
            }
        }
        let tests = sources.read();
        for test in tests {
            sources.files.retain(|place, _| !place.starts_with(&test));
            sources.named.retain(|place, _| !place.starts_with(&test));
        }
        sources
    }

    /// Reads every file; the modules that only tests have.
    fn read(&mut self) -> Vec<Place> {
        let mut tests = Vec::new();
        for (place, path) in self.files.clone() {
            let text = fs::read_to_string(&path).expect("a source is text");
            let file = syn::parse_file(&text).expect("a source is Rust");
            let mut reader = Reader {
                sources: self,
                place,
                tests: &mut tests,
            };
            reader.visit_file(&file);
        }
        tests
    }

    /// The place that a path means in a module; `None` for another crate's.
    fn place_of(&self, module: &[String], path: &[String]) -> Option<Place> {
        let (first, rest) = path.split_first()?;
        let base = match first.as_str() {
            "crate" => Vec::new(),
            "self" => module.to_vec(),
            "super" => {
                let (_, parent) = module.split_last()?;
                return self.place_of(parent, &[vec!["self".to_owned()], rest.to_vec()].concat());
            }
            child => {
                let own = [module, &[child.to_owned()]].concat();
                if !self.files.contains_key(&own) {
                    return None;
                }
                own
            }
        };
        if rest.first().is_some_and(|next| next == "super") {
            return self.place_of(&base, rest);
        }
        Some([base, rest.to_vec()].concat())
    }

    /// The module that defines what is at a place, through everything that hands it on.
    fn definer(&self, place: &Place) -> Option<Place> {
        let mut place = place.clone();
        for _ in 0..8 {
            let length = (0..=place.len())
                .rev()
                .find(|length| self.files.contains_key(&place[..*length]))?;
            let Some(export) = place.get(..=length).and_then(|name| self.exports.get(name)) else {
                place.truncate(length);
                return Some(place);
            };
            place = [export.clone(), place[length + 1..].to_vec()].concat();
        }
        None
    }

    /// Which module imports from which, modules by name.
    fn imports(&self) -> BTreeMap<Place, BTreeSet<Place>> {
        let mut imports = BTreeMap::new();
        for (module, named) in &self.named {
            let from: BTreeSet<Place> = named
                .iter()
                .filter_map(|place| self.definer(place))
                .filter(|from| from != module)
                .collect();
            imports.insert(module.clone(), from);
        }
        imports
    }
}

/// Collects what one module names.
struct Reader<'s> {
    sources: &'s mut Sources,
    place: Place,
    tests: &'s mut Vec<Place>,
}

impl Reader<'_> {
    fn name(&mut self, path: &[String], exported_as: Option<&str>) {
        let Some(place) = self.sources.place_of(&self.place, path) else {
            return;
        };
        match exported_as {
            Some(name) => {
                let name = [self.place.clone(), vec![name.to_owned()]].concat();
                self.sources.exports.insert(name, place);
            }
            None => {
                self.sources
                    .named
                    .entry(self.place.clone())
                    .or_default()
                    .insert(place);
            }
        }
    }

    fn tree(&mut self, before: &[String], tree: &UseTree, exports: bool) {
        match tree {
            UseTree::Path(path) => self.tree(
                &[before, &[path.ident.to_string()]].concat(),
                &path.tree,
                exports,
            ),
            UseTree::Group(group) => group
                .items
                .iter()
                .for_each(|tree| self.tree(before, tree, exports)),
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                let path = if name == "self" {
                    before.to_vec()
                } else {
                    [before, std::slice::from_ref(&name)].concat()
                };
                self.name(&path, exports.then_some(name.as_str()));
            }
            UseTree::Rename(rename) => {
                let path = [before, &[rename.ident.to_string()]].concat();
                self.name(&path, exports.then_some(rename.rename.to_string().as_str()));
            }
            UseTree::Glob(_) => self.name(before, None),
        }
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute
                    .meta
                    .require_list()
                    .is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Static(item) => &item.attrs,
            Item::Const(item) => &item.attrs,
            Item::Struct(item) => &item.attrs,
            _ => &Vec::new(),
        };
        if !is_for_tests(attributes) {
            visit::visit_item(self, item);
        } else if let Item::Mod(ItemMod {
            ident,
            content: None,
            ..
        }) = item
        {
            self.tests
                .push([self.place.clone(), vec![ident.to_string()]].concat());
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.tree(&[], &item.tree, !matches!(item.vis, Visibility::Inherited));
    }

    // `pub(in crate::a)` imports nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        if names.len() > 1 {
            self.name(&names, None);
        }
        visit::visit_path(self, path);
    }
}

fn suite() -> Sources {
    Sources::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
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
    let wrong = upward(&suite(), include_str!("../layers.txt"));
    assert!(
        wrong.is_empty(),
        "conformance/layers.txt forbids:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn files_import_each_other_in_no_circle() {
    assert_eq!(circle(&suite().imports()), None);
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
