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
    /// Whether a host gets to its own ports.
    pub(super) is_open_to_itself: bool,
    /// Rules that accept, in order. Those that come too late for a port do not have it.
    pub(super) rules: Vec<Rule>,
}

/// Where a line stands.
#[derive(Debug, Default)]
struct Chain {
    is_in_table: bool,
    is_open: bool,
    is_hooked: bool,
}

impl Chain {
    /// After a closing brace.
    fn end(&mut self) {
        if self.is_open {
            (self.is_open, self.is_hooked) = (false, false);
        }
    }
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
        // Rules count in a chain that is hooked into what comes in, in a table.
        let mut chain = Chain::default();
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
                ["table", "inet" | "ip" | "ip6", _, "{"] => chain.is_in_table = true,
                ["chain", _, "{"] => chain.is_open = chain.is_in_table,
                ["}"] => chain.end(),
                _ if words.windows(2).any(|pair| pair == ["hook", "input"]) => {
                    chain.is_hooked = chain.is_open;
                }
                _ => {}
            }
            if !chain.is_hooked {
                continue;
            }
            if words.contains(&"input") && words.windows(2).any(|pair| pair == ["policy", "drop"]) {
                found.is_closed = true;
            }
            if matches!(words.as_slice(), ["drop" | "reject"]) {
                found.is_closed = true;
            }
            let after = |first: &str, second: &str| {
                let mut pairs = words.windows(2);
                let at = pairs.position(|pair| pair == [first, second])?;
                Some(values(&words[at + 2..], &named))
            };
            if let ["iif" | "iifname", "lo", "accept", ..] = words.as_slice() {
                found.is_open_to_itself = true;
            }
            let ports = after("tcp", "dport");
            let ports = ports.iter().flatten().flat_map(|range| numbers(range));
            let ports: BTreeSet<u16> = ports.collect();
            let sources = after("ip", "saddr").or_else(|| after("ip6", "saddr"));
            let is_for_all = !words.contains(&"saddr");
            if is_for_all && (words.contains(&"drop") || words.contains(&"reject")) {
                found.closed.extend(ports);
            } else if words.contains(&"accept")
                && !ports.is_empty()
                && (is_for_all || sources.is_some())
            {
                found.rules.push(Rule {
                    ports: &ports - &found.closed,
                    sources: sources.into_iter().flatten().collect(),
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
        json!({"policy": if self.is_closed { "drop" } else { "accept" }, "closed": self.closed, "itself": self.is_open_to_itself, "rules": rules.collect::<Vec<_>>()})
    }
}

/// The words of a line; braces and signs are words of their own, commas and semicolons end one.
fn words(line: &str) -> Vec<String> {
    let spaced = line.replace('{', " { ").replace('}', " } ");
    let spaced = spaced.replace([',', ';'], " ").replace('=', " = ");
    // A comment is in quotes, the name of an interface may be.
    let spaced = spaced.replace("\"lo\"", "lo");
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
        let text = "table inet am {\nchain input {\ntype filter hook input priority 0; policy accept;\nip saddr 10.0.0.1 tcp dport 1 accept\ntcp dport { 1, 2 } drop\ntcp dport { 2, 3 } accept\n}\nchain output {\ntcp dport 4 accept\n}\n}\n";
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
