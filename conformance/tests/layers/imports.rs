//! Which module of a crate imports from which, read from the sources.

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
pub(crate) type Place = Vec<String>;

/// The modules of a crate that have a file, and what they name.
#[derive(Default)]
pub(crate) struct Sources {
    files: BTreeMap<Place, PathBuf>,
    /// What a module names, tests left out.
    named: BTreeMap<Place, BTreeSet<Place>>,
    /// Names that a module hands on, and what they stand for.
    exports: BTreeMap<Place, Place>,
}

impl Sources {
    /// Reads the crate whose `lib.rs` or `main.rs` lies in `root`. A `main.rs` beside a `lib.rs` is a crate of its own.
    pub(crate) fn of(root: &Path) -> Self {
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
                if place == ["main"] && root.join("lib.rs").exists() {
                    continue;
                }
                if matches!(
                    place.last().map(String::as_str),
                    Some("mod" | "lib" | "main")
                ) {
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
    pub(crate) fn imports(&self) -> BTreeMap<Place, BTreeSet<Place>> {
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
