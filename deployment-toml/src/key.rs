//! Key paths: `apim.gateway.environment[0].name`, `system.parameter.'org.wso2.CipherTransformation'`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// One step of a key path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// A key of a table, without quotes.
    Key(String),
    /// An element of an array, from 0.
    Index(usize),
}

/// The path of a value in a document; cheap to clone. Displayed with dots; keys that hold dots or blanks stand in single quotes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct KeyPath(Arc<[Segment]>);

impl KeyPath {
    /// The empty path: the document itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// The steps.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// This path and then `key`.
    #[must_use]
    pub fn child(&self, key: &str) -> Self {
        self.with(Segment::Key(key.to_owned()))
    }

    /// This path and then element `index`.
    #[must_use]
    pub fn element(&self, index: usize) -> Self {
        self.with(Segment::Index(index))
    }

    fn with(&self, segment: Segment) -> Self {
        Self(self.0.iter().cloned().chain([segment]).collect())
    }

    /// The path without its last step.
    pub fn parent(&self) -> Option<Self> {
        let (_, parent) = self.0.split_last()?;
        Some(Self(parent.into()))
    }

    /// This path with the elements that `other` has, one after the other: where a pattern leads for a path that fits it.
    #[must_use]
    pub(crate) fn with_indices_of(&self, other: &Self) -> Self {
        let mut indices = other.0.iter().filter_map(|segment| match segment {
            Segment::Index(at) => Some(*at),
            Segment::Key(_) => None,
        });
        let placed = self.0.iter().map(|segment| match segment {
            Segment::Index(at) => Segment::Index(indices.next().unwrap_or(*at)),
            Segment::Key(key) => Segment::Key(key.clone()),
        });
        Self(placed.collect())
    }

    /// The last `count` steps.
    pub(crate) fn last(&self, count: usize) -> Self {
        let from = self.0.len().saturating_sub(count);
        Self(self.0[from..].into())
    }

    /// The last key, if the path ends with one.
    pub fn last_key(&self) -> Option<&str> {
        match self.0.last()? {
            Segment::Key(key) => Some(key),
            Segment::Index(_) => None,
        }
    }

    /// Whether this path is `prefix` or below it.
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }

    /// The path as the catalogue writes it: `[]` for every element.
    pub fn pattern(&self) -> String {
        self.render(|_| "[]".to_owned())
    }

    fn render(&self, index: impl Fn(usize) -> String) -> String {
        let mut text = String::new();
        for segment in self.0.iter() {
            match segment {
                Segment::Key(key) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(&quoted(key));
                }
                Segment::Index(at) => text.push_str(&index(*at)),
            }
        }
        text
    }
}

/// The key as it stands in a path; the catalogue quotes with single quotes.
fn quoted(key: &str) -> String {
    let bare = !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '*'));
    if bare {
        key.to_owned()
    } else {
        format!("'{key}'")
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(|at| format!("[{at}]")))
    }
}

impl serde::Serialize for KeyPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<&str> for KeyPath {
    /// Reads a dotted path; what cannot be an index stays part of the key, so that nothing fails.
    fn from(text: &str) -> Self {
        let mut segments = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (key, after) = take_key(rest);
            rest = after;
            if let Some(key) = key {
                segments.push(Segment::Key(key.to_owned()));
            }
            while let Some((index, after)) = take_index(rest) {
                segments.push(Segment::Index(index));
                rest = after;
            }
            rest = rest.strip_prefix('.').unwrap_or(rest);
        }
        Self(segments.into())
    }
}

impl FromStr for KeyPath {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::from(text))
    }
}

fn take_key(text: &str) -> (Option<&str>, &str) {
    for quote in ['\'', '"'] {
        if let Some((key, after)) = text
            .strip_prefix(quote)
            .and_then(|inner| inner.split_once(quote))
        {
            return (Some(key), after);
        }
    }
    if take_index(text).is_some() {
        return (None, text);
    }
    // An opening bracket that starts no index belongs to the key.
    let end = text
        .char_indices()
        .skip(1)
        .find(|&(at, c)| c == '.' || (c == '[' && take_index(&text[at..]).is_some()))
        .map_or(text.len(), |(at, _)| at);
    if text.starts_with('.') {
        return (None, text);
    }
    (Some(&text[..end]), &text[end..])
}

/// `[3]`, or `[]` (read as element 0, so that catalogue patterns can be looked up as they are written).
fn take_index(text: &str) -> Option<(usize, &str)> {
    let (inner, after) = text.strip_prefix('[')?.split_once(']')?;
    if inner.is_empty() {
        return Some((0, after));
    }
    inner.parse().ok().map(|index| (index, after))
}
