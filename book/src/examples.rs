//! The index of the examples of deployments: what each shows is its first line.

use std::path::Path;

use am_product::data::File;
use serde_json::{Value, json};

use crate::error::BookError;
use crate::pages;
use crate::template::render;

/// The page.
pub(crate) const PAGE: &str = "deployments/README.md";

/// The part of it that is made.
pub(crate) const PART: &str = "examples";

const FOLDER: &str = "deployments/examples";

const TEMPLATE: File = File::new(
    "book/templates/examples.md.hbs",
    include_str!("../templates/examples.md.hbs"),
);

/// A row for every document.
pub(crate) fn table(root: &Path) -> Result<String, BookError> {
    let io = |source| BookError::Io {
        action: "read",
        path: FOLDER.to_owned(),
        source,
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root.join(FOLDER)).map_err(io)? {
        let name = entry
            .map_err(io)?
            .file_name()
            .to_string_lossy()
            .into_owned();
        names.extend(name.strip_suffix(".yaml").map(str::to_owned));
    }
    names.sort();
    let mut examples = Vec::new();
    for name in names {
        let file = format!("{FOLDER}/{name}.yaml");
        let text = pages::text(root, &file)?;
        examples.push(json!({"name": name, "shows": shows(&file, &text)?}));
    }
    render(&TEMPLATE, &json!({"examples": Value::Array(examples)}))
}

/// The comment in the first line.
fn shows<'t>(file: &str, text: &'t str) -> Result<&'t str, BookError> {
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("# ").ok_or_else(|| {
        BookError::Wrong(format!(
            "{file}:1: say in a comment in the first line what this example shows"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::shows;

    #[test]
    fn an_example_that_does_not_say_what_it_shows_is_refused() {
        assert_eq!(
            shows("a.yaml", "# All of it.\na: b\n").ok(),
            Some("All of it.")
        );
        let told = shows("a.yaml", "a: b\n").expect_err("refused").to_string();
        assert_eq!(
            told,
            "a.yaml:1: say in a comment in the first line what this example shows"
        );
    }
}
