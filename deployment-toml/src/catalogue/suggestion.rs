//! "Did you mean": known keys that look like an unknown one.

use crate::key::{KeyPath, Segment};

const MAX_SUGGESTIONS: usize = 3;

/// The known keys that `unknown` may be a slip of, nearest first; also the same last two steps under another parent (a
/// misplaced key).
pub(super) fn similar<'a>(unknown: &KeyPath, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let tail = tail(unknown);
    let unknown = unknown.pattern();
    let is_misplaced = |key: &str| tail.as_deref().is_some_and(|tail| ends_with(key, tail));
    let mut found: Vec<(usize, &str)> = known
        .filter(|key| is_slip(&unknown, key) || is_misplaced(key))
        .map(|key| (am_suggest::edits(&unknown, key), key))
        .collect();
    found.sort_unstable();
    found.truncate(MAX_SUGGESTIONS);
    found.into_iter().map(|(_, key)| key.to_owned()).collect()
}

/// Whether the whole is near, or each step of it.
fn is_slip(unknown: &str, key: &str) -> bool {
    let steps = || unknown.split('.').zip(key.split('.'));
    am_suggest::is_near(unknown, key)
        || unknown.split('.').count() == key.split('.').count()
            && steps().all(|(step, known)| step == known || am_suggest::is_near(step, known))
}

/// The last two keys; one alone (`enable`, `type`) says nothing.
fn tail(path: &KeyPath) -> Option<String> {
    let is_key = |segment: &Segment| matches!(segment, Segment::Key(_));
    match path.segments() {
        [.., a, b] if is_key(a) && is_key(b) => Some(path.last(2).pattern()),
        _ => None,
    }
}

fn ends_with(key: &str, tail: &str) -> bool {
    key.strip_suffix(tail)
        .is_some_and(|before| before.is_empty() || before.ends_with('.'))
}
