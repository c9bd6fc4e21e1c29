//! The pages of the documentation: which there are, and which the table of contents has.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::error::BookError;
use crate::markdown::Page;
use crate::place;

/// The table of contents.
pub const SUMMARY: &str = "docs/SUMMARY.md";

/// The folder of the documentation.
const FOLDER: &str = "docs";

/// What people read, besides the pages of the documentation.
const BESIDE: [&str; 3] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];

/// The text of a file of the repository.
pub(crate) fn text(root: &Path, name: &str) -> Result<String, BookError> {
    fs::read_to_string(root.join(name)).map_err(|source| BookError::Io {
        action: "read",
        path: name.to_owned(),
        source,
    })
}

/// Every page that is written for people, by path from the repository.
///
/// # Errors
/// When the folder cannot be read.
pub fn all(root: &Path) -> Result<Vec<String>, BookError> {
    let mut names: Vec<String> = BESIDE.map(str::to_owned).into();
    below(root, FOLDER, &mut names)?;
    names.sort();
    Ok(names)
}

fn below(root: &Path, folder: &str, names: &mut Vec<String>) -> Result<(), BookError> {
    let unable = |source| BookError::Io {
        action: "read",
        path: folder.to_owned(),
        source,
    };
    for entry in fs::read_dir(root.join(folder)).map_err(unable)? {
        let path = entry.map_err(unable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = place::join(folder, &name);
        if path.is_dir() {
            below(root, &name, names)?;
        } else if path.extension().is_some_and(|it| it == "md") {
            names.push(name);
        }
    }
    Ok(())
}

/// The chapters that the table of contents has, by path from the repository.
///
/// # Errors
/// When it cannot be read.
pub fn chapters(root: &Path) -> Result<Vec<String>, BookError> {
    let page = Page::read(&text(root, SUMMARY)?);
    let links = page.links.iter();
    let places = links.filter_map(|link| place::of(SUMMARY, &link.to));
    Ok(places.map(|place| place.path).collect())
}

/// Pages that the table of contents lacks although they are of the documentation, or a chapter leads to them, or that it has twice.
///
/// # Errors
/// When a page cannot be read.
pub fn missing(root: &Path) -> Result<Vec<String>, BookError> {
    let chapters = chapters(root)?;
    let mut told = Vec::new();
    let mut has = BTreeSet::new();
    for chapter in &chapters {
        if !has.insert(chapter.as_str()) {
            told.push(format!("{SUMMARY}: {chapter} is there twice"));
        }
    }
    let pages = all(root)?;
    for page in pages.iter().filter(|page| *page != SUMMARY) {
        if !has.contains(page.as_str()) {
            told.push(format!("{SUMMARY}: add {page}"));
        }
    }
    for chapter in &chapters {
        for link in Page::read(&text(root, chapter)?).links {
            let Some(to) = place::of(chapter, &link.to) else {
                continue;
            };
            let Some(to) = document(root, &to.path) else {
                continue;
            };
            if !has.contains(to.as_str()) && !pages.contains(&to) {
                told.push(format!(
                    "{SUMMARY}: add {to}, to which {chapter}:{} leads",
                    link.line
                ));
            }
        }
    }
    told.sort();
    told.dedup();
    Ok(told)
}

/// Whether a path is that of a page.
pub(crate) fn is_page(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|it| it == "md")
}

/// The page that a path leads to: itself, or the README of a folder.
pub(crate) fn document(root: &Path, path: &str) -> Option<String> {
    if is_page(path) {
        return Some(path.to_owned());
    }
    let readme = place::join(path, "README.md");
    root.join(&readme).is_file().then_some(readme)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::missing;

    #[test]
    fn a_page_that_the_table_of_contents_lacks_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join("docs")).expect("made");
        let write =
            |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
        for name in super::BESIDE {
            write(name, "");
        }
        write("facts.md", "");
        write("docs/a.md", "[f](../facts.md)");
        write("docs/b.md", "");
        write(
            "docs/SUMMARY.md",
            "- [R](../README.md)\n- [A](../ARCHITECTURE.md)\n- [C](../CONTRIBUTING.md)\n- [a](a.md)\n- [a](a.md)\n",
        );
        assert_eq!(
            missing(folder.path()).expect("read"),
            [
                "docs/SUMMARY.md: add docs/b.md",
                "docs/SUMMARY.md: add facts.md, to which docs/a.md:1 leads",
                "docs/SUMMARY.md: docs/a.md is there twice",
            ]
        );
    }
}
