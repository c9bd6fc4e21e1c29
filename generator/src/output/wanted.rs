//! The files that a command wants to have in a directory.

use std::collections::BTreeMap;

use crate::maker::Maker;

/// Files by their paths below a directory.
pub type Files = BTreeMap<String, Vec<u8>>;

/// What a command wants to have in a directory.
pub(super) struct Wanted<'f> {
    pub(super) files: &'f Files,
    pub(super) maker: Maker,
}

impl<'f> Wanted<'f> {
    /// Names of the files and directories at the top, sorted.
    pub(super) fn entries(&self) -> Vec<&'f str> {
        let mut entries: Vec<&str> = self
            .files
            .keys()
            .map(|path| path.split_once('/').map_or(path.as_str(), |(top, _)| top))
            .collect();
        entries.sort_unstable();
        entries.dedup();
        entries
    }
}

/// The files of an entry, which may be a file itself.
pub(super) fn of_entry<'f>(
    files: &'f Files,
    entry: &'f str,
) -> impl Iterator<Item = (&'f str, &'f [u8])> {
    let files = files.iter();
    files
        .filter(move |(path, _)| {
            let below = path.strip_prefix(entry);
            below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
        })
        .map(|(path, content)| (path.as_str(), content.as_slice()))
}
