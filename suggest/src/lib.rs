//! "Did you mean …?": one rule for when two names are so alike that one is a slip of the other.

/// Edits that make another name of one with so many letters. Short names are too like each other to tell.
const fn allowed(letters: usize) -> usize {
    match letters {
        0..=3 => 0,
        4..=5 => 1,
        _ => 2,
    }
}

/// Whether `written` may be a slip of `known`: another name within an edit or two, depending on its length. Two letters that
/// changed places are one edit.
pub fn is_near(written: &str, known: &str) -> bool {
    distance(written, known).is_some()
}

/// The known name that `written` was probably meant to be.
pub fn near<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    known
        .into_iter()
        .filter_map(|known| Some((distance(written, known)?, known)))
        .min()
        .map(|(_, known)| known)
}

/// The edits from a name to the known one that it is a slip of.
fn distance(written: &str, known: &str) -> Option<usize> {
    let farthest = allowed(written.len().max(known.len()));
    // A difference in length alone tells most apart, and costs nothing.
    if known == written || known.len().abs_diff(written.len()) > farthest {
        return None;
    }
    Some(edits(written, known)).filter(|edits| *edits <= farthest)
}

/// How many letters must be changed, added, left out or exchanged with their neighbour to make one name of the other: for
/// choosing among names that are all right.
pub fn edits(one: &str, other: &str) -> usize {
    strsim::osa_distance(one, other)
}

/// A hint for an unknown name: the one that was probably meant, or the list of all when none is near.
///
/// Returns `None` when there are no known names at all.
pub fn hint<'k>(unknown: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    match near(unknown, known.iter().copied()) {
        Some(meant) => Some(format!("did you mean `{meant}`?")),
        None => (!known.is_empty()).then(|| format!("known are: {}", known.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::{hint, near};

    #[test]
    fn a_misspelled_name_is_recognised_and_another_name_is_not() {
        let known = ["am-credentials", "am-gateway", "service-url"];
        assert_eq!(near("am-rcedentials", known), Some("am-credentials"));
        assert_eq!(near("serviceUrl", known), Some("service-url"));
        assert_eq!(near("am-credentials", known), None);
        assert_eq!(near("am-gw", known), None);
        assert_eq!(near("something-else", known), None);
    }

    #[test]
    fn a_short_name_must_be_nearer() {
        assert_eq!(near("hots", ["host"]), Some("host"));
        assert_eq!(near("nam", ["name"]), Some("name"));
        assert_eq!(near("hosts", ["most"]), None);
        assert_eq!(near("dve", ["dev"]), None);
        assert_eq!(near("AM-FOO", ["AM-TOPO-001", "AM-SEC-001"]), None);
    }

    #[test]
    fn a_hint_names_the_nearest_or_lists_all() {
        let known = ["gateway", "all-in-one"];
        assert_eq!(
            hint("gatway", known).as_deref(),
            Some("did you mean `gateway`?")
        );
        assert_eq!(
            hint("zzz", known).as_deref(),
            Some("known are: all-in-one, gateway")
        );
        assert_eq!(hint("zzz", []), None);
    }
}
