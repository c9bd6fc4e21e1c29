//! "Did you mean": known keys that look like an unknown one.

use crate::key::{KeyPath, Segment};

/// Keys less alike than this are no help.
const MIN_SIMILARITY: f64 = 0.8;
const MAX_SUGGESTIONS: usize = 3;

/// The known keys most like `unknown`, best first; also the same last two steps under another parent (a misplaced key).
pub(super) fn similar<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let tail = tail(unknown);
    let mut scored: Vec<(f64, &str)> = known
        .filter_map(|key| {
            let score = strsim::normalized_damerau_levenshtein(unknown, key);
            let misplaced = tail.is_some() && self::tail(key) == tail;
            let score = if misplaced {
                score.max(MIN_SIMILARITY)
            } else {
                score
            };
            (score >= MIN_SIMILARITY).then_some((score, key))
        })
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored
        .into_iter()
        .take(MAX_SUGGESTIONS)
        .map(|(_, key)| key.to_owned())
        .collect()
}

/// The last two keys; one alone (`enable`, `type`) says nothing.
fn tail(key: &str) -> Option<[String; 2]> {
    let path = KeyPath::from(key);
    let mut keys = path.segments().iter().rev().filter_map(|s| match s {
        Segment::Key(name) => Some(name.clone()),
        Segment::Index(_) => None,
    });
    Some([keys.next()?, keys.next()?])
}
