//! What mdBook gets: the chapters, and the files to which they lead, at the places that they have in the repository.
//!
//! A README is the page of its folder, so links to it and to the folder lead there. Folders without one have no page: of a link to such a
//! folder only the words are left. mdBook draws no diagrams, so the topology of a chart's README is the picture of it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::BookError;
use crate::markdown::Page;
use crate::pages::{self, SUMMARY};
use crate::place;

/// Where pictures of topologies are.
const PICTURES: &str = "docs/topology";

/// The source of the book, by path: what a file of it holds.
#[derive(Debug, Default)]
pub struct Staging {
    /// Pages, with their texts.
    pub texts: BTreeMap<String, String>,
    /// Other files, to be copied from the same path of the repository.
    pub copies: Vec<String>,
}

/// Makes the source of the book.
///
/// # Errors
/// When a page cannot be read.
pub fn stage(root: &Path) -> Result<Staging, BookError> {
    let mut staging = Staging::default();
    let mut copies = std::collections::BTreeSet::new();
    let mut names = pages::chapters(root)?;
    names.push(SUMMARY.to_owned());
    for name in &names {
        let text = pages::text(root, name)?;
        // The table of contents lies at the top of the book.
        let to = if name == SUMMARY {
            "SUMMARY.md".to_owned()
        } else {
            page_of(name)
        };
        let text = with_picture(root, name, &text);
        let text = rewritten(root, name, &to, &text, &mut copies);
        staging.texts.insert(to, text);
    }
    staging.copies.extend(copies);
    Ok(staging)
}

/// The name that a page has in the book.
fn page_of(name: &str) -> String {
    match name.strip_suffix("README.md") {
        Some(folder) => format!("{folder}index.md"),
        None => name.to_owned(),
    }
}

/// A page whose links lead to what they lead to in the repository.
fn rewritten(
    root: &Path,
    from: &str,
    to: &str,
    text: &str,
    copies: &mut std::collections::BTreeSet<String>,
) -> String {
    let page = Page::read(text);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for link in &page.links {
        let Some(place) = place::of(from, &link.to) else {
            continue;
        };
        let target = match pages::document(root, &place.path) {
            // The book has it at the side of every page.
            Some(document) if document == SUMMARY => None,
            Some(document) => Some(page_of(&document)),
            None if root.join(&place.path).is_file() => {
                copies.insert(place.path.clone());
                Some(place.path.clone())
            }
            None => None,
        };
        let written = &text[link.range.clone()];
        // A picture within a link is inside what is written already.
        if link.range.start < done {
            continue;
        }
        let Some(at) = written.rfind(&format!("]({}", link.to)) else {
            continue;
        };
        out.push_str(&text[done..link.range.start]);
        match target {
            Some(target) if !link.to.starts_with('#') => {
                out.push_str(&written[..at + 2]);
                out.push_str(&place::from(to, &target));
                if !place.anchor.is_empty() {
                    out.push('#');
                    out.push_str(&place.anchor);
                }
                out.push_str(&written[at + 2 + link.to.len()..]);
            }
            Some(_) => out.push_str(written),
            None => out.push_str(written[..at].trim_start_matches('[')),
        }
        done = link.range.end;
    }
    out.push_str(&text[done..]);
    out
}

/// A README of a chart with the picture of its topology in the place of the diagram.
fn with_picture(root: &Path, name: &str, text: &str) -> String {
    let folder = place::folder(name);
    let chart = folder.rsplit('/').next().unwrap_or_default();
    let picture = format!("{PICTURES}/{chart}.svg");
    let page = Page::read(text);
    let diagram = page.blocks.iter().find(|block| block.language == "mermaid");
    match diagram {
        Some(diagram) if root.join(&picture).is_file() => format!(
            "{}![Topology]({})\n{}",
            &text[..diagram.range.start],
            place::from(name, &picture),
            &text[diagram.range.end..]
        ),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::stage;

    #[test]
    fn links_lead_to_pages_files_and_readmes_and_folders_are_words() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        };
        write(
            "README.md",
            "[a](docs/a.md#x) [![p](docs/p.svg)](docs/p.svg)",
        );
        write("docs/SUMMARY.md", "- [R](../README.md)\n- [a](a.md)\n");
        write(
            "docs/a.md",
            "[top](../README.md) [chart](../c) [file](../c/v.yaml) [many](../d) [here](#x) [out](https://example.com)\n",
        );
        write("docs/p.svg", "");
        write("c/README.md", "");
        write("c/v.yaml", "");
        write("d/e.yaml", "");
        let staging = stage(folder.path()).expect("staged");
        assert_eq!(
            staging.texts["SUMMARY.md"],
            "- [R](index.md)\n- [a](docs/a.md)\n"
        );
        assert_eq!(
            staging.texts["docs/a.md"],
            "[top](../index.md) [chart](../c/index.md) [file](../c/v.yaml) many [here](#x) [out](https://example.com)\n"
        );
        assert_eq!(
            staging.texts["index.md"],
            "[a](docs/a.md#x) [![p](docs/p.svg)](docs/p.svg)"
        );
        assert_eq!(staging.copies, ["c/v.yaml", "docs/p.svg"]);
    }
}
