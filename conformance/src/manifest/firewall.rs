//! The firewall of a host, as its document says it.

use std::{collections::BTreeSet, net::IpAddr};

use super::{FIREWALL, Manifest, Object};

/// What the firewall of a host lets in.
#[derive(Debug, Clone)]
pub struct Firewall<'a> {
    /// Its document.
    pub object: &'a Object,
    /// The rules that let something in, in order.
    pub rules: Vec<Rule<'a>>,
}

/// A rule of a firewall that lets something in.
#[derive(Debug, Clone)]
pub struct Rule<'a> {
    /// Ports of TCP.
    pub ports: BTreeSet<u16>,
    /// Addresses and ranges; empty for anybody.
    pub sources: Vec<&'a str>,
    /// Its line, from 1.
    pub line: Option<usize>,
}

impl<'a> Firewall<'a> {
    /// The firewall of a host, if it has one.
    pub fn of_host(manifest: &'a Manifest, host: &str) -> Option<Self> {
        let mut objects = manifest.of_kind(FIREWALL);
        let object = objects.find(|object| object.name() == host)?;
        Some(Self {
            object,
            rules: rules(object),
        })
    }

    /// Whether it keeps out whom no rule lets in to a port.
    pub fn is_closed(&self, port: u16) -> bool {
        let closed = self.object.value["closed"].as_array();
        self.object.str("/policy") == Some("drop")
            || closed.is_some_and(|closed| closed.contains(&port.into()))
    }

    /// Whether somebody at an address gets to a port.
    pub fn lets_in(&self, source: &str, port: u16) -> bool {
        !self.is_closed(port) || self.rules.iter().any(|rule| rule.lets_in(source, port))
    }
}

impl Rule<'_> {
    /// Whether it lets in somebody at an address to a port.
    pub fn lets_in(&self, source: &str, port: u16) -> bool {
        self.ports.contains(&port)
            && (self.is_for_anybody() || self.sources.iter().any(|range| covers(range, source)))
    }

    /// Whether it lets in everybody.
    pub fn is_for_anybody(&self) -> bool {
        self.sources.is_empty() || self.sources.iter().any(|range| range.ends_with("/0"))
    }
}

fn rules(object: &Object) -> Vec<Rule<'_>> {
    let rules = object.value["rules"].as_array().into_iter().flatten();
    let rule = |rule| {
        let ports = super::array_at(rule, "/ports").iter();
        let sources = super::array_at(rule, "/sources").iter();
        let line = super::integer_at(rule, "/line");
        Rule {
            ports: ports
                .filter_map(|port| u16::try_from(port.as_u64()?).ok())
                .collect(),
            sources: sources.filter_map(|source| source.as_str()).collect(),
            line: line.and_then(|line| usize::try_from(line).ok()),
        }
    };
    rules.map(rule).collect()
}

/// Whether an address, or a range in the notation of CIDR, holds an address.
pub(crate) fn covers(range: &str, address: &str) -> bool {
    let Some((network, length)) = range.split_once('/') else {
        return range == address;
    };
    let bits = |text: &str| match text.parse().ok()? {
        IpAddr::V4(address) => Some((u128::from(u32::from(address)), 32)),
        IpAddr::V6(address) => Some((u128::from(address), 128)),
    };
    let (Some((network, width)), Some((address, other)), Ok(length)) =
        (bits(network), bits(address), length.parse::<u32>())
    else {
        return false;
    };
    let shift = width - length.min(width);
    width == other && (shift >= 128 || network >> shift == address >> shift)
}

/// Whether a text is a range in the notation of CIDR.
pub(crate) fn is_range(text: &str) -> bool {
    let first = text.split('/').next().unwrap_or_default();
    text.contains('/') && covers(text, first)
}

/// Whether a range, or an address, holds all of another one.
pub(crate) fn holds(range: &str, other: &str) -> bool {
    let length = |range: &str| {
        let (_, length) = range.split_once('/')?;
        length.parse::<u32>().ok()
    };
    let first = other.split('/').next().unwrap_or_default();
    let is_wider = match (length(range), length(other)) {
        (Some(wide), Some(narrow)) => wide <= narrow,
        (wide, None) => wide.is_some(),
        (None, Some(_)) => false,
    };
    range == other || is_wider && covers(range, first)
}

#[cfg(test)]
mod tests {
    use super::{covers, holds, is_range};

    #[test]
    fn a_range_holds_narrower_ones() {
        assert!(holds("10.0.0.0/8", "10.2.0.0/16") && holds("10.2.0.0/16", "10.2.0.0/16"));
        assert!(holds("10.2.0.0/16", "10.2.3.4") && holds("10.2.3.4", "10.2.3.4"));
        assert!(!holds("10.2.0.0/24", "10.2.0.0/16") && !holds("10.2.0.1", "10.2.0.0/16"));
        assert!(is_range("10.2.0.0/16") && is_range("fd00::/8"));
        assert!(!is_range("10.2.0.1") && !is_range("nyc") && !is_range("10.2.0.0/x"));
    }

    #[test]
    fn a_range_holds_its_addresses() {
        assert!(covers("10.0.1.0/24", "10.0.1.9") && covers("0.0.0.0/0", "10.0.0.1"));
        assert!(covers("fd00::/8", "fd00::1") && covers("::/0", "fd00::1"));
        assert!(!covers("10.0.1.0/24", "10.0.2.1") && !covers("10.0.0.0/8", "fd00::1"));
        assert!(covers("10.0.0.1", "10.0.0.1") && !covers("10.0.0.1", "10.0.0.10"));
        assert!(!covers("nonsense/24", "10.0.0.1"));
    }
}
