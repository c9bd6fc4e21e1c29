//! Paths of the repository as links write them: relative, with `/`.

/// A link that leads to a file or folder of the repository: its path from the root, and the place in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Empty for the root itself.
    pub(crate) path: String,
    /// What follows `#`.
    pub(crate) anchor: String,
}

/// Where a link on a page leads; nothing where that is outside of the repository.
pub(crate) fn of(page: &str, link: &str) -> Option<Place> {
    let is_elsewhere = link
        .split(['/', '#', '?'])
        .next()
        .is_some_and(|start| start.contains(':'));
    if is_elsewhere {
        return None;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let path = if path.is_empty() {
        page.to_owned()
    } else {
        join(folder(page), path)
    };
    Some(Place {
        path,
        anchor: anchor.to_owned(),
    })
}

/// The folder of a file.
pub(crate) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path below a folder, without `.` and `..`. One that leads out of the repository keeps its `..`.
pub(crate) fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// How a page writes a link to a path.
pub(crate) fn from(page: &str, path: &str) -> String {
    let here: Vec<&str> = folder(page)
        .split('/')
        .filter(|it| !it.is_empty())
        .collect();
    let there: Vec<&str> = path.split('/').collect();
    let common = here
        .iter()
        .zip(&there)
        .take_while(|(one, other)| one == other)
        .count();
    let mut parts = vec![".."; here.len() - common];
    parts.extend(&there[common..]);
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::{Place, from, of};

    #[test]
    fn a_link_leads_from_the_folder_of_its_page() {
        let place = |path: &str, anchor: &str| Place {
            path: path.to_owned(),
            anchor: anchor.to_owned(),
        };
        assert_eq!(of("docs/a.md", "../b/c.md#d"), Some(place("b/c.md", "d")));
        assert_eq!(of("docs/a.md", "#d"), Some(place("docs/a.md", "d")));
        assert_eq!(of("docs/a.md", "../../b"), Some(place("../b", "")));
        assert_eq!(of("docs/a.md", "https://example.com/b#c"), None);
        assert_eq!(of("docs/a.md", "mailto:a@example.com"), None);
    }

    #[test]
    fn a_path_is_written_as_seen_from_a_page() {
        assert_eq!(from("docs/a.md", "docs/x/y.md"), "x/y.md");
        assert_eq!(from("docs/p/a.md", "docs/b.md"), "../b.md");
        assert_eq!(from("README.md", "docs/b.md"), "docs/b.md");
        assert_eq!(from("docs/a.md", "facts/b.md"), "../facts/b.md");
    }
}
