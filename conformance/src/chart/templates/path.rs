//! Places in the values.

use std::sync::Arc;

/// A step from a map to one of its entries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Segment {
    /// This key.
    Key(String),
    /// Some key or element.
    Any,
}

impl Segment {
    /// Whether it may be `key`.
    pub(crate) fn may_be(&self, key: &str) -> bool {
        match self {
            Self::Key(own) => own == key,
            Self::Any => true,
        }
    }
}

/// A place in the values; many lines read the same, so they share it.
pub(crate) type ValuePath = Arc<[Segment]>;

/// Whether reading `read`, with all below it when `whole`, uses a value at `path` that has no entries of its own.
pub(crate) fn covers(read: &[Segment], whole: bool, path: &[String]) -> bool {
    let common = read.iter().zip(path).all(|(own, key)| own.may_be(key));
    // What is read below some entry of a map says nothing about an entry that has nothing below it.
    let is_below_any = read.len() > path.len()
        && path
            .len()
            .checked_sub(1)
            .is_some_and(|last| read[last] == Segment::Any);
    common && !is_below_any && (read.len() >= path.len() || whole)
}
