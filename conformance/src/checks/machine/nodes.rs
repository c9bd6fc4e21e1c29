//! What nodes of machines must not have in common.

use std::collections::{BTreeMap, BTreeSet};

use am_deployment_toml::catalogue::Catalogue;
use am_product::Product;

use crate::{
    component::{Capability, Component},
    context::{Context, Fault, Judge, configured},
    graph::Member,
    manifest::{INVENTORY, array_at, integer_at},
};

/// The key by which gateways tell the portals who they are. Source: facts/integration.yaml, facts/integration-and-vm.md.
const GATEWAY_ID: &str = "apim.gateway_notification.gateway_id";

/// Each gateway has an id of its own, which a pod has by its name.
pub(super) fn gateways_are_told_apart(context: &Context<'_>, judge: &mut Judge<'_>) {
    let mut asked = false;
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for (node, component, configuration) in configured(context.graph) {
        let Some(effective) = &configuration.effective else {
            continue;
        };
        let product = Product::new(context.version, component.distribution());
        let record = Catalogue::of(product.distribution).record(&GATEWAY_ID.into());
        let is_read = record.is_some_and(|record| record.is_read_by(product));
        if !is_gateway(context, component) || !is_read {
            continue;
        }
        asked = true;
        judge.looked();
        let id = effective.get(GATEWAY_ID);
        let id = id.filter(|found| found.provenance.is_written());
        let id = id.and_then(|found| found.value.scalar_text());
        let name = context.graph.describe(node.id);
        let help =
            "write gateway_id = \"$env{AM_NODE_NAME}\", and give each host a name of its own";
        let Some(id) = id.filter(|id| !id.is_empty()) else {
            let message = format!(
                "{name} has no gateway_id, so that the portals cannot tell where an API is deployed"
            );
            judge.fault(Fault::new(message, help).at(configuration, GATEWAY_ID, None));
            continue;
        };
        if let Some(other) = known.insert(id.clone(), name.clone()) {
            let message = format!("{name} and {other} have the same gateway_id");
            judge.fault(
                Fault::new(message, help)
                    .at(configuration, GATEWAY_ID, None)
                    .value(id),
            );
        }
    }
    judge.applies(asked, "gateways of this product version have no ids");
}

/// Whether a component serves APIs in the pattern: one with portals does where no other one is there for it.
fn is_gateway(context: &Context<'_>, component: Component) -> bool {
    let serves = |component: &Component| component.has(Capability::ServesTraffic);
    let mut others = context.pattern().keys().filter(|one| serves(one));
    serves(&component)
        && (!component.has(Capability::Portals) || others.all(|one| one.has(Capability::Portals)))
}

/// Two servers of one host listen on different ports; those beside the subject count, too.
pub(super) fn ports_are_apart(context: &Context<'_>, judge: &mut Judge<'_>) {
    let graph = context.graph;
    let mut taken: BTreeMap<(&str, u16), (&str, &str)> = BTreeMap::new();
    if let Some(beside) = &graph.beside {
        for node in &beside.nodes {
            let member = beside.member(node.id);
            for listener in &node.listeners {
                let of = (member.workload.object.name(), listener.port.name.as_str());
                taken.insert((member.host(), listener.number), of);
            }
        }
    }
    for node in &graph.nodes {
        let member = graph.member(node.id);
        let object = member.workload.object;
        judge.looked();
        let own = object.name();
        let shared = node.listeners.iter().find_map(|listener| {
            let of = (own, listener.port.name.as_str());
            let other = taken.insert((member.host(), listener.number), of)?;
            (other.0 != own).then_some((listener, other))
        });
        if let Some((listener, (other, port))) = shared {
            let message = format!(
                "{own} listens on {} ({}), where {other} listens on the same host ({port})",
                listener.number, listener.port.name
            );
            judge.fault(
                Fault::new(message, "give one of them a portOffset")
                    .object(object)
                    .value(listener.number.to_string()),
            );
        }
    }
}

/// Nodes with an event hub are installed before others, which wait for it when they start.
pub(super) fn event_hubs_come_first(context: &Context<'_>, judge: &mut Judge<'_>) {
    let graph = context.graph;
    let hubs = graph.members.iter().filter(|member| {
        let component = member.component;
        component.is_some_and(|component| component.has(Capability::EventHub))
    });
    let hubs: BTreeSet<&str> = hubs.map(Member::host).collect();
    let mut inventories = context.manifest.of_kind(INVENTORY);
    let ordered = inventories.find(|object| object.value.get("order").is_some());
    judge.applies(
        ordered.is_some() && !hubs.is_empty(),
        "no play installs an event hub and other nodes one after the other",
    );
    let Some(inventory) = ordered.filter(|_| !hubs.is_empty()) else {
        return;
    };
    judge.looked();
    let hosts = array_at(&inventory.value, "/order/hosts").iter();
    let hosts: Vec<&str> = hosts.filter_map(serde_json::Value::as_str).collect();
    let last = hosts.iter().rposition(|host| hubs.contains(host));
    let early = hosts.iter().position(|host| !hubs.contains(host));
    if let (Some(last), Some(early)) = (last, early)
        && early < last
    {
        let message = format!(
            "{} is installed before {}, which has the event hub",
            hosts[early], hosts[last]
        );
        let help = "list the group with the event hub first: other nodes wait for it when they start, and the play ends when they wait too long";
        let line = integer_at(&inventory.value, "/order/line");
        let line = line.and_then(|line| usize::try_from(line).ok());
        let fault = Fault::new(message, help).template(inventory, line);
        judge.fault(fault.value(hosts[early]));
    }
}
