//! "did you mean …?" for names that do not exist.

/// A hint for an unknown name: the nearest candidate, or the list of all when none is near.
///
/// Returns `None` when there are no candidates at all.
pub fn hint<'a>(unknown: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut candidates: Vec<&str> = candidates.into_iter().collect();
    candidates.sort_unstable();
    candidates.dedup();
    if let Some(nearest) = nearest(unknown, &candidates) {
        return Some(format!("did you mean `{nearest}`?"));
    }
    (!candidates.is_empty()).then(|| format!("known are: {}", candidates.join(", ")))
}

fn nearest<'a>(unknown: &str, candidates: &[&'a str]) -> Option<&'a str> {
    candidates
        .iter()
        .map(|candidate| (strsim::jaro_winkler(unknown, candidate), *candidate))
        .filter(|(similarity, candidate)| *similarity > 0.8 || shares_words(unknown, candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// `service-url` and `service_url` are the same words.
fn shares_words(a: &str, b: &str) -> bool {
    let words = |text: &str| text.to_lowercase().replace(['-', '_', '.'], "");
    words(a) == words(b)
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn names_the_nearest_candidate() {
        let found = hint("gatway", ["gateway", "key-manager"]);
        assert_eq!(found.as_deref(), Some("did you mean `gateway`?"));
    }

    #[test]
    fn lists_all_candidates_when_none_is_near() {
        let found = hint("zzz", ["gateway", "all-in-one"]);
        assert_eq!(found.as_deref(), Some("known are: all-in-one, gateway"));
    }

    #[test]
    fn says_nothing_when_nothing_is_known() {
        assert_eq!(hint("zzz", []), None);
    }
}
