//! Nodes of a component are equal but for what names them: whichever of them answers, the answer is the same.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    aspects::{Aspect, Aspects, Has, of_workload},
    identity::Identity,
    settings::of_configuration,
};
use crate::{
    component::{Capability, Component},
    context::{Context, Fault, Judge},
    graph::{Node, NodeId},
};

pub(super) fn nodes_are_equal(context: &Context<'_>, judge: &mut Judge<'_>) {
    for nodes in groups(context)
        .into_values()
        .filter(|nodes| nodes.len() > 1)
    {
        let graph = context.graph;
        let name = |node: &&Node<'_>| {
            let workload = graph.member(node.id).workload;
            let is_named = workload.is_stateful_set();
            if is_named {
                node.pod_name.clone()
            } else {
                workload.object.name().to_owned()
            }
        };
        let names: Vec<String> = nodes.iter().map(name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let identity = Identity::of(&names);
        let mut seen = BTreeSet::new();
        let workloads: Vec<Compared<'_, '_>> = nodes
            .iter()
            .filter(|node| seen.insert(node.id.member))
            .map(|node| {
                let member = graph.member(node.id);
                Compared {
                    node,
                    name: member.workload.object.reference().to_string(),
                    has: of_workload(context, member, node, &identity),
                }
            })
            .collect();
        compare(context, &workloads, judge);
        let configurations: Vec<Compared<'_, '_>> = nodes
            .iter()
            .zip(&names)
            .filter_map(|(node, name)| {
                let configuration = node.configuration.as_ref()?;
                configuration.document.as_ref().ok()?;
                let has = of_configuration(context, node, configuration, &identity);
                Some(Compared {
                    node,
                    name: (*name).to_owned(),
                    has,
                })
            })
            .collect();
        compare(context, &configurations, judge);
    }
}

/// A node with all in which it is compared.
struct Compared<'g, 'a> {
    node: &'g Node<'a>,
    name: String,
    has: Aspects,
}

/// Nodes that should be equal: all of a component whose nodes are one whole, and of the others those of workloads whose names
/// differ in a number. Gateways with other names may be there for something else. Pods of a Deployment are one and the same.
fn groups<'g, 'a>(context: &'g Context<'a>) -> BTreeMap<(Component, String), Vec<&'g Node<'a>>> {
    let graph = context.graph;
    let mut groups: BTreeMap<_, Vec<&Node<'_>>> = BTreeMap::new();
    for node in &graph.nodes {
        let member = graph.member(node.id);
        let NodeId { ordinal, .. } = node.id;
        let Some(component) = member.component else {
            continue;
        };
        if ordinal > 0 && !member.workload.is_stateful_set() {
            continue;
        }
        let name = if component.has(Capability::StableNodes) {
            String::new()
        } else {
            member
                .workload
                .object
                .name()
                .replace(|letter: char| letter.is_ascii_digit(), "")
        };
        groups.entry((component, name)).or_default().push(node);
    }
    groups
}

/// Compares each aspect with what most nodes have; of two nodes, with the first.
fn compare(context: &Context<'_>, all: &[Compared<'_, '_>], judge: &mut Judge<'_>) {
    let aspects: BTreeSet<&Aspect> = all.iter().flat_map(|one| one.has.keys()).collect();
    // Secrets that differ are told once, whatever is taken from them.
    let mut told: BTreeSet<(String, String, String)> = BTreeSet::new();
    for aspect in aspects {
        let has = |one: &Compared<'_, '_>| one.has.get(aspect).map(|has| has.compared.clone());
        let count = |value: &Option<String>| all.iter().filter(|one| has(one) == *value).count();
        let Some(usual) = all.iter().rev().max_by_key(|one| count(&has(one))) else {
            continue;
        };
        // Where a file is missing, its mount is.
        let is_file = matches!(aspect, Aspect::File(_));
        for one in all {
            judge.looked();
            let (own, other) = (one.has.get(aspect), usual.has.get(aspect));
            if has(one) == has(usual) || is_file && (own.is_none() || other.is_none()) {
                continue;
            }
            let secret = |has: Option<&Has>| has?.secret.clone();
            let is_new = match (secret(own), secret(other)) {
                (Some(own), Some(other)) => told.insert((one.name.clone(), own, other)),
                _ => true,
            };
            if is_new {
                judge.fault(fault(context, aspect, (one, own), (usual, other)));
            }
        }
    }
}

fn fault<'a>(
    context: &Context<'a>,
    aspect: &Aspect,
    (one, own): (&Compared<'_, 'a>, Option<&Has>),
    (usual, other): (&Compared<'_, 'a>, Option<&Has>),
) -> Fault<'a> {
    let component = context.graph.component(one.node.id);
    let title = component.map_or("", Component::title);
    let told = |has: Option<&Has>| has.map_or_else(|| aspect.missing(), |has| has.told.clone());
    let difference = match (aspect, own, other) {
        // Where both would be told alike, it is what is not told that differs.
        (_, Some(own), Some(other)) if own.told == other.told => {
            format!("{} than {}", aspect.differs(), usual.name)
        }
        _ => format!("{}, and {} {}", told(own), usual.name, told(other)),
    };
    let fault = Fault::new(
        format!("{} {difference}: they are nodes of one {title}", one.name),
        "give every node of a component the same, apart from its own name, address and volume",
    );
    let member = context.graph.member(one.node.id);
    match (aspect.key(), &one.node.configuration) {
        (Some(key), Some(configuration)) => {
            let key = own.map_or(key, |has| has.field.as_str());
            let document = configuration.document.as_ref().ok();
            let entry = document.and_then(|document| document.entry(&key.into()));
            fault.at(configuration, key, entry.map(|entry| entry.span))
        }
        _ => match own {
            Some(has) => fault.where_it_is(member.workload.object, has),
            None => fault.object(member.workload.object).field(aspect.field()),
        },
    }
}
