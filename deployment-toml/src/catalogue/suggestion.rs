//! "Did you mean": known keys that look like an unknown one.

use crate::key::{KeyPath, Segment};

/// Keys less alike than this are no help.
const MIN_SIMILARITY: f64 = 0.8;
const MAX_SUGGESTIONS: usize = 3;

/// The known keys most like `unknown`, best first; also the same last two steps under another parent (a misplaced key).
pub(super) fn similar<'a>(unknown: &KeyPath, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let tail = tail(unknown);
    let unknown = unknown.pattern();
    let mut scored: Vec<(f64, &str)> = known
        .filter_map(|key| {
            let is_misplaced = tail.as_deref().is_some_and(|tail| ends_with(key, tail));
            let score = similarity(&unknown, key);
            if is_misplaced {
                Some((score.unwrap_or(0.0).max(MIN_SIMILARITY), key))
            } else {
                Some((score?, key))
            }
        })
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored
        .into_iter()
        .take(MAX_SUGGESTIONS)
        .map(|(_, key)| key.to_owned())
        .collect()
}

/// How alike two keys are, if they are alike enough.
fn similarity(a: &str, b: &str) -> Option<f64> {
    let longest = a.len().max(b.len());
    if least_edits(a, b) * 10 > longest * 3 {
        return None;
    }
    let score = strsim::normalized_damerau_levenshtein(a, b);
    (score >= MIN_SIMILARITY).then_some(score)
}

/// No fewer edits than this turn one text into the other: cheap, and rules out nearly every key.
fn least_edits(a: &str, b: &str) -> usize {
    let mut surplus = [0_isize; 32];
    for byte in a.bytes() {
        surplus[usize::from(byte % 32)] += 1;
    }
    for byte in b.bytes() {
        surplus[usize::from(byte % 32)] -= 1;
    }
    let sum = |sign: isize| -> isize { surplus.iter().map(|count| (count * sign).max(0)).sum() };
    sum(1).max(sum(-1)).unsigned_abs()
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
