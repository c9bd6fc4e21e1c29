//! Where services are registered, and what is registered of their address.

use am_product::Protocol;

use crate::{
    component::{Capability, Component},
    context::{Context, Fault, Judge, configured},
    facts::PortFact,
    graph::{CATALOGUE_OF_STREAMS, Link, NodeId, Target, host_links},
    requirement::Ground,
};

/// The key of the catalogue's address in a `deployment.toml`.
const CATALOGUE: &str = "service_catalog";

/// The address of the service catalogue leads to the servlets of the component that has it, and names no path: the server adds it.
pub(super) fn is_the_event_hubs(context: &Context<'_>, judge: &mut Judge<'_>) {
    let links = || context.graph.links.iter().filter(|link| is_catalogue(link));
    judge.applies(links().next().is_some(), "no service catalogue is named");
    for link in links() {
        let node = context.graph.node(link.from);
        let Some(configuration) = node.and_then(|node| node.configuration.as_ref()) else {
            continue;
        };
        judge.looked();
        let key = link.reference.key.to_string();
        let address = &link.reference.address;
        let from = context.graph.describe(link.from);
        let wrong = if let Some(wrong) = not_the_catalogue(context, &link.target) {
            format!("on the {from}, `{key}` leads to {wrong}, which has no service catalogue")
        } else if !address.path.trim_end_matches('/').is_empty() {
            format!(
                "on the {from}, `{key}` has the path `{}`, to which the server adds its own",
                address.path
            )
        } else {
            continue;
        };
        let port = PortFact::speaking(Protocol::Servlets, true);
        let hubs = Component::all().filter(|component| component.has(Capability::EventHub));
        let hubs: Vec<&str> = hubs.map(Component::title).collect();
        let help = format!(
            "write https, the {} of the {}, and its port {} ({}), and no path",
            at(context),
            hubs.join(" or the "),
            port.name,
            port.number
        );
        judge.fault(
            Fault::new(wrong, help)
                .at(configuration, key, link.reference.span)
                .value(link.reference.raw.clone()),
        );
    }
}

/// Where all nodes of a component are reached.
fn at(context: &Context<'_>) -> &'static str {
    match context.ground() {
        Ground::Clusters => "Service",
        Ground::Machines => "load balancer, or the host where there is one node",
    }
}

/// Every address of a service catalogue that a server is told: the server, the host and its port.
pub(super) fn addresses(context: &Context<'_>) -> Vec<(NodeId, String, Option<u16>)> {
    let graph = context.graph;
    let links = graph.links.iter().filter(|link| is_catalogue(link));
    let in_toml = links.map(|link| {
        let address = &link.reference.address;
        let host = address.host.trim_end_matches('.').to_lowercase();
        (link.from, host, address.port_or_default())
    });
    let hosts = host_links(graph, context.facts).into_iter();
    let in_yaml = hosts.filter(|link| link.key.starts_with(CATALOGUE_OF_STREAMS));
    let in_yaml = in_yaml.map(|link| (link.from, link.host, link.port));
    in_toml.chain(in_yaml).collect()
}

pub(super) fn is_catalogue(link: &Link) -> bool {
    let key = link.reference.key.to_string();
    key.starts_with(CATALOGUE) && link.is_written() && link.reference.enabled
}

/// What a target is instead of the servlets of an event hub. Of what is outside nobody knows.
fn not_the_catalogue(context: &Context<'_>, target: &Target) -> Option<String> {
    let wanted = PortFact::speaking(Protocol::Servlets, true);
    let judged = |component: Option<Component>, is_port: bool| {
        let is_hub = component.is_some_and(|it| it.has(Capability::EventHub));
        let title = component.map_or("server of something else", Component::title);
        match (is_hub, is_port) {
            (false, _) => Some(format!("the {title}")),
            (true, false) => Some(format!("a port of the {title} that is not {}", wanted.name)),
            (true, true) => None,
        }
    };
    match target {
        Target::Elsewhere(there) => judged(Some(there.component), there.port == wanted.number),
        Target::Nodes { nodes, port, .. } => {
            let id = nodes.iter().next()?;
            let own = context.graph.node(*id)?.port_at(*port);
            judged(context.graph.component(*id), own == Some(wanted))
        }
        Target::Own { .. } => Some("itself".to_owned()),
        Target::Route { .. }
        | Target::External
        | Target::Dangling { .. }
        | Target::Unknown { .. } => None,
    }
}

/// Services that a server registers say where they are by these variables; without them each node names itself.
const HOST: &str = "MI_HOST";
const PORT: &str = "MI_PORT";

/// What stands for the address in a registered service leads to all nodes that run it, at the port that is spoken there.
pub(super) fn services_are_told_their_own_address(context: &Context<'_>, judge: &mut Judge<'_>) {
    let graph = context.graph;
    let registers = graph.links.iter().any(is_catalogue);
    judge.applies(registers, "no service catalogue is named");
    for (node, component, _) in configured(graph) {
        let is_told = graph
            .links
            .iter()
            .any(|link| link.from == node.id && is_catalogue(link));
        if !component.has(Capability::Integrates) || !is_told {
            continue;
        }
        judge.looked();
        let member = graph.member(node.id);
        let title = component.title();
        let variable = |name: &str| member.main.and_then(|main| main.env_literal(name));
        let (Some(host), Some(port)) = (variable(HOST), variable(PORT)) else {
            let message =
                format!("the {title} is not told by {HOST} and {PORT} where its services are");
            let at = at(context);
            let help = format!("set {HOST} to its {at} and {PORT} to the port there");
            judge.fault(Fault::new(message, help).object(member.workload.object));
            continue;
        };
        let namespace = member.workload.object.namespace();
        let target = graph.resolver().resolve(namespace, host, port.parse().ok());
        let is_own = match &target {
            Target::Nodes { nodes, port, .. } => {
                let all = graph.nodes_of(component).len();
                let speaks = node
                    .port_at(*port)
                    .is_some_and(|port| port.speaks == Protocol::Integrations);
                nodes.len() == all && nodes.contains(&node.id) && speaks
            }
            // A host of its users' own.
            Target::Route { .. } | Target::External => true,
            _ => false,
        };
        judge.require(is_own, || {
            Fault::new(
                format!("{HOST} and {PORT} of the {title} are `{host}` and `{port}`, where its services are not"),
                format!("set {HOST} to its {} and {PORT} to the port of integrations there", at(context)),
            )
            .object(member.workload.object)
            .value(format!("{host}:{port}"))
        });
    }
}
