//! Finding a concrete path among patterns with `[]`, `*` and `$1`.

use std::collections::BTreeMap;

use crate::key::{KeyPath, Segment};

/// A tree over the segments of the catalogue's keys.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// The full key, if one ends here.
    key: Option<String>,
    children: BTreeMap<String, Node>,
    element: Option<Box<Node>>,
}

impl Node {
    pub(super) fn build<'a>(keys: impl Iterator<Item = &'a String>) -> Self {
        let mut root = Self::default();
        for key in keys {
            let mut node = &mut root;
            for segment in KeyPath::from(key.as_str()).segments() {
                node = match segment {
                    Segment::Key(name) => node.children.entry(name.clone()).or_default(),
                    Segment::Index(_) => node.element.get_or_insert_with(Box::default),
                };
            }
            node.key = Some(key.clone());
        }
        root
    }

    /// The catalogue's key for a path: literal segments win over patterns.
    pub(super) fn find(&self, path: &KeyPath) -> Option<&str> {
        self.find_in(path.segments())
    }

    fn find_in(&self, segments: &[Segment]) -> Option<&str> {
        let Some((first, rest)) = segments.split_first() else {
            return self.key.as_deref();
        };
        match first {
            Segment::Index(_) => self.element.as_ref().and_then(|node| node.find_in(rest)),
            Segment::Key(name) => self
                .children
                .get(name)
                .and_then(|node| node.find_in(rest))
                .or_else(|| self.find_placeholder(name, rest)),
        }
    }

    fn find_placeholder(&self, name: &str, rest: &[Segment]) -> Option<&str> {
        // `$1` stands for word characters only, as in the product's inference rules.
        let word = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        let numbered = self.children.get("$1").filter(|_| word);
        let any = self.children.get("*");
        numbered
            .and_then(|node| node.find_in(rest))
            .or_else(|| any.and_then(|node| node.find_in(rest)))
            // The table is copied whole: whatever lies below a last `*` is read with it.
            .or_else(|| {
                any.filter(|node| node.is_leaf())
                    .and_then(|node| node.key.as_deref())
            })
    }

    fn is_leaf(&self) -> bool {
        self.children.is_empty() && self.element.is_none()
    }

    /// Whether known keys lie below `path`.
    pub(super) fn is_inner(&self, path: &KeyPath) -> bool {
        let mut node = self;
        for segment in path.segments() {
            let next = match segment {
                Segment::Key(name) => node.children.get(name).or_else(|| node.children.get("*")),
                Segment::Index(_) => node.element.as_deref(),
            };
            match next {
                Some(next) => node = next,
                None => return false,
            }
        }
        !node.is_leaf()
    }
}
