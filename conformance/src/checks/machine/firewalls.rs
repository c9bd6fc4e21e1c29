//! Firewalls let in what is needed and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use serde_json::Value;

use super::{
    balancers::is_public,
    hosts::{document_of, machines},
    needs,
};
use crate::{
    context::{Context, Fault, Judge},
    manifest::{FIREWALL, Host, MACHINE, Object},
};

/// A rule of a firewall that lets something in.
struct Rule<'a> {
    ports: BTreeSet<u16>,
    sources: Vec<&'a str>,
    line: Option<usize>,
}

impl Rule<'_> {
    fn lets_in(&self, source: &str, port: u16) -> bool {
        self.ports.contains(&port)
            && (self.is_for_anybody() || self.sources.iter().any(|range| covers(range, source)))
    }

    fn is_for_anybody(&self) -> bool {
        self.sources.is_empty() || self.sources.iter().any(|range| range.ends_with("/0"))
    }
}

pub(super) fn let_in_what_is_needed(context: &Context<'_>, judge: &mut Judge<'_>) {
    let needs = needs::of(context);
    let none = BTreeMap::new();
    for host in &machines(context).hosts {
        let ports = ports_of(context, host);
        if ports.is_empty() {
            continue;
        }
        judge.looked();
        let Some(object) = document_of(context, FIREWALL, &host.name) else {
            let message = format!("host {} has no firewall", host.name);
            let help = "let in what other hosts and users need, and drop the rest: event receivers and brokers trust whoever reaches them";
            let mut fault = Fault::new(message, help);
            if let Some(machine) = document_of(context, MACHINE, &host.name) {
                fault = fault.object(machine).field(host.name.clone());
            }
            judge.fault(fault);
            continue;
        };
        let closed = object.value["closed"].as_array();
        let is_closed = |port: u16| {
            object.str("/policy") == Some("drop")
                || closed.is_some_and(|closed| closed.contains(&port.into()))
        };
        let open: Vec<String> = ports
            .iter()
            .filter(|(port, public)| !**public && !is_closed(**port))
            .map(|(port, _)| port.to_string())
            .collect();
        judge.require(open.is_empty(), || {
            let message = format!(
                "the firewall of {} lets anybody reach ports of its servers: {}",
                host.name,
                open.join(", ")
            );
            let help = "drop what comes to these ports after the rules that let somebody in";
            Fault::new(message, help).object(object).field("dport")
        });
        judge.require(object.value["itself"] == Value::Bool(true), || {
            let message = format!(
                "the firewall of {} keeps its own servers from each other",
                host.name
            );
            Fault::new(message, "begin with `iif lo accept`")
                .object(object)
                .field("chain")
        });
        let rules = rules(object);
        for (port, public) in ports {
            let needed = needs.get(&(host.name.clone(), port)).unwrap_or(&none);
            for (source, why) in needed {
                judge.require(rules.iter().any(|rule| rule.lets_in(source, port)), || {
                    let message = format!(
                        "the firewall of {} keeps {source} away from port {port}, which it needs ({why})",
                        host.name
                    );
                    Fault::new(message, format!("accept tcp dport {port} from {source}"))
                        .object(object)
                        .value(port.to_string())
                });
            }
            if public {
                let message = || {
                    let message = format!(
                        "the firewall of {} keeps users away from port {port}",
                        host.name
                    );
                    let help = format!("accept tcp dport {port} from where they come");
                    Fault::new(message, help)
                        .object(object)
                        .value(port.to_string())
                };
                judge.require(rules.iter().any(|rule| rule.ports.contains(&port)), message);
                continue;
            }
            for rule in rules.iter().filter(|rule| rule.ports.contains(&port)) {
                judge.looked();
                if let Some(excess) = excess(context, rule, needed) {
                    let message = format!(
                        "the firewall of {} lets {excess} reach port {port}, though nothing needs it",
                        host.name
                    );
                    let help = "remove the port from the rule, or whoever is too much";
                    judge.fault(
                        Fault::new(message, help)
                            .template(object, rule.line)
                            .value(port.to_string()),
                    );
                }
            }
        }
    }
}

/// Whom a rule lets in though they need nothing. A range that holds somebody who does is its writer's choice.
fn excess(
    context: &Context<'_>,
    rule: &Rule<'_>,
    needed: &BTreeMap<String, String>,
) -> Option<String> {
    if rule.is_for_anybody() {
        return Some("anybody".to_owned());
    }
    let too_much = rule
        .sources
        .iter()
        .find(|range| !needed.keys().any(|source| covers(range, source)))?;
    // Other sites are not among the documents.
    let is_of_others = too_much.contains('/') && !context.graph.crossings.exposed.is_empty();
    let named = machines(context).host(too_much).map(|host| &host.name);
    (!is_of_others).then(|| named.map_or_else(|| (*too_much).to_owned(), Clone::clone))
}

/// The ports that a host serves, and whether users come to each.
fn ports_of(context: &Context<'_>, host: &Host) -> BTreeMap<u16, bool> {
    let graph = context.graph;
    let mut ports = BTreeMap::new();
    // Without a load balancer users come to the node itself.
    let alone = machines(context).balancers().next().is_none();
    for node in &graph.nodes {
        let member = graph.member(node.id);
        if member.workload.object.str("/host") == Some(host.name.as_str()) {
            for listener in &node.listeners {
                let users = member
                    .component
                    .is_some_and(|component| listener.port.is_for_users_of(component));
                ports.insert(listener.said, alone && users);
            }
        }
    }
    for front in &host.fronts {
        *ports.entry(front.port).or_default() |= is_public(context, front);
    }
    ports
}

fn rules<'a>(object: &'a Object) -> Vec<Rule<'a>> {
    let rules = object.value["rules"].as_array().into_iter().flatten();
    let rule = |rule: &'a Value| {
        let ports = rule["ports"].as_array().into_iter().flatten();
        let sources = rule["sources"].as_array().into_iter().flatten();
        Rule {
            ports: ports
                .filter_map(|port| u16::try_from(port.as_u64()?).ok())
                .collect(),
            sources: sources.filter_map(Value::as_str).collect(),
            line: rule["line"]
                .as_u64()
                .and_then(|line| usize::try_from(line).ok()),
        }
    };
    rules.map(rule).collect()
}

/// Whether an address, or a range in the notation of CIDR, holds an address.
fn covers(range: &str, address: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_range_holds_its_addresses() {
        assert!(covers("10.0.1.0/24", "10.0.1.9") && covers("0.0.0.0/0", "10.0.0.1"));
        assert!(covers("fd00::/8", "fd00::1") && covers("::/0", "fd00::1"));
        assert!(!covers("10.0.1.0/24", "10.0.2.1") && !covers("10.0.0.0/8", "fd00::1"));
        assert!(covers("10.0.0.1", "10.0.0.1") && !covers("10.0.0.1", "10.0.0.10"));
        assert!(!covers("nonsense/24", "10.0.0.1"));
    }
}
