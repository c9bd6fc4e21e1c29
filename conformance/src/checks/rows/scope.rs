//! What rows look at: the scopes, and the variables that expressions have in each. docs/your-own-requirements.md describes them.

use super::{
    item::{Item, Looked},
    items,
};
use crate::{context::Context, manifest::Object, requirement::Each};

/// A word of the vocabulary.
pub(super) struct Scope {
    /// How rows name it.
    pub(super) name: &'static str,
    /// How messages name several of it.
    pub(super) plural: &'static str,
    /// Its variables.
    pub(super) variables: &'static [&'static str],
    /// Everything of it in a subject.
    pub(super) items: for<'a> fn(&Looked<'a>) -> Vec<Item<'a>>,
}

/// Variables that expressions have in every scope.
pub(super) const EVERYWHERE: [&str; 4] = ["reference", "subject", "product", "objects"];

pub(super) const SCOPES: [Scope; 13] = [
    Scope {
        name: "object",
        plural: "objects",
        variables: &["object", "selected", "length"],
        items: items::objects,
    },
    Scope {
        name: "metadata",
        plural: "metadata of documents",
        variables: &["object", "metadata"],
        items: items::metadata,
    },
    Scope {
        name: "pod",
        plural: "pods",
        variables: &["object", "pod"],
        items: items::pods,
    },
    Scope {
        name: "container",
        plural: "containers",
        variables: &["object", "pod", "container", "init"],
        items: items::containers,
    },
    Scope {
        name: "server",
        plural: "servers of the product",
        variables: &["object", "pod", "container", "server"],
        items: items::servers,
    },
    Scope {
        name: "node",
        plural: "nodes of servers of the product",
        variables: &["object", "pod", "server", "node"],
        items: items::nodes,
    },
    Scope {
        name: "configuration",
        plural: "readable deployment.toml files",
        variables: &[
            "object",
            "pod",
            "container",
            "server",
            "node",
            "toml",
            "written",
            "told",
            "others",
        ],
        items: items::configurations,
    },
    Scope {
        name: "settings",
        plural: "readable configurations in YAML",
        variables: &[
            "object", "pod", "server", "node", "settings", "told", "others",
        ],
        items: items::settings,
    },
    Scope {
        name: "table",
        plural: "tables of lists in deployment.toml files",
        variables: &["object", "server", "node", "toml", "table"],
        items: items::tables,
    },
    Scope {
        name: "entry",
        plural: "entries of deployment.toml files",
        variables: &["object", "server", "node", "entry"],
        items: items::entries,
    },
    Scope {
        name: "component",
        plural: "components of the pattern",
        variables: &["component"],
        items: items::components,
    },
    Scope {
        name: "release",
        plural: "releases",
        variables: &["release"],
        items: items::releases,
    },
    Scope {
        name: "chart",
        plural: "charts whose sources are at hand",
        variables: &["chart"],
        items: items::charts,
    },
];

/// What a row looks at: everything in a scope, or objects of some kinds.
#[derive(Clone)]
pub(super) struct Look {
    pub(super) scope: &'static Scope,
    kinds: Vec<String>,
}

impl Look {
    /// Reads what a row names; kinds start with a capital letter.
    pub(super) fn read(each: &Each) -> Result<Self, String> {
        static OBJECTS: &Scope = &SCOPES[0];
        let names = || SCOPES.iter().map(|scope| scope.name);
        let is_kind = |word: &String| word.starts_with(|letter: char| letter.is_ascii_uppercase());
        let words = each.all();
        if !words.is_empty() && words.iter().all(is_kind) {
            let kinds = words.to_vec();
            return Ok(Self {
                scope: OBJECTS,
                kinds,
            });
        }
        let [word] = words else {
            return Err("it names one scope, or kinds, which start with a capital letter".into());
        };
        let scope = SCOPES.iter().find(|scope| scope.name == word);
        let hint = || match am_suggest::near(word, names()) {
            Some(meant) => format!(", did you mean `{meant}`?"),
            None => format!(
                "; there are {}, and kinds such as Deployment, which start with a capital letter",
                names().collect::<Vec<_>>().join(", ")
            ),
        };
        let scope = scope.ok_or_else(|| format!("there is no scope `{word}`{}", hint()))?;
        Ok(Self {
            scope,
            kinds: Vec::new(),
        })
    }

    /// Why it looks at nothing in a subject.
    pub(super) fn nothing(&self, context: &Context<'_>) -> String {
        if self.kinds.is_empty() {
            return format!("there are no {} that it is about", self.scope.plural);
        }
        let rendered = || context.manifest.objects.iter().map(Object::kind);
        let unknown = self
            .kinds
            .iter()
            .find(|kind| !rendered().any(|other| other == *kind));
        let meant = unknown.and_then(|kind| am_suggest::near(kind, rendered()));
        let hint = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
        format!(
            "there are no objects of the kind {} that it is about{hint}",
            self.kinds.join(" or ")
        )
    }

    /// The variables of its expressions.
    pub(super) fn variables(&self) -> Vec<&'static str> {
        let own = self.scope.variables.iter().copied();
        own.chain(EVERYWHERE).collect()
    }

    /// Everything that it looks at in a subject.
    pub(super) fn items<'a>(&self, looked: &Looked<'a>) -> Vec<Item<'a>> {
        let mut items = (self.scope.items)(looked);
        if !self.kinds.is_empty() {
            items.retain(|item| {
                let object = item.object;
                object.is_some_and(|object| self.kinds.iter().any(|kind| kind == object.kind()))
            });
        }
        items
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::{EVERYWHERE, SCOPES};

    #[test]
    fn every_scope_and_variable_is_documented() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/your-own-requirements.md");
        let page = fs::read_to_string(page).expect("the page is there");
        for scope in &SCOPES {
            let variables = scope.variables.iter().map(|name| format!("`{name}`"));
            let row = format!("| {} |", variables.collect::<Vec<_>>().join(", "));
            let is_there = |line: &str| {
                line.starts_with(&format!("| `{}` |", scope.name)) && line.ends_with(&row)
            };
            assert!(page.lines().any(is_there), "{}", scope.name);
        }
        let own = SCOPES
            .iter()
            .flat_map(|scope| scope.variables.iter().copied());
        for variable in own.chain(EVERYWHERE).collect::<BTreeSet<_>>() {
            let start = format!("| `{variable}` |");
            assert!(
                page.lines().any(|line| line.starts_with(&start)),
                "{variable}"
            );
        }
    }
}
