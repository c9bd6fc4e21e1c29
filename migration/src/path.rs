//! Paths of values, such as `wso2.deployment.replicas` or `environments[0].name`, and patterns of them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// A key of a mapping.
    Key(String),
    /// A place in a list, from zero.
    Index(usize),
}

/// Where a value stands in a tree.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(pub Vec<Segment>);

impl Path {
    /// The path of a value below this one.
    #[must_use]
    pub fn child(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }

    /// The place of the first list on the way.
    pub fn index(&self) -> Option<usize> {
        self.0.iter().find_map(|segment| match segment {
            Segment::Index(index) => Some(*index),
            Segment::Key(_) => None,
        })
    }

    /// Reads a path of keys with dots between them; a key with dots stands in double quotes.
    pub fn of_keys(text: &str) -> Self {
        let mut keys = vec![String::new()];
        let mut quoted = false;
        for character in text.chars() {
            match character {
                '"' => quoted = !quoted,
                '.' if !quoted => keys.push(String::new()),
                other => keys.last_mut().expect("never empty").push(other),
            }
        }
        Self(keys.into_iter().map(Segment::Key).collect())
    }

    /// The keys on the way, without places in lists.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Key(key) => Some(key.as_str()),
            Segment::Index(_) => None,
        })
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) => {
                    if at > 0 {
                        f.write_str(".")?;
                    }
                    if key.contains('.') || key.is_empty() {
                        write!(f, "{key:?}")?;
                    } else {
                        f.write_str(key)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Serialize for Path {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A pattern of paths: `*` is any key, `[*]` any place in a list, `**` at the end everything below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    steps: Vec<Step>,
    deep: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    AnyKey,
    AnyIndex,
}

impl Pattern {
    /// Reads a pattern.
    pub fn new(text: &str) -> Self {
        let (body, deep) = match text.strip_suffix(".**") {
            Some(body) => (body, true),
            None => (text, false),
        };
        let mut steps = Vec::new();
        for key in body.split('.') {
            let (key, list) = match key.strip_suffix("[*]") {
                Some(key) => (key, true),
                None => (key, false),
            };
            steps.push(match key {
                "*" => Step::AnyKey,
                key => Step::Key(key.to_owned()),
            });
            if list {
                steps.push(Step::AnyIndex);
            }
        }
        Self {
            text: text.to_owned(),
            steps,
            deep,
        }
    }

    /// The pattern as it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What `*` stands for in this path, in order, when the pattern matches it.
    pub fn captures<'p>(&self, path: &'p Path) -> Option<Vec<&'p str>> {
        let long_enough = if self.deep {
            path.0.len() > self.steps.len()
        } else {
            path.0.len() == self.steps.len()
        };
        if !long_enough {
            return None;
        }
        let mut captures = Vec::new();
        for (step, segment) in self.steps.iter().zip(&path.0) {
            match (step, segment) {
                (Step::Key(key), Segment::Key(found)) if key == found => {}
                (Step::AnyKey, Segment::Key(found)) => captures.push(found.as_str()),
                (Step::AnyIndex, Segment::Index(_)) => {}
                _ => return None,
            }
        }
        Some(captures)
    }

    /// How exactly it names what it matches; the most exact row counts.
    pub fn exactness(&self) -> (bool, usize) {
        let named = |step: &&Step| matches!(step, Step::Key(_));
        (!self.deep, self.steps.iter().filter(named).count())
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(&String::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::{Path, Pattern, Segment};

    #[test]
    fn a_pattern_matches_keys_lists_and_everything_below() {
        let path = Path::of_keys("kubernetes.ingress.gateway.hostname");
        assert_eq!(
            Pattern::new("kubernetes.ingress.*.hostname").captures(&path),
            Some(vec!["gateway"])
        );
        assert!(Pattern::new("kubernetes.**").captures(&path).is_some());
        assert!(
            Pattern::new("kubernetes.ingress.*")
                .captures(&path)
                .is_none()
        );
        let item = Path(vec![
            Segment::Key("a".into()),
            Segment::Index(1),
            Segment::Key("b".into()),
        ]);
        assert!(Pattern::new("a[*].b").captures(&item).is_some());
        assert_eq!(
            (item.to_string(), item.index()),
            ("a[1].b".to_owned(), Some(1))
        );
    }

    #[test]
    fn a_key_with_dots_is_quoted() {
        let path = Path::of_keys(r#"a."b.c".d"#);
        assert_eq!(path.0.len(), 3);
        assert_eq!(path.to_string(), r#"a."b.c".d"#);
    }
}
