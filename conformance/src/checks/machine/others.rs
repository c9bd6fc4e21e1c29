//! Where other sites come in: what this one is said to expose to them.

use std::collections::BTreeMap;

use super::hosts::machines;
use crate::{
    checks::wiring::hosts_at,
    context::Context,
    manifest::{Rule, holds},
};

/// What is exposed at a port of a machine.
struct Exposed {
    /// What it is.
    title: &'static str,
    /// The addresses that other sites are told.
    told: Vec<String>,
}

/// Ports of machines at which other sites come in.
pub(super) struct Others<'c, 'a> {
    context: &'c Context<'a>,
    at: BTreeMap<(&'a str, u16), Exposed>,
}

impl<'c, 'a> Others<'c, 'a> {
    pub(super) fn of(context: &'c Context<'a>) -> Self {
        let mut at: BTreeMap<_, Exposed> = BTreeMap::new();
        for (component, exposed) in &context.graph.crossings.exposed {
            for (place, node) in exposed.places() {
                for number in place.ports.values() {
                    for host in hosts_at(context, *component, node, *number) {
                        let exposed = at.entry((host, *number)).or_insert_with(|| Exposed {
                            title: component.title(),
                            told: Vec::new(),
                        });
                        exposed.told.push(format!("{}:{number}", place.host));
                    }
                }
            }
        }
        Self { context, at }
    }

    /// The ports of a host at which they come in.
    pub(super) fn ports_of(&self, host: &str) -> impl Iterator<Item = u16> {
        let exposed = self.at.keys().filter(move |(name, _)| *name == host);
        exposed.map(|(_, port)| *port)
    }

    /// Whom the rules of a firewall keep away from a port, though they are told to come there.
    pub(super) fn kept_away(&self, host: &str, port: u16, rules: &[Rule<'_>]) -> Vec<String> {
        let Some(exposed) = self.at.get(&(host, port)) else {
            return Vec::new();
        };
        let mut rules = rules.iter().filter(|rule| rule.ports.contains(&port));
        let callers = self.callers(exposed);
        if callers.is_empty() {
            let lets_strangers_in = |rule: &Rule<'_>| {
                rule.is_for_anybody() || rule.sources.iter().any(|range| self.is_outside(range))
            };
            let nobody = || vec![format!("other sites from the {}", exposed.title)];
            return if rules.any(lets_strangers_in) {
                Vec::new()
            } else {
                nobody()
            };
        }
        let rules: Vec<&Rule<'_>> = rules.collect();
        let is_let_in = |wanted: &str| {
            let mut rules = rules.iter();
            rules.any(|rule| {
                let mut sources = rule.sources.iter();
                rule.is_for_anybody() || sources.any(|range| holds(range, wanted))
            })
        };
        let away = callers.iter().filter(|(_, range)| !is_let_in(range));
        away.map(|(site, range)| format!("site {site} ({range}) from the {}", exposed.title))
            .collect()
    }

    /// Whether a source may be let in to a port because it is, or may be, of another site.
    pub(super) fn may_come(&self, host: &str, port: u16, source: &str) -> bool {
        let crossings = &self.context.graph.crossings;
        let ranges = crossings.callers.values().flatten();
        let is_known = crossings.callers.len() >= self.context.graph.sites.len().max(1);
        let is_theirs = if is_known {
            ranges
                .into_iter()
                .any(|range| holds(range, source) || holds(source, range))
        } else {
            self.is_outside(source)
        };
        is_theirs && self.at.contains_key(&(host, port))
    }

    /// Whether it is none of this site's machines.
    fn is_outside(&self, source: &str) -> bool {
        machines(self.context).host(source).is_none()
    }

    /// The sites whose documents have the address, each with the ranges from which it is declared to call.
    fn callers(&self, exposed: &Exposed) -> Vec<(&'a str, &'a str)> {
        let graph = self.context.graph;
        let calls = |site: &str| {
            graph.sites.get(site).is_some_and(|other| {
                let mut objects = other.manifest.objects.iter();
                let mut links = other.links.iter();
                objects.any(|object| exposed.told.iter().any(|told| object.text.contains(told)))
                    || links.any(|link| {
                        let address = &link.reference.address;
                        let at = address
                            .port_or_default()
                            .map(|port| format!("{}:{port}", address.host));
                        at.is_some_and(|at| exposed.told.contains(&at))
                    })
            })
        };
        let callers = graph.crossings.callers.iter();
        let callers = callers.filter(|(site, _)| calls(site));
        let ranges = callers
            .flat_map(|(site, ranges)| ranges.iter().map(|range| (site.as_str(), range.as_str())));
        ranges.collect()
    }
}
