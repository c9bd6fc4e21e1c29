//! Every link of the documentation leads to a file of the repository, and to a heading of it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::BookError;
use crate::markdown::Page;
use crate::pages;
use crate::place;

/// Links that lead nowhere: one sentence each, with file and line.
///
/// # Errors
/// When a page cannot be read.
pub fn dead(root: &Path, names: &[String]) -> Result<Vec<String>, BookError> {
    let mut known: BTreeMap<String, Page> = BTreeMap::new();
    let mut dead = Vec::new();
    for name in names {
        let page = Page::read(&pages::text(root, name)?);
        for link in &page.links {
            let Some(to) = place::of(name, &link.to) else {
                continue;
            };
            let told = |fault: &str| format!("{name}:{}: {}: {fault}", link.line, link.to);
            let path = root.join(&to.path);
            if to.path.starts_with("..") {
                dead.push(told("leads out of the repository"));
            } else if !path.exists() {
                let near = nearest(root, &to.path);
                dead.push(told(&format!(
                    "there is no such file; did you mean {near}?"
                )));
            } else if !to.anchor.is_empty() && pages::is_page(&to.path) {
                if !known.contains_key(&to.path) {
                    let text = pages::text(root, &to.path)?;
                    known.insert(to.path.clone(), Page::read(&text));
                }
                let anchors = &known[&to.path].anchors;
                if !anchors.contains(&to.anchor) {
                    let near = anchors
                        .iter()
                        .min_by_key(|anchor| am_suggest::edits(anchor, &to.anchor));
                    let near = near.map_or("", String::as_str);
                    dead.push(told(&format!(
                        "there is no such heading; did you mean #{near}?"
                    )));
                }
            }
        }
    }
    Ok(dead)
}

/// The name in the folder that is most like the one that is not there.
fn nearest(root: &Path, path: &str) -> String {
    let folder = place::folder(path);
    let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten();
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| place::join(folder, &entry.file_name().to_string_lossy()))
        .collect();
    names.sort();
    names
        .into_iter()
        .min_by_key(|name| am_suggest::edits(name, path))
        .unwrap_or_else(|| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::dead;

    #[test]
    fn a_link_to_a_file_or_heading_that_is_not_there_is_told_with_the_nearest() {
        let folder = tempfile::tempdir().expect("a folder");
        let write =
            |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
        write(
            "a.md",
            "# One\n\n[x](b.md) [x](c.md) [x](b.md#twoo) [x](#one) [x](../d) [x](https://example.com/e)\n",
        );
        write("b.md", "# Two\n");
        let told = dead(folder.path(), &["a.md".to_owned()]).expect("read");
        assert_eq!(
            told,
            [
                "a.md:3: c.md: there is no such file; did you mean a.md?",
                "a.md:3: b.md#twoo: there is no such heading; did you mean #two?",
                "a.md:3: ../d: leads out of the repository",
            ]
        );
    }
}
