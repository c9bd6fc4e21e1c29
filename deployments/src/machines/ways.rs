//! Who connects to which port of which host: what firewalls let in.

use std::collections::BTreeMap;

use am_generator::model::wiring::Reach;
use serde::Serialize;
use serde_json::Value;

use super::balancer::Front;
use super::layout::{Component, Layout, Node};

/// A port of a host that somebody needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Opening {
    pub(crate) port: u16,
    /// Addresses of those who connect, in the order of the document; everybody where there are none.
    pub(crate) from: Vec<String>,
    /// Who they are, and what for.
    pub(crate) why: Vec<String>,
}

/// All of a site, by the names of hosts.
pub(crate) type Openings = BTreeMap<String, Vec<Opening>>;

struct Ways<'l, 'a, 'm> {
    layout: &'l Layout<'a, 'm>,
    openings: Openings,
}

/// Every port that somebody needs.
pub(crate) fn openings(layout: &Layout<'_, '_>, effective: &Value) -> Openings {
    let hosts = layout.machines.hosts.names();
    let mut ways = Ways {
        layout,
        openings: hosts.map(|name| (name.to_owned(), Vec::new())).collect(),
    };
    ways.between_components();
    ways.of_integrators();
    ways.of_other_sites();
    ways.of_users(effective);
    ways.of_checks();
    for openings in ways.openings.values_mut() {
        openings.sort_by_key(|it| it.port);
    }
    ways.openings
}

impl<'m> Ways<'_, '_, 'm> {
    fn between_components(&mut self) {
        let layout = self.layout;
        for client in &layout.components {
            for edge in layout.edges_on(client) {
                let Some(to) = layout.position(edge.peer) else {
                    continue;
                };
                let server = &layout.components[to];
                let why = format!("{} to {}", client.name, server.name);
                for port in edge.form.ports() {
                    match edge.reach {
                        Reach::OwnNode | Reach::OwnServer => {}
                        Reach::Service => {
                            self.at_all_of((to, &port.value), Some(&client.nodes), &why);
                        }
                        _ => self.at_nodes_of(server, &port.value, Some(&client.nodes), &why),
                    }
                }
            }
        }
    }

    /// Gateways call integrators; these find each other, and tell API Manager what they have.
    fn of_integrators(&mut self) {
        let layout = self.layout;
        for (to, server) in layout.components.iter().enumerate() {
            let Some(cluster) = server.cluster else {
                continue;
            };
            if let Some(caller) = layout.caller() {
                let why = format!("{} to {}", caller.name, server.name);
                for (port, _) in cluster.ports() {
                    self.at_all_of((to, port), Some(&caller.nodes), &why);
                }
            }
            let clients = cluster.client_ranges().into_iter();
            let clients: Vec<Node<'_>> = clients
                .map(|range| Node {
                    host: range,
                    address: range,
                })
                .collect();
            if !clients.is_empty() {
                let why = format!("clients of {}", server.name);
                for (port, _) in cluster.ports() {
                    self.at_all_of((to, port), Some(&clients), &why);
                }
            }
            let why = format!("{} among themselves", server.name);
            for (port, _) in cluster.own_ports() {
                self.at_nodes_of(server, port, Some(&server.nodes), &why);
            }
            if let Some(catalogue) = layout.catalogue().filter(|_| cluster.kind.registers) {
                let why = format!("{} to the service catalogue", server.name);
                self.at_all_of(catalogue, Some(&server.nodes), &why);
            }
        }
    }

    fn of_other_sites(&mut self) {
        let layout = self.layout;
        for incoming in &layout.beside.incoming {
            let Some(to) = layout.position(incoming.component) else {
                continue;
            };
            let server = &layout.components[to];
            let from: Vec<Node<'_>> = incoming
                .ranges
                .iter()
                .map(|range| Node {
                    host: incoming.site,
                    address: range,
                })
                .collect();
            let why = format!("site {} to {}", incoming.site, incoming.component);
            match incoming.at_nodes {
                Some(number) => {
                    for node in &server.nodes {
                        self.add(node, number, Some(&from), &why);
                    }
                }
                None => self.at_all_of((to, incoming.port), Some(&from), &why),
            }
        }
    }

    fn of_users(&mut self, effective: &Value) {
        let layout = self.layout;
        for (to, component) in layout.components.iter().enumerate() {
            for (endpoint, port) in layout.served_without_name(component, effective) {
                self.at_all_of((to, port), None, endpoint);
            }
        }
        if let Some(balancer) = &layout.balancer {
            for site in &balancer.sites {
                for host in &balancer.hosts {
                    self.add(host, site.number, None, &site.name);
                }
                let why = format!("load balancer, {}", site.name);
                let to = &layout.components[site.to];
                self.at_nodes_of(to, site.port, Some(&balancer.hosts), &why);
            }
        }
    }

    /// A balancer that asks whether nodes are ready.
    fn of_checks(&mut self) {
        let layout = self.layout;
        let Some(balancer) = layout.balancer.as_ref().filter(|it| it.program.checks) else {
            return;
        };
        for (to, component) in layout.components.iter().enumerate() {
            let asks_readiness = |front: &Front<'_>| front.to == to && !front.asks_port;
            let is_behind = balancer.fronts.iter().any(asks_readiness)
                || balancer.sites.iter().any(|site| site.to == to);
            if is_behind {
                let port = &component.part.component.probes.readiness.port.value;
                self.at_nodes_of(
                    component,
                    port,
                    Some(&balancer.hosts),
                    "load balancer, readiness",
                );
            }
        }
    }

    /// Where all nodes of a component are reached together.
    fn at_all_of(&mut self, (to, port): (usize, &str), from: Option<&[Node<'m>]>, why: &str) {
        let layout = self.layout;
        let server = &layout.components[to];
        if server.nodes.len() < 2 {
            return self.at_nodes_of(server, port, from, why);
        }
        let Some(balancer) = &layout.balancer else {
            return;
        };
        if let Some(front) = balancer.front(to, port) {
            for host in &balancer.hosts {
                self.add(host, front.number, from, why);
            }
            let why = format!("load balancer, {why}");
            self.at_nodes_of(&layout.components[to], port, Some(&balancer.hosts), &why);
        }
    }

    fn at_nodes_of(
        &mut self,
        to: &Component<'_, 'm>,
        port: &str,
        from: Option<&[Node<'m>]>,
        why: &str,
    ) {
        let number = to.number(port);
        for node in &to.nodes {
            self.add(node, number, from, why);
        }
    }

    /// What a host says to itself needs no opening.
    fn add(&mut self, host: &Node<'m>, port: u16, from: Option<&[Node<'m>]>, why: &str) {
        let others = from.map(|from| {
            let others = from.iter().filter(|other| other.address != host.address);
            others.map(|other| other.address).collect::<Vec<_>>()
        });
        if others.as_ref().is_some_and(Vec::is_empty) {
            return;
        }
        let openings = self.openings.entry(host.host.to_owned()).or_default();
        let known = openings
            .iter()
            .position(|it| it.port == port && it.from.is_empty() == others.is_none());
        let at = known.unwrap_or_else(|| {
            openings.push(Opening {
                port,
                from: Vec::new(),
                why: Vec::new(),
            });
            openings.len() - 1
        });
        let opening = &mut openings[at];
        for address in others.into_iter().flatten() {
            if !opening.from.iter().any(|known| known == address) {
                opening.from.push(address.to_owned());
            }
        }
        if !opening.why.iter().any(|known| known == why) {
            opening.why.push(why.to_owned());
        }
    }
}
