//! Names that are almost those of something else.

/// The known name that `written` was probably meant to be: another one within two letters, counting two that changed
/// places as one. Short names are too like each other to tell.
pub(super) fn near<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if written.len() < SHORTEST {
        return None;
    }
    known
        .into_iter()
        // A difference in length alone tells most apart, and costs nothing.
        .filter(|known| known.len().abs_diff(written.len()) <= FARTHEST && *known != written)
        .map(|known| (strsim::osa_distance(known, written), known))
        .filter(|(distance, _)| *distance <= FARTHEST)
        .min()
        .map(|(_, known)| known)
}

const SHORTEST: usize = 6;
const FARTHEST: usize = 2;

#[cfg(test)]
mod tests {
    use super::near;

    #[test]
    fn a_misspelled_name_is_recognised_and_another_name_is_not() {
        let known = ["am-credentials", "am-gateway"];
        assert_eq!(near("am-rcedentials", known), Some("am-credentials"));
        assert_eq!(near("am-credentials", known), None);
        assert_eq!(near("am-gw", known), None);
        assert_eq!(near("something-else", known), None);
    }
}
