//! The links of the built book: what mdBook made of them leads to a file, and to a place in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::error::BookError;
use crate::place;

/// Files that mdBook makes for itself: all chapters on one page, whose links it leaves as they are in the chapters.
const OWN: [&str; 3] = ["print.html", "404.html", "toc.html"];

/// Links of pages that lead nowhere.
///
/// # Errors
/// When a file cannot be read.
pub fn dead(book: &Path) -> Result<Vec<String>, BookError> {
    let mut pages = BTreeMap::new();
    read(book, "", &mut pages)?;
    let mut dead = Vec::new();
    for (name, html) in &pages {
        if OWN.contains(&name.as_str()) {
            continue;
        }
        for attribute in ["href", "src"] {
            for link in values(html, attribute) {
                let Some(to) = place::of(name, &link) else {
                    continue;
                };
                let path = to.path.split('?').next().unwrap_or_default().to_owned();
                if !book.join(&path).is_file() {
                    dead.push(format!("{name}: {link}: there is no such file in the book"));
                    continue;
                }
                let known = pages
                    .get(&path)
                    .is_none_or(|page| to.anchor.is_empty() || ids(page).contains(&to.anchor));
                if !known {
                    dead.push(format!("{name}: {link}: there is no such place"));
                }
            }
        }
    }
    Ok(dead)
}

fn read(book: &Path, folder: &str, pages: &mut BTreeMap<String, String>) -> Result<(), BookError> {
    let unable = |source| BookError::Io {
        action: "read",
        path: book.join(folder).display().to_string(),
        source,
    };
    for entry in fs::read_dir(book.join(folder)).map_err(unable)? {
        let path = entry.map_err(unable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = place::join(folder, &name);
        if path.is_dir() {
            read(book, &name, pages)?;
        } else if path.extension().is_some_and(|it| it == "html") {
            pages.insert(name, fs::read_to_string(&path).map_err(unable)?);
        }
    }
    Ok(())
}

fn ids(html: &str) -> BTreeSet<String> {
    values(html, "id").collect()
}

/// The values of an attribute, as mdBook writes them: between double quotes.
fn values(html: &str, attribute: &str) -> impl Iterator<Item = String> {
    let start = format!(" {attribute}=\"");
    html.split(&start)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(|value| value.replace("&amp;", "&"))
        .collect::<Vec<_>>()
        .into_iter()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::dead;

    #[test]
    fn a_link_of_the_book_that_leads_nowhere_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let write =
            |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
        write(
            "a.html",
            "<a href=\"b.html#x\">x</a><a href=\"b.html#y\">y</a><img src=\"c.svg\">",
        );
        write("b.html", "<h1 id=\"x\">x</h1>");
        assert_eq!(
            dead(folder.path()).expect("read"),
            [
                "a.html: b.html#y: there is no such place",
                "a.html: c.svg: there is no such file in the book",
            ]
        );
    }
}
