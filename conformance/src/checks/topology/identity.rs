//! What tells nodes of a component apart by right: numbers and words in their names, and their addresses.

use std::collections::BTreeSet;

/// Stands for what names a node.
const SOME_NODE: &str = "§";

/// The words by which nodes of a group are told apart.
#[derive(Debug, Default)]
pub(super) struct Identity {
    words: BTreeSet<String>,
}

impl Identity {
    /// From the names of all nodes: the words that not all of them have, and the numbers of nodes, counted from 0 or 1.
    pub(super) fn of(names: &[&str]) -> Self {
        let words_of =
            |name: &str| -> BTreeSet<String> { words(name).map(str::to_owned).collect() };
        let all: Vec<BTreeSet<String>> = names.iter().map(|name| words_of(name)).collect();
        let is_common = |word: &String| all.iter().all(|words| words.contains(word));
        let own = all.iter().flatten().filter(|word| !is_common(word));
        let mut words: BTreeSet<String> = own.clone().cloned().collect();
        let numbers = own.filter_map(|word| Some(split(word)?.1.to_owned()));
        words.extend(numbers.collect::<Vec<_>>());
        words.extend((0..=names.len()).map(|number| number.to_string()));
        Self { words }
    }

    /// A text without what names a node, so that texts of nodes can be compared.
    pub(super) fn without(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if let Some(address) = address_at(rest).filter(|_| !out.ends_with(is_of_word)) {
                out.push_str(SOME_NODE);
                rest = &rest[address..];
                continue;
            }
            let end = rest
                .find(|letter| !is_of_word(letter))
                .unwrap_or(rest.len());
            if end == 0 {
                out.push(first);
                rest = &rest[first.len_utf8()..];
                continue;
            }
            let (word, after) = rest.split_at(end);
            // Parts of a version or another number with a point are not numbers of nodes.
            let digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
            let mut next = after.chars();
            let mut last = out.chars().rev();
            let is_part = next.next() == Some('.') && digit(next.next())
                || last.next() == Some('.') && digit(last.next());
            match split(word) {
                _ if is_part => out.push_str(word),
                _ if self.words.contains(word) => out.push_str(SOME_NODE),
                Some((letters, number)) if self.words.contains(number) => {
                    out.push_str(letters);
                    out.push_str(SOME_NODE);
                }
                _ => out.push_str(word),
            }
            rest = after;
        }
        out
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric()
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|letter| !is_of_word(letter))
        .filter(|word| !word.is_empty())
}

/// A word with a number at its end, such as `cp2`: its letters and the number.
fn split(word: &str) -> Option<(&str, &str)> {
    let letters = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let number = &word[letters.len()..];
    let is_one = !number.is_empty() && letters.chars().all(|letter| letter.is_ascii_alphabetic());
    is_one.then_some((letters, number))
}

/// The length of an IPv4 address at the start of a text.
fn address_at(text: &str) -> Option<usize> {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let address = &text[..end.unwrap_or(text.len())];
    address
        .parse::<std::net::Ipv4Addr>()
        .ok()
        .map(|_| address.len())
}

#[cfg(test)]
mod tests {
    use super::Identity;

    fn are_alike(names: &[&str], one: &str, other: &str) -> bool {
        let identity = Identity::of(names);
        identity.without(one) == identity.without(other)
    }

    #[test]
    fn names_numbers_and_addresses_of_nodes_are_their_identity() {
        let names = ["apim-cp-deployment-1", "apim-cp-deployment-2"];
        for (one, other) in [
            ("apim-cp-1-service", "apim-cp-2-service"),
            ("tcp://apim-cp-2:5672", "tcp://apim-cp-1:5672"),
            ("cp1.example.com", "cp2.example.com"),
            ("-Dnode=1 -Xmx2g", "-Dnode=2 -Xmx2g"),
            ("tcp://10.0.0.11:5672", "tcp://10.0.0.12:5672"),
        ] {
            assert!(are_alike(&names, one, other), "{one} {other}");
        }
        let names = ["cp-primary", "cp-secondary"];
        assert!(are_alike(&names, "logs-primary", "logs-secondary"));
    }

    #[test]
    fn anything_else_is_a_difference() {
        let names = ["apim-cp-deployment-1", "apim-cp-deployment-2"];
        for (one, other) in [
            ("-Xmx1g", "-Xmx2g"),
            ("TLSv1.1", "TLSv1.2"),
            ("apim-credentials", "apim-credentials-2"),
            ("tcp://apim-cp-1:5672", "tcp://apim-cp-2:5673"),
            ("", "a"),
        ] {
            assert!(!are_alike(&names, one, other), "{one} {other}");
        }
    }
}
