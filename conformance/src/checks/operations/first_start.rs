//! The order of a first start: one server goes first on an empty database, and nobody waits for himself.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    context::{Context, Fault, Judge, configured},
    graph::{NodeId, StartOrder},
};

/// The databases that servers fill when they start.
const DATABASES: [&str; 2] = ["database.shared_db.url", "database.apim_db.url"];

/// Nodes that share a database, by its URL, with the key that names it first.
fn sharers(context: &Context<'_>) -> BTreeMap<String, (&'static str, BTreeSet<NodeId>)> {
    let mut sharers: BTreeMap<String, (&str, BTreeSet<NodeId>)> = BTreeMap::new();
    for (node, _, configuration) in configured(context.graph) {
        let Some(effective) = &configuration.effective else {
            continue;
        };
        for key in DATABASES {
            let Some(url) = effective.text(key).filter(|url| !is_own_file(url)) else {
                continue;
            };
            let (_, nodes) = sharers.entry(url).or_insert((key, BTreeSet::new()));
            nodes.insert(node.id);
        }
    }
    sharers
}

/// Whether a URL means a file of H2's, which is each server's own.
fn is_own_file(url: &str) -> bool {
    url.strip_prefix("jdbc:h2:").is_some_and(|rest| {
        !["tcp:", "ssl:"]
            .iter()
            .any(|remote| rest.starts_with(remote))
    })
}

pub(super) fn one_server_goes_first(context: &Context<'_>, judge: &mut Judge<'_>) {
    let graph = context.graph;
    let order = StartOrder::of(graph);
    for (key, nodes) in sharers(context).values() {
        if nodes.len() < 2 {
            continue;
        }
        judge.looked();
        // What runs elsewhere has started on the database, or waited for who did.
        let is_racing = |node: &&NodeId| !order.follows_elsewhere(**node);
        let nodes: BTreeSet<NodeId> = nodes.iter().filter(is_racing).copied().collect();
        // Whoever starts although the first one never does may start together with it.
        let racers = |first: NodeId| -> Vec<NodeId> {
            let others = order.started_without(Some(first));
            nodes.intersection(&others).copied().collect()
        };
        let best = nodes
            .iter()
            .map(|first| (racers(*first), *first))
            .min_by_key(|(racers, first)| (racers.len(), *first));
        let Some((racers, first)) = best else {
            continue;
        };
        for racer in racers {
            let object = graph.member(racer).workload.object;
            let (who, first) = (graph.describe(racer), graph.describe(first));
            let first = if who == first {
                "other".to_owned()
            } else {
                first
            };
            judge.fault(
                Fault::new(
                    format!("the {who} may start together with the {first} on the empty database of `{key}`: both fill it, and one of them fails and hangs"),
                    "let all servers of a database but one wait, in an init container, until that one or one that waited for it accepts connections",
                )
                .object(object),
            );
        }
    }
}

pub(super) fn nobody_waits_in_a_circle(context: &Context<'_>, judge: &mut Judge<'_>) {
    let graph = context.graph;
    let order = StartOrder::of(graph);
    // What a pod waits for is read from its scripts, which `appliesWhen` does not.
    judge.applies(!order.is_empty(), "no pod waits for another");
    if order.is_empty() {
        return;
    }
    judge.looked();
    let started = order.started_without(None);
    let mut told: BTreeSet<usize> = BTreeSet::new();
    for node in graph.nodes.iter().map(|node| node.id) {
        if started.contains(&node) || told.contains(&node.member) {
            continue;
        }
        let circle = circle_from(node, &order, &started);
        // Who waits for a circle and is no part of it will start when the circle is broken.
        if !circle.iter().any(|(node, _)| told.contains(&node.member)) {
            let steps: Vec<String> = circle
                .iter()
                .enumerate()
                .map(|(index, (node, by))| {
                    let (next, _) = circle[(index + 1) % circle.len()];
                    let next = if next == *node {
                        "itself".to_owned()
                    } else {
                        format!("the {}", graph.describe(next))
                    };
                    format!("{by} of the {} waits for {next}", graph.describe(*node))
                })
                .collect();
            let first = circle.first().map_or(node, |(node, _)| *node);
            judge.fault(
                Fault::new(
                    format!("{}, so none of them ever starts", steps.join(", ")),
                    "wait for those only who start without the own pod",
                )
                .object(graph.member(first).workload.object),
            );
        }
        told.extend(circle.iter().map(|(node, _)| node.member));
    }
}

/// The nodes of the circle in which the waits of a node end, each with what makes it wait.
fn circle_from<'o>(
    node: NodeId,
    order: &'o StartOrder,
    started: &BTreeSet<NodeId>,
) -> Vec<(NodeId, &'o str)> {
    let mut path: Vec<(NodeId, &str)> = Vec::new();
    let mut at = node;
    loop {
        if let Some(start) = path.iter().position(|(seen, _)| *seen == at) {
            return path.split_off(start);
        }
        let blocking = order
            .waits_of(at)
            .iter()
            .find(|wait| wait.nodes.is_disjoint(started));
        let Some((wait, next)) = blocking.and_then(|wait| Some((wait, *wait.nodes.first()?)))
        else {
            return path;
        };
        path.push((at, &wait.by));
        at = next;
    }
}
