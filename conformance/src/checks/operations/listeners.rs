//! A server that listens to a broker waits for it: a listener whose first connection fails is never tried again.

use am_deployment_toml::wiring::Purpose;

use crate::{
    component::Component,
    context::{Context, Fault, Judge},
    facts::Shape,
    graph::{Awaited, Graph, Link, Node, Target, awaited},
};

/// What a server listens to, with the name of whom it listens to.
const LISTENS: [(Purpose, &str); 2] = [
    (Purpose::EventHubListening, "event hub"),
    (Purpose::ThrottleDecision, "throttling component"),
];

pub(super) fn wait_for_their_hub(context: &Context<'_>, judge: &mut Judge<'_>) {
    let graph = context.graph;
    for member in &graph.members {
        let Some(component) = member.component else {
            continue;
        };
        let waits = awaited(graph, member);
        for node in graph.nodes_of(component) {
            if !std::ptr::eq(graph.member(node.id), member) {
                continue;
            }
            let heard: Vec<Heard<'_>> = LISTENS
                .iter()
                .map(|(purpose, name)| Heard {
                    title: component.title(),
                    name,
                    brokers: brokers(graph, node, component, purpose),
                })
                .collect();
            for (index, heard_here) in heard.iter().enumerate() {
                if heard_here.brokers.is_empty() {
                    continue;
                }
                let is_met = waits.iter().any(|wait| heard_here.is_met_by(wait));
                judge.require(is_met, || {
                    let others = heard
                        .iter()
                        .enumerate()
                        .filter(|(other, _)| *other != index);
                    let is_for_another =
                        |wait: &Awaited<'_>| others.clone().any(|(_, other)| other.is_met_by(wait));
                    let wrong = waits
                        .iter()
                        .filter(|wait| !is_for_another(wait))
                        .find(|wait| heard_here.is_near(graph, wait));
                    heard_here
                        .fault(wrong)
                        .object(member.workload.object)
                        .peer(heard_here.name)
                });
            }
        }
    }
}

/// The brokers of other components to which a node listens. An address that leads elsewhere than to a broker is the
/// fault of its row of the wiring table.
fn brokers<'g>(
    graph: &'g Graph<'_>,
    node: &Node<'_>,
    component: Component,
    purpose: &Purpose,
) -> Vec<&'g Link> {
    let (_, jms, _) = Shape::Jms.parts();
    let is_broker = |link: &&Link| match &link.target {
        Target::Nodes { nodes, port, .. } => nodes.iter().all(|peer| {
            let offset = graph.node(*peer).map_or(0, Node::offset);
            graph.component(*peer) != Some(component) && jms.checked_add(offset) == Some(*port)
        }),
        Target::Elsewhere(there) => there.component != component,
        Target::External => true,
        _ => false,
    };
    graph
        .links
        .iter()
        .filter(|link| link.from == node.id && link.reference.purpose == *purpose)
        .filter(|link| link.reference.enabled)
        .filter(is_broker)
        .collect()
}

/// Whom a node listens to.
struct Heard<'g> {
    /// The listener.
    title: &'static str,
    name: &'static str,
    brokers: Vec<&'g Link>,
}

impl Heard<'_> {
    fn is_met_by(&self, wait: &Awaited<'_>) -> bool {
        self.brokers.iter().any(|link| {
            let address = &link.reference.address;
            match (&link.target, &wait.target) {
                (
                    Target::Nodes { nodes, port, .. },
                    Target::Nodes {
                        nodes: awaited,
                        port: at,
                        ..
                    },
                ) => port == at && !nodes.is_disjoint(awaited),
                _ => {
                    address.host.eq_ignore_ascii_case(&wait.host)
                        && address.port_or_default() == Some(wait.port)
                }
            }
        })
    }

    /// Whether a wait was probably meant for it: the right host with another port, or somebody else's broker.
    fn is_near(&self, graph: &Graph<'_>, wait: &Awaited<'_>) -> bool {
        let same_host = |link: &&Link| link.reference.address.host.eq_ignore_ascii_case(&wait.host);
        let same_port = |link: &&Link| link.reference.address.port_or_default() == Some(wait.port);
        let is_pods = matches!(&wait.target, Target::Nodes { nodes, .. }
            if nodes.iter().all(|node| graph.component(*node).is_some()));
        self.brokers.iter().any(same_host) || (is_pods && self.brokers.iter().any(same_port))
    }

    fn fault(&self, wrong: Option<&Awaited<'_>>) -> Fault<'static> {
        let addresses: Vec<&str> = self
            .brokers
            .iter()
            .map(|link| link.reference.raw.split('?').next().unwrap_or_default())
            .collect();
        let addresses = addresses.join(", ");
        let (title, name) = (self.title, self.name);
        let help = format!(
            "let an init container wait until one of {addresses} accepts connections: a listener that is refused once hears nothing, and its pod is ready all the same"
        );
        let Some(wrong) = wrong else {
            return Fault::new(
                format!("the {title} does not wait for the {name} to which it listens"),
                help,
            );
        };
        let (host, port) = (&wrong.host, wrong.port);
        Fault::new(
            format!(
                "container `{}` of the {title} waits for {host}:{port}, and not for the {name} to which it listens",
                wrong.container
            ),
            help,
        )
        .value(format!("{host}:{port}"))
    }
}
