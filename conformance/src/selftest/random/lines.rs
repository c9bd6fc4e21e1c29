//! Random changes of files in host trees, line by line.

use std::path::Path;

use fastrand::Rng;
use serde_json::Value;

use super::{
    Change, Mutation, Place,
    words::{another, misspelled},
};
use crate::machines::Tree;

/// How often a draw that changes nothing is repeated.
const ATTEMPTS: usize = 100;

/// A mutation of a line that says something; `None` when there is none.
pub(super) fn draw(rng: &mut Rng, tree: &Tree) -> Option<Mutation> {
    let files: Vec<(&String, &String)> = tree
        .files
        .iter()
        .filter(|(path, _)| is_read(path))
        .collect();
    (0..ATTEMPTS).find_map(|_| {
        let (path, text) = files.get(rng.usize(..files.len().max(1)))?;
        let lines: Vec<(usize, &str)> = text
            .lines()
            .enumerate()
            .filter(|(_, line)| says_something(line))
            .collect();
        let (number, line) = *lines.get(rng.usize(..lines.len().max(1)))?;
        let (change, after) = changed(rng, line)?;
        Some(Mutation {
            place: Place {
                kind: Path::new(path).extension()?.to_string_lossy().into_owned(),
                name: (*path).clone(),
                template: (*path).clone(),
                number,
                file: None,
                path: format!("/{}", key_of(line)),
            },
            change,
            before: line.into(),
            after,
        })
    })
}

/// The file that a mutation changes, as it is then; `None` when it is not there.
pub(super) fn apply(mutation: &Mutation, tree: &Tree) -> Option<Tree> {
    let mut tree = tree.clone();
    let text = tree.files.get_mut(&mutation.place.name)?;
    let mut lines: Vec<&str> = text.lines().collect();
    if lines.get(mutation.place.number) != Some(&mutation.before.as_str()?) {
        return None;
    }
    match &mutation.after {
        Value::String(after) => lines[mutation.place.number] = after,
        _ => {
            lines.remove(mutation.place.number);
        }
    }
    *text = lines.join("\n") + "\n";
    Some(tree)
}

/// What lies on a host, and the inventory. What people read is left alone.
fn is_read(path: &str) -> bool {
    path.starts_with("hosts/") || path == "ansible/inventory.yaml"
}

fn says_something(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty()
        && !line.starts_with(['#', ';', '<'])
        && line.contains(|c: char| c.is_alphanumeric())
}

/// The word that says what a line is about.
fn key_of(line: &str) -> &str {
    let line = line.trim().trim_start_matches("- ");
    line.split(|c: char| c.is_whitespace() || c == '=' || c == ':')
        .next()
        .unwrap_or_default()
}

fn changed(rng: &mut Rng, line: &str) -> Option<(Change, Value)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut parts: Vec<&str> = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let same = rest.find(|c| is_part(c) != is_part(first));
        let (part, after) = rest.split_at(same.unwrap_or(rest.len()));
        parts.push(part);
        rest = after;
    }
    let words: Vec<usize> = (0..parts.len())
        .filter(|at| parts[*at].starts_with(is_part))
        .collect();
    if rng.u8(..4) == 0 {
        return Some((Change::Drop, Value::Null));
    }
    let at = *words.get(rng.usize(..words.len().max(1)))?;
    let (change, word) = match parts[at].parse::<i64>() {
        Ok(number) => (Change::Number, another(rng, number).to_string()),
        Err(_) => (Change::Text, misspelled(rng, parts[at])),
    };
    if word == parts[at] {
        return None;
    }
    parts[at] = &word;
    Some((change, parts.concat().into()))
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::{apply, draw};
    use crate::machines::Tree;

    #[test]
    fn every_mutation_changes_one_line_that_is_read() {
        let files = [
            (
                "hosts/a/etc/nftables.d/am.nft",
                "# a comment\n\ntcp dport { 5672, 9443 } drop\n}\n",
            ),
            ("README.md", "for people\n"),
        ];
        let tree = Tree {
            place: "site".into(),
            files: files
                .map(|(path, text)| (path.to_owned(), text.to_owned()))
                .into(),
        };
        for seed in 0..200 {
            let mutation = draw(&mut Rng::with_seed(seed), &tree).expect("there is a line");
            assert_eq!(
                (mutation.place.kind.as_str(), mutation.place.path.as_str()),
                ("nft", "/tcp")
            );
            let changed = apply(&mutation, &tree).expect("the line is there");
            assert_ne!(changed, tree, "{mutation:?}");
            assert_eq!(changed.files["README.md"], tree.files["README.md"]);
        }
    }

    #[test]
    fn nothing_is_drawn_from_nothing() {
        assert!(draw(&mut Rng::with_seed(1), &Tree::default()).is_none());
    }
}
