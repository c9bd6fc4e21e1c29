//! Firewalls let in what is needed and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    balancers::{is_public, is_the_subjects},
    hosts::{document_of, machines},
    needs,
    others::Others,
};
use crate::{
    checks::wiring::further_ports,
    context::{Context, Fault, Judge},
    manifest::{Firewall, Host, MACHINE, Rule, covers},
};

pub(super) fn let_in_what_is_needed(context: &Context<'_>, judge: &mut Judge<'_>) {
    let needs = needs::of(context);
    let others = Others::of(context);
    for host in &machines(context).hosts {
        let mut ports = ports_of(context, host);
        for port in others.ports_of(&host.name) {
            ports.entry(port).or_default();
        }
        if ports.is_empty() {
            continue;
        }
        judge.looked();
        let Some(firewall) = Firewall::of_host(context.manifest, &host.name) else {
            let message = format!("host {} has no firewall", host.name);
            let help = "let in what other hosts and users need, and drop the rest: event receivers and brokers trust whoever reaches them";
            let mut fault = Fault::new(message, help);
            if let Some(machine) = document_of(context, MACHINE, &host.name) {
                fault = fault.object(machine).field(host.name.clone());
            }
            judge.fault(fault);
            continue;
        };
        let object = firewall.object;
        let open: Vec<String> = ports
            .iter()
            .filter(|(port, public)| !**public && !firewall.is_closed(**port))
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
        let rules = &firewall.rules;
        for (port, public) in ports {
            for (source, why) in needs.required(&host.name, port) {
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
            for away in others.kept_away(&host.name, port, rules) {
                let message = format!(
                    "the firewall of {} keeps {away} at port {port}, where they are told to reach it",
                    host.name
                );
                let help = format!(
                    "accept tcp dport {port} from the ranges of the other sites, or correct what they are told (`exposed`)"
                );
                judge.fault(
                    Fault::new(message, help)
                        .object(object)
                        .value(port.to_string()),
                );
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
            let welcome = needs.welcome(&host.name, port);
            for rule in rules.iter().filter(|rule| rule.ports.contains(&port)) {
                judge.looked();
                let may_come = |source: &str| others.may_come(&host.name, port, source);
                if let Some(excess) = excess(context, rule, &welcome, may_come) {
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
    welcome: &BTreeSet<&str>,
    may_come: impl Fn(&str) -> bool,
) -> Option<String> {
    if rule.is_for_anybody() {
        return Some("anybody".to_owned());
    }
    let is_welcome = |range: &str| welcome.iter().any(|source| meets(range, source));
    let mut sources = rule.sources.iter();
    let too_much = sources.find(|range| !is_welcome(range) && !may_come(range))?;
    let named = machines(context).host(too_much).map(|host| &host.name);
    Some(named.map_or_else(|| (*too_much).to_owned(), Clone::clone))
}

/// Whether a range has something in common with an address, or with a range of those who may come.
fn meets(range: &str, source: &str) -> bool {
    let first = |range: &str| range.split('/').next().unwrap_or_default().to_owned();
    range == source || covers(range, &first(source)) || covers(source, &first(range))
}

/// The ports that a host serves for the subject, and whether users come to each.
fn ports_of(context: &Context<'_>, host: &Host) -> BTreeMap<u16, bool> {
    let graph = context.graph;
    let mut ports = BTreeMap::new();
    // Without a load balancer users come to the node itself.
    let alone = machines(context).balancers().next().is_none();
    for node in &graph.nodes {
        let member = graph.member(node.id);
        if member.host() == host.name {
            for listener in &node.listeners {
                let users = member.component.is_some_and(|component| {
                    // Users of integrations and streams come through gateways.
                    !component.distribution().is_companion()
                        && listener.port.is_for_users_of(component)
                });
                ports.insert(listener.said, alone && users);
            }
            for port in further_ports(node) {
                ports.entry(port).or_default();
            }
        }
    }
    let own = host.fronts.iter();
    for front in own.filter(|front| is_the_subjects(context, front)) {
        *ports.entry(front.port).or_default() |= is_public(context, front);
    }
    ports
}
