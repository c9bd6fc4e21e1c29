//! How load balancers find out which nodes are well, and who takes the place of those that are not.

use std::collections::BTreeSet;

use am_product::Protocol;

use super::balancers::{At, behind, is_public};
use crate::{
    component::{Capability, Component},
    context::{Context, Judge},
    graph::{Answers, Graph, Node},
    manifest::Balanced,
};

/// A node that is well passes the check of its load balancer.
pub(super) fn takes_well_nodes_for_well(context: &Context<'_>, judge: &mut Judge<'_>) {
    let all = At::all(context);
    let asks = |at: &&At<'_>| {
        let mut backends = at.front.backends.iter();
        backends.any(|backend| backend.check.is_some())
    };
    let mut asking = all.iter().filter(asks).peekable();
    judge.applies(
        asking.peek().is_some(),
        "no load balancer asks nodes otherwise than by a connection",
    );
    for at in asking {
        judge.looked();
        let mut told = BTreeSet::new();
        for backend in &at.front.backends {
            let Some(check) = &backend.check else {
                continue;
            };
            if let (Some(port), Some(node)) = (check.port, node_behind(context, backend)) {
                let listens = node.listeners.iter().any(|one| one.said == port);
                let is_new = listens || told.insert(check.line);
                judge.require(listens || !is_new, || {
                    let message = format!(
                        "asks {} at port {port} whether it is well, where its server does not listen: every node is taken for ill",
                        backend.host
                    );
                    let help = format!(
                        "ask at a port of the node itself: {}",
                        listed(node)
                    );
                    at.fault(Some(check.line), &message, help)
                        .value(port.to_string())
                });
            }
            let expects = check.expects.as_ref();
            if let Some(said) = expects.filter(|said| told.insert(said.line)) {
                judge.require(!is_of_ill_nodes(&said.text), || {
                    let message = format!(
                        "expects `{}` of a node that is well, which only one that is ill answers",
                        said.text
                    );
                    at.fault(
                        Some(said.line),
                        &message,
                        "write `http-check expect status 200`",
                    )
                    .value(said.text.clone())
                });
            }
        }
    }
}

/// Calls to services of gateways and traffic managers go to one node, and to another one when that is away. Source:
/// facts/integration-and-vm.md.
pub(super) fn has_a_spare(context: &Context<'_>, judge: &mut Judge<'_>) {
    let all = At::all(context);
    let is_of_services = |at: &&At<'_>| {
        let first = at.front.backends.first();
        let first = first.and_then(|backend| behind(context, backend));
        first.is_some_and(|(_, (_, component, port))| {
            port.speaks == Protocol::Servlets && has_spare_services(component)
        }) && !is_public(context, at.front)
            && at.front.backends.len() > 1
    };
    let mut fronts = all.iter().filter(is_of_services).peekable();
    judge.applies(
        fronts.peek().is_some(),
        "no load balancer leads to services of several gateways or traffic managers",
    );
    for at in fronts {
        let backends = at.front.backends.iter();
        let asked = backends
            .filter(|one| !one.is_backup && !one.is_down)
            .count();
        judge.require(asked < 2 || at.front.is_sticky, || {
            let message = format!(
                "spreads calls of services over {asked} nodes, and who logged in at one is nobody at the next"
            );
            let help = "write `backup` at every server but the first, or keep each client at one node";
            at.fault(at.line(), &message, help)
        });
    }
}

/// Whether its services are called by servers alone: portals have users, and every node of a key manager answers alike.
fn has_spare_services(component: Component) -> bool {
    let has = |capability: Capability| component.has(capability);
    !component.distribution().is_companion()
        && !has(Capability::Portals)
        && (has(Capability::ServesTraffic) || has(Capability::Throttles))
}

fn node_behind<'c, 'a>(context: &'c Context<'a>, backend: &Balanced) -> Option<&'c Node<'a>> {
    let (server, _) = behind(context, backend)?;
    let (graph, id): (&Graph<'a>, _) = match server {
        Answers::Own(id) => (context.graph, id),
        Answers::Beside(id) => (context.graph.beside.as_deref()?, id),
    };
    graph.node(id)
}

/// The ports of a node.
fn listed(node: &Node<'_>) -> String {
    let ports = node.listeners.iter().map(|one| one.said.to_string());
    ports.collect::<Vec<_>>().join(", ")
}

/// Whether an expectation of `HAProxy` (`http-check expect`) is met by nodes that answer with a failure of their own alone.
fn is_of_ill_nodes(expected: &str) -> bool {
    let words: Vec<&str> = expected.split_whitespace().collect();
    let at = words
        .iter()
        .position(|word| matches!(*word, "status" | "rstatus"));
    let Some(at) = at else { return false };
    let is_negated = at > 0 && words[at - 1] == "!";
    let Some(codes) = words.get(at + 1) else {
        return false;
    };
    if words[at] == "rstatus" {
        return !is_negated && codes.trim_start_matches(['^', '(']).starts_with('5');
    }
    let mut ranges = codes.split(',').filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some((first.parse::<u16>().ok()?, last.parse::<u16>().ok()?))
    });
    if is_negated {
        ranges.any(|(first, last)| (first..=last).contains(&200))
    } else {
        ranges.all(|(first, _)| first >= 500)
    }
}

#[cfg(test)]
mod tests {
    use super::is_of_ill_nodes;

    #[test]
    fn an_answer_of_a_failure_is_one_of_ill_nodes() {
        for text in [
            "status 500",
            "status 500-599,503",
            "! status 200",
            "! status 200-299",
            "rstatus ^5",
        ] {
            assert!(is_of_ill_nodes(text), "{text}");
        }
        for text in [
            "status 200",
            "status 404",
            "status 200,503",
            "status 200-399",
            "! status 500",
            "rstatus ^[23]",
            "! rstatus ^5",
            "string OK",
        ] {
            assert!(!is_of_ill_nodes(text), "{text}");
        }
    }
}
