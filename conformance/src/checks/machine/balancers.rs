//! Load balancers lead to the nodes that they are there for.

use std::collections::{BTreeMap, BTreeSet};

use am_product::{Port, Protocol};

use super::hosts::{document_of, machines};
use crate::{
    component::{Capability, Component},
    context::{Context, Fault, Judge},
    graph::{Answers, NodeId},
    manifest::{Balanced, Front, LOAD_BALANCER, Object},
    requirement::Layer,
};

/// A front with its load balancer's document.
pub(super) struct At<'a> {
    object: &'a Object,
    pub(super) front: &'a Front,
}

impl<'a> At<'a> {
    /// The fronts of all load balancers that are the subject's.
    pub(super) fn all(context: &Context<'a>) -> Vec<Self> {
        let mut found = Vec::new();
        for host in machines(context).balancers() {
            if let Some(object) = document_of(context, LOAD_BALANCER, &host.name) {
                let own = host.fronts.iter();
                let own = own.filter(|front| is_the_subjects(context, front));
                found.extend(own.map(|front| Self { object, front }));
            }
        }
        found
    }

    pub(super) fn fault(
        &self,
        line: Option<usize>,
        message: &str,
        help: impl Into<String>,
    ) -> Fault<'a> {
        let of = self.object.str("/host").unwrap_or_default();
        let message = format!("`{}` of the load balancer {of} {message}", self.front.name);
        Fault::new(message, help).template(self.object, line)
    }

    /// The line of its first server.
    pub(super) fn line(&self) -> Option<usize> {
        Some(self.front.backends.first()?.line)
    }
}

/// What a load balancer's server is: of which release, which component, and which of its ports.
pub(super) type Behind<'a> = (&'a str, Component, &'static Port);

pub(super) fn behind<'a>(
    context: &Context<'a>,
    backend: &Balanced,
) -> Option<(Answers, Behind<'a>)> {
    let own = context.graph;
    let server = own.resolver().server_behind(backend)?;
    let (graph, id) = match server {
        Answers::Own(id) => (own, id),
        Answers::Beside(id) => (own.beside.as_deref()?, id),
    };
    let port = graph.node(id)?.port_at(backend.port)?;
    let release = graph.member(id).workload.object.release.as_str();
    Some((server, (release, graph.component(id)?, port)))
}

/// Whether a front is judged with the subject: it leads to a server of it. One that leads to nobody is judged with API Manager.
pub(super) fn is_the_subjects(context: &Context<'_>, front: &Front) -> bool {
    let backends = front.backends.iter();
    let reached = backends.filter_map(|backend| context.graph.resolver().server_behind(backend));
    let reached: Vec<Answers> = reached.collect();
    let is_own = |server: &Answers| server.own().is_some();
    let is_orphan = || {
        let layer = Layer::of(context.subject.pattern);
        reached.is_empty() && layer == Layer::ApiManagement
    };
    reached.iter().any(is_own) || is_orphan()
}

/// Whether users come to a front: it has host names, or it leads to a port for users of API Manager to which no front with host names
/// does.
pub(super) fn is_public(context: &Context<'_>, front: &Front) -> bool {
    let leads_to = |front: &Front| {
        let (_, (_, component, port)) = behind(context, front.backends.first()?)?;
        Some((component, port))
    };
    let Some((component, port)) = leads_to(front).filter(|_| front.names.is_empty()) else {
        return !front.names.is_empty();
    };
    let mut fronts = machines(context).balancers().flat_map(|host| &host.fronts);
    port.is_for_users_of(component)
        && !component.distribution().is_companion()
        && !fronts
            .any(|other| !other.names.is_empty() && leads_to(other) == Some((component, port)))
}

/// Every front leads to all nodes of one component at one port, and keeps the sessions of portals.
pub(super) fn lead_to_every_node(context: &Context<'_>, judge: &mut Judge<'_>) {
    let all = At::all(context);
    judge.applies(!all.is_empty(), "there is no load balancer");
    for at in all {
        judge.looked();
        if at.front.backends.is_empty() {
            let help = "list every node of the component as a server";
            judge.fault(at.fault(None, "leads to nobody", help));
        }
        let mut reached: BTreeMap<Meant<'_>, BTreeSet<NodeId>> = BTreeMap::new();
        for backend in &at.front.backends {
            judge.require(!backend.is_down, || {
                let message = format!("sends nobody to {}:{}", backend.host, backend.port);
                let help = "remove `down` (nginx), `disabled` or `weight 0` (HAProxy): a node that is to be left out for a while is drained on the running load balancer";
                at.fault(Some(backend.line), &message, help)
                    .value(backend.host.clone())
            });
            match behind(context, backend) {
                Some((server, (release, component, port))) => {
                    let nodes = reached.entry((component, &port.name, release)).or_default();
                    nodes.extend(server.own());
                }
                None => judge.fault(
                    at.fault(
                        Some(backend.line),
                        &format!(
                            "leads to {}:{}, where nothing listens",
                            backend.host, backend.port
                        ),
                        "write the address of a host and the port of what runs there",
                    )
                    .value(format!("{}:{}", backend.host, backend.port)),
                ),
            }
        }
        judge_reached(context, &at, &reached, judge);
    }
}

