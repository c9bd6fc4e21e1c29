//! Breaking of names and keys into lines of a width.

/// `text` in lines of at most `characters`, broken behind spaces and signs where there are any. Nothing is left out; empty
/// text has no line.
pub(super) fn wrapped(text: &str, characters: usize) -> Vec<String> {
    let most = characters.max(1);
    let mut lines = Vec::new();
    let mut rest: Vec<char> = text.trim().chars().collect();
    while rest.len() > most {
        let is_end = |at: &usize| matches!(rest[*at - 1], ' ' | '.' | '-' | '/' | '_' | ':' | ',');
        // A line that is nearly empty reads worse than a broken word.
        let end = (most / 3 + 1..=most).rev().find(is_end).unwrap_or(most);
        let tail = rest.split_off(end);
        lines.push(String::from_iter(rest).trim_end().to_owned());
        rest = tail;
    }
    if !rest.is_empty() {
        lines.push(rest.into_iter().collect());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn a_name_is_broken_behind_a_sign_and_stays_whole() {
        let name = "a-release.with-a-long.name.example.com";
        let lines = wrapped(name, 14);
        assert_eq!(
            lines,
            ["a-release.", "with-a-long.", "name.example.", "com"]
        );
        assert_eq!(lines.concat(), name);
    }

    #[test]
    fn a_word_without_signs_is_broken_all_the_same() {
        assert_eq!(wrapped(&"é".repeat(5), 2), ["éé", "éé", "é"]);
        assert!(wrapped("", 4).is_empty());
    }
}
