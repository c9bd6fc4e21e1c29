//! The firewall of a host: what nftables lets in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// What a firewall lets in.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Firewall {
    /// Whether it keeps out what no rule is about.
    pub(super) is_closed: bool,
    /// Ports that it keeps everybody away from whom no rule before lets in.
    pub(super) closed: BTreeSet<u16>,
    /// Rules that accept, in order. Those that come too late for a port do not have it.
    pub(super) rules: Vec<Rule>,
}

/// A rule that accepts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rule {
    /// Ports of TCP; none where it is not about ports.
    pub(super) ports: BTreeSet<u16>,
    /// Addresses and ranges; empty for anybody.
    pub(super) sources: BTreeSet<String>,
    /// Number of its line, from 1.
    pub(super) line: usize,
}

impl Firewall {
    /// Reads rules as `nft -f` does, as far as they are about ports of TCP and addresses: sets may stand in braces, in a named set or in a variable.
    /// Source: nft(8).
    pub(super) fn read(text: &str) -> Self {
        let mut found = Self::default();
        let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut set: Option<String> = None;
        for (index, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            let words = words(line);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            match words.as_slice() {
                ["define", name, "=", rest @ ..] => {
                    named.insert(format!("${name}"), elements(rest));
                }
                ["set", name, ..] => set = Some(format!("@{name}")),
                ["elements", "=", rest @ ..] => {
                    named.insert(set.take().unwrap_or_default(), elements(rest));
                }
                ["chain", ..] => set = None,
                _ => {}
            }
            if words.contains(&"input") && words.windows(2).any(|pair| pair == ["policy", "drop"]) {
                found.is_closed = true;
            }
            if matches!(words.as_slice(), ["drop" | "reject"]) {
                found.is_closed = true;
            }
            let after = |word: &str| {
                let at = words.iter().position(|one| *one == word)?;
                Some(values(&words[at + 1..], &named))
            };
            let ports = after("dport");
            let ports = ports.iter().flatten().flat_map(|range| numbers(range));
            let ports: BTreeSet<u16> = ports.collect();
            let is_for_all = after("saddr").is_none();
            if is_for_all && (words.contains(&"drop") || words.contains(&"reject")) {
                found.closed.extend(ports);
            } else if words.contains(&"accept") && !ports.is_empty() {
                found.rules.push(Rule {
                    ports: &ports - &found.closed,
                    sources: after("saddr").into_iter().flatten().collect(),
                    line: index + 1,
                });
            }
        }
        found
    }

    /// For documents.
    pub(super) fn into_value(self) -> Value {
        let rules = self
            .rules
            .iter()
            .map(|rule| json!({"ports": rule.ports, "sources": rule.sources, "line": rule.line}));
        json!({"policy": if self.is_closed { "drop" } else { "accept" }, "closed": self.closed, "rules": rules.collect::<Vec<_>>()})
    }
}

/// The words of a line; braces and signs are words of their own, commas and semicolons end one.
fn words(line: &str) -> Vec<String> {
    let spaced = line.replace('{', " { ").replace('}', " } ");
    let spaced = spaced.replace([',', ';'], " ").replace('=', " = ");
    let outside_quotes = spaced.split('"').step_by(2);
    outside_quotes
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect()
}

/// What stands in braces, or the first word.
fn elements(words: &[&str]) -> Vec<String> {
    match words {
        ["{", rest @ ..] => {
            let inside = rest.iter().take_while(|word| **word != "}");
            inside.map(|word| (*word).to_owned()).collect()
        }
        [first, ..] => vec![(*first).to_owned()],
        [] => Vec::new(),
    }
}

fn values(words: &[&str], named: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let written = elements(words).into_iter();
    written
        .flat_map(|word| named.get(&word).cloned().unwrap_or_else(|| vec![word]))
        .collect()
}

/// The numbers of a port or a range of them.
fn numbers(range: &str) -> Vec<u16> {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) => (first..=last).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::Firewall;

    #[test]
    fn sets_variables_and_ranges_are_followed() {
        let text = "define gateways = { 10.0.0.1, 10.0.0.2 }\ntable inet am {\n  set more {\n    elements = { 10.0.0.3 }\n  }\n  chain input {\n    \
            type filter hook input priority filter; policy drop;\n    tcp dport 22 accept\n    ip saddr $gateways tcp dport { 9443, 5672 } accept comment \"x, dport 1\"\n    \
            ip saddr @more tcp dport 9000-9001 accept\n  }\n}\n";
        let firewall = Firewall::read(text);
        assert!(firewall.is_closed);
        let seen: Vec<(Vec<u16>, usize)> = firewall
            .rules
            .iter()
            .map(|rule| (rule.ports.iter().copied().collect(), rule.sources.len()))
            .collect();
        assert_eq!(
            seen,
            [(vec![22], 0), (vec![5672, 9443], 2), (vec![9000, 9001], 1)]
        );
    }

    #[test]
    fn ports_are_closed_after_those_that_are_let_in() {
        let text = "tcp dport 1 ip saddr 10.0.0.1 accept\ntcp dport { 1, 2 } drop\ntcp dport { 2, 3 } accept\n";
        let firewall = Firewall::read(text);
        assert_eq!(firewall.closed, [1, 2].into());
        let open: Vec<_> = firewall
            .rules
            .iter()
            .map(|rule| rule.ports.clone())
            .collect();
        assert_eq!(open, [[1].into(), [3].into()]);
    }

    #[test]
    fn a_chain_that_accepts_the_rest_is_open() {
        let text = "table inet am {\n chain input {\n type filter hook input priority 0; policy accept;\n tcp dport 1 accept\n }\n}";
        assert!(!Firewall::read(text).is_closed);
    }
}