/// A component, the name of its port, and its release.
type Meant<'a> = (Component, &'a str, &'a str);

fn judge_reached(
    context: &Context<'_>,
    at: &At<'_>,
    reached: &BTreeMap<Meant<'_>, BTreeSet<NodeId>>,
    judge: &mut Judge<'_>,
) {
    let graph = context.graph;
    let said = |(component, port, release): &Meant<'_>| {
        let title = component.title();
        if component.distribution().is_companion() {
            format!("{port} of the {title} ({release})")
        } else {
            format!("{port} of the {title}")
        }
    };
    if reached.len() > 1 {
        let all: Vec<String> = reached.keys().map(said).collect();
        let message = format!("leads to {}", all.join(" and to "));
        let help = "let one section lead to one port of one component";
        judge.fault(at.fault(at.line(), &message, help));
        return;
    }
    let Some(((component, port, _), nodes)) = reached.first_key_value() else {
        return;
    };
    for node in graph.nodes_of(*component) {
        judge.require(nodes.contains(&node.id), || {
            let message = format!("does not lead to {}", graph.describe(node.id));
            let help = "list every node as a server: one that is left out has no users, and nobody takes its place";
            at.fault(at.line(), &message, help).value(node.pod_name.clone())
        });
    }
    let is_of_portals = component.has(Capability::Portals)
        && is_public(context, at.front)
        && Port::all()
            .iter()
            .any(|one| one.name == *port && one.speaks == Protocol::Servlets);
    judge.require(!is_of_portals || nodes.len() < 2 || at.front.is_sticky, || {
        let message = format!("sends users of the {} to any of its nodes", component.title());
        let help = "keep them at one node (`cookie` in HAProxy, `ip_hash` in nginx): the next click reaches the other one otherwise, and asks for the password again";
        at.fault(at.line(), &message, help)
    });
}

/// Events go to each node, never to one of several.
pub(super) fn pass_no_events(context: &Context<'_>, judge: &mut Judge<'_>) {
    let all = At::all(context);
    judge.applies(!all.is_empty(), "there is no load balancer");
    for at in all {
        judge.looked();
        let events = at.front.backends.iter().find_map(|backend| {
            let (_, (.., port)) = behind(context, backend)?;
            port.speaks.is_of_events().then_some((backend, port))
        });
        if let Some((backend, port)) = events {
            let message = format!(
                "leads to {} of {}, which is for events",
                port.name, backend.host
            );
            let help = "remove it, and let clients connect to every node by its own address";
            judge.fault(at.fault(Some(backend.line), &message, help));
        }
    }
}

/// Of two nodes of which one takes events, a load balancer sends them to one, and to the other when that one is away.
pub(in crate::checks) fn follow_the_active_node(context: &Context<'_>, judge: &mut Judge<'_>) {
    for at in At::all(context) {
        let streams = at.front.backends.iter().filter(|backend| {
            let behind = behind(context, backend);
            behind.is_some_and(|(_, (.., port))| port.speaks == Protocol::Streams)
        });
        let streams: Vec<&Balanced> = streams.collect();
        if streams.len() < 2 {
            continue;
        }
        judge.looked();
        let asked = streams.iter().filter(|one| !one.is_backup).count();
        if asked > 1 {
            let message = "spreads events over an active node and a passive one, which takes none";
            let help = "write `backup` at every server but the first";
            judge.fault(at.fault(at.line(), message, help));
        }
        let elsewhere = streams.iter().find(|one| {
            let check = one.check_port();
            check.is_some_and(|port| port != one.port)
        });
        if let Some(backend) = elsewhere {
            let message = "asks a node on another port whether it is well: a passive node answers there, and takes no events";
            let help = "let it be asked on the port of the events, which a passive node has closed";
            judge.fault(at.fault(Some(backend.line), message, help));
        }
    }
}
