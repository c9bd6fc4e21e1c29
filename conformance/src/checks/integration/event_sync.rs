//! Where one node of a pair of Streaming Integrators reaches the other, to be kept in step with it.

use std::collections::BTreeSet;

use am_product::Protocol;
use serde_json::Value;

use crate::{
    component::Capability,
    context::{Context, Fault, Judge},
    facts::PortFact,
    graph::{Node, NodeId, OwnAddress, Target},
    manifest::Object,
};

/// The section that makes a pair, the type that does, and where its server listens. Source: facts/integration-and-vm.md#2-streaming-integrator.
const SECTION: &str = "deployment.config";
const PAIRED: &str = "ha";
const SERVER: &str = "eventSyncServer";

/// The address by which every interface is meant.
const EVERYWHERE: [&str; 2] = ["0.0.0.0", "::"];

/// A node, and what it says of itself.
struct Side<'g, 'a> {
    node: &'g Node<'a>,
    object: &'a Object,
    listens_at: Option<String>,
    listens_on: Option<u16>,
    /// Where the other one is told to reach it.
    host: Option<String>,
    port: Option<u16>,
}

fn sides<'g, 'a>(context: &'g Context<'a>) -> Vec<Side<'g, 'a>> {
    let graph = context.graph;
    let of_node = |node: &'g Node<'a>| {
        let component = graph.component(node.id)?;
        if !component.has(Capability::Streams) || graph.nodes_of(component).len() < 2 {
            return None;
        }
        let (object, _) = graph.yaml_configuration(node)?;
        let settings = graph.told_settings(context.facts, node)?;
        let section = settings.get(SECTION)?;
        let kind = section.get("type").and_then(Value::as_str);
        if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case(PAIRED)) {
            return None;
        }
        let server = section.get(SERVER);
        let text = |key: &str| Some(server?.get(key)?.as_str()?.to_owned());
        let number = |key: &str| {
            let found = server?.get(key)?;
            let number = found
                .as_u64()
                .or_else(|| found.as_str()?.trim().parse().ok());
            u16::try_from(number?).ok()
        };
        let own = || {
            component
                .ports()
                .find(|port| port.speaks == Protocol::Cluster)
        };
        let listens_on = number("port").or_else(|| own().map(|port: &PortFact| port.number));
        Some(Side {
            node,
            object,
            listens_at: text("host"),
            listens_on,
            // Without an address of its own it is where it listens.
            host: text("advertisedHost").or_else(|| text("host")),
            port: number("advertisedPort").or(listens_on),
        })
    };
    graph.nodes.iter().filter_map(of_node).collect()
}

/// Each node of a pair listens where the other one reaches it, and says so.
pub(super) fn is_reached(context: &Context<'_>, judge: &mut Judge<'_>) {
    let sides = sides(context);
    judge.applies(
        !sides.is_empty(),
        "no Streaming Integrator is one of a pair",
    );
    for side in &sides {
        judge.looked();
        let title = context.graph.describe(side.node.id);
        if let Some((key, wrong)) = wrong_with(context, side, &sides) {
            let at = format!(
                "{}:{}",
                side.host.as_deref().unwrap_or_default(),
                side.port.map_or_else(String::new, |port| port.to_string())
            );
            judge.fault(
                Fault::new(
                    format!("the other node does not reach the {title} to take over its events: {wrong}"),
                    format!(
                        "write of {SECTION}.{SERVER} `host: 0.0.0.0`, as advertisedHost a variable that is each node's own address, and as advertisedPort its `port`"
                    ),
                )
                .object(side.object)
                .field(key)
                .value(at),
            );
        }
    }
}

/// The key that is wrong, and why.
fn wrong_with(
    context: &Context<'_>,
    side: &Side<'_, '_>,
    sides: &[Side<'_, '_>],
) -> Option<(&'static str, String)> {
    let is_own = |host: &str| OwnAddress::is(host) && !EVERYWHERE.contains(&host);
    if let Some(host) = side.listens_at.as_deref().filter(|host| is_own(host)) {
        let wrong = format!("it listens at `{host}`, where only its own host reaches it");
        return Some(("host", wrong));
    }
    let Some(host) = side.host.as_deref().filter(|host| !host.is_empty()) else {
        return Some((SERVER, "it says no address of its own".to_owned()));
    };
    if OwnAddress::is(host) || EVERYWHERE.contains(&host) {
        let wrong = format!("it is said to be at `{host}`, which every node takes for itself");
        return Some(("advertisedHost", wrong));
    }
    let graph = context.graph;
    let namespace = graph.member(side.node.id).workload.object.namespace();
    let listens_on = side.listens_on?;
    match graph.resolver().resolve(namespace, host, side.port) {
        Target::Nodes { nodes, .. } if nodes != BTreeSet::from([side.node.id]) => {
            let reached: Vec<String> = nodes.iter().map(|id| graph.describe(*id)).collect();
            let wrong = format!("`{host}` leads to the {}", reached.join(" and the "));
            Some(("advertisedHost", wrong))
        }
        Target::Nodes { port, .. } => listens_elsewhere(port, listens_on),
        Target::Dangling { reason, .. } => Some(("advertisedHost", reason)),
        Target::Elsewhere(there) => {
            let wrong = format!("`{host}` leads to the {}", there.component.title());
            Some(("advertisedHost", wrong))
        }
        Target::Own { .. } | Target::Route { .. } | Target::External | Target::Unknown { .. } => {
            let is_other = |other: &&Side<'_, '_>| {
                let id: NodeId = other.node.id;
                id != side.node.id && other.host == side.host && other.port == side.port
            };
            let shared = sides.iter().find(is_other).map(|_| {
                let wrong = format!("both nodes are said to be at `{host}`");
                ("advertisedHost", wrong)
            });
            shared.or_else(|| listens_elsewhere(side.port?, listens_on))
        }
    }
}

fn listens_elsewhere(told: u16, listens_on: u16) -> Option<(&'static str, String)> {
    (told != listens_on).then(|| {
        let wrong = format!("it is said to be on port {told}, and listens on {listens_on}");
        ("advertisedPort", wrong)
    })
}
