//! Connections between releases that are in one cluster, or on the machines of one site.

use super::{
    edges::{pods_of, port_of},
    reachability::{Direction, Policies, Verdict},
};
use crate::{
    context::Context,
    graph::Member,
    manifest::{Firewall, Front, Host, Machines},
};

/// Whether policies or firewalls let a server of these releases, or of those beside them, connect to a port of another; `None` where
/// documents do not tell.
pub(in crate::checks) fn passes(
    context: &Context<'_>,
    client: &Member<'_>,
    server: &Member<'_>,
    number: u16,
) -> Option<bool> {
    if let Some(machines) = &context.manifest.machines {
        let on_machines = OnMachines { context, machines };
        return Some(on_machines.way(client, server, number).is_some());
    }
    let mut policies = Policies::of(context.manifest);
    if let Some(beside) = &context.manifest.beside {
        policies.all.extend(Policies::of(beside).all);
    }
    let (from, to) = (pods_of(&client.workload), pods_of(&server.workload));
    let port = port_of(server, number);
    let leaves = policies.passes(&from, Direction::Egress, &to, port);
    let enters = policies.passes(&to, Direction::Ingress, &from, port);
    match leaves.min(enters) {
        Verdict::Denied => Some(false),
        Verdict::Unknown => None,
        Verdict::Allowed => Some(true),
    }
}

/// As [`passes`], for a client that asks for an address at which the server is: a machine's own, or one of the load balancers.
pub(in crate::checks) fn passes_by(
    context: &Context<'_>,
    client: &Member<'_>,
    (host, asked): (&str, u16),
    server: &Member<'_>,
    number: u16,
) -> Option<bool> {
    let Some(machines) = &context.manifest.machines else {
        return passes(context, client, server, number);
    };
    let on_machines = OnMachines { context, machines };
    if machines.fronts_at(host, asked).next().is_none() {
        return Some(on_machines.lets_in(server, client.host(), client.address(), number));
    }
    let is_open = |balancer: &Host| {
        on_machines.is_open(&balancer.name, client.host(), client.address(), asked)
            && on_machines.lets_in(server, &balancer.name, &balancer.address, number)
    };
    Some(machines.balancers().all(is_open))
}

/// How a connection gets from one machine to another.
#[derive(Debug, Clone, Copy)]
pub(in crate::checks) enum Way<'a> {
    /// They are one machine.
    SameHost,
    /// The firewall of the server's host lets it in.
    Direct,
    /// A load balancer leads there, and its host lets the client in.
    Through(&'a Host, &'a Front),
}

/// The way from a server to a port of another one on machines; none where firewalls keep them apart, or there are no machines.
pub(in crate::checks) fn way_on_machines<'a>(
    context: &Context<'a>,
    client: &Member<'_>,
    server: &Member<'_>,
    number: u16,
) -> Option<Way<'a>> {
    let machines = context.manifest.machines.as_ref()?;
    OnMachines { context, machines }.way(client, server, number)
}

struct OnMachines<'c, 'a> {
    context: &'c Context<'a>,
    machines: &'a Machines,
}

impl<'a> OnMachines<'_, 'a> {
    fn way(&self, client: &Member<'_>, server: &Member<'_>, number: u16) -> Option<Way<'a>> {
        if client.host() == server.host() {
            return Some(Way::SameHost);
        }
        if self.lets_in(server, client.host(), client.address(), number) {
            return Some(Way::Direct);
        }
        let leads = |front: &&Front| {
            front.backends.iter().any(|backend| {
                let host = self.machines.host(&backend.host);
                backend.port == number && host.is_some_and(|host| host.name == server.host())
            })
        };
        self.machines.balancers().find_map(|balancer| {
            let mut fronts = balancer.fronts.iter().filter(leads);
            let front = fronts.find(|front| {
                self.is_open(&balancer.name, client.host(), client.address(), front.port)
            })?;
            self.lets_in(server, &balancer.name, &balancer.address, number)
                .then_some(Way::Through(balancer, front))
        })
    }

    fn lets_in(&self, server: &Member<'_>, from: &str, address: &str, port: u16) -> bool {
        self.is_open(server.host(), from, address, port)
    }

    /// Whether a host lets in what comes from another one, or from itself.
    fn is_open(&self, host: &str, from: &str, address: &str, port: u16) -> bool {
        let firewall = Firewall::of_host(self.context.manifest, host);
        host == from || firewall.is_none_or(|firewall| firewall.lets_in(address, port))
    }
}
