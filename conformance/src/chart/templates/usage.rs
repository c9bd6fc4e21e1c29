//! What templates use, told with the lines that do.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    path::{ValuePath, covers},
    trees::{TextId, Trees},
};

/// A place in the values that a template reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Read {
    /// Where in the values.
    pub(crate) path: ValuePath,
    /// Whether everything below is used too.
    pub(crate) whole: bool,
    /// Whether the template reads exactly this, as opposed to perhaps.
    pub(crate) certain: bool,
    /// The file, from the chart: a template, a file that is evaluated, or the values that hold the text.
    pub(crate) file: Arc<str>,
    /// Line, from 1.
    pub(crate) line: usize,
}

/// What the evaluation of a text comes by, itself or through what it calls.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// The values that it reads; `true` with everything below.
    pub(crate) reads: BTreeSet<(ValuePath, bool)>,
    /// The texts that it goes into, or puts in as they are.
    pub(crate) texts: BTreeSet<TextId>,
}

impl Seen {
    pub(super) fn extend(&mut self, other: &Self) {
        self.reads.extend(other.reads.iter().cloned());
        self.texts.extend(other.texts.iter().cloned());
    }
}

/// What came of a call.
#[derive(Clone, Default)]
pub(super) struct Called {
    /// The text, where it is always the same.
    pub(super) text: Option<String>,
    /// What it comes by.
    pub(super) seen: Seen,
}

/// What templates use.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    /// Every read, sorted.
    pub(crate) reads: Vec<Read>,
    /// Why other reads may be hidden, if they may.
    pub(crate) hidden: Option<String>,
    /// What each line reads, by file and line; what is called there is part of it.
    pub(crate) lines: BTreeMap<(Arc<str>, usize), BTreeSet<ValuePath>>,
    /// What each template comes by.
    pub(crate) templates: BTreeMap<String, Seen>,
    /// What was read.
    pub(crate) trees: Trees,
    /// The reads without their lines.
    pub(super) paths: BTreeSet<(ValuePath, bool)>,
}

impl Usage {
    /// Whether a value without entries of its own is read. Items of lists are called `[0]`, `[1]`.
    pub(crate) fn uses(&self, path: &[String]) -> bool {
        self.paths
            .iter()
            .any(|(read, whole)| covers(read, *whole, path))
    }

    /// Whether something is read at a place, below it, or of the whole around it.
    pub(crate) fn touches(&self, path: &[String]) -> bool {
        self.paths.iter().any(|(read, whole)| {
            read.iter().zip(path).all(|(own, key)| own.may_be(key))
                && (read.len() >= path.len() || *whole)
        })
    }

    pub(super) fn close(mut self) -> Self {
        self.reads.sort();
        self.reads.dedup();
        let paths = self.reads.iter();
        self.paths = paths
            .map(|read| (Arc::clone(&read.path), read.whole))
            .collect();
        self
    }
}
