//! What policies must allow.

use super::common::{culprit, title};
use crate::{
    checks::network::{
        edges::{
            askers, between_members, calls_outside, from_elsewhere, from_outside, pods_of, port_of,
            to_outside,
        },
        reachability::{Direction, Pods, Policies, Verdict, covers, leads_outside, peers_match},
    },
    context::{Context, Fault, Judge},
    graph::Member,
};

fn missing<'a>(
    policies: &Policies<'a>,
    pods: &Pods<'_>,
    direction: Direction,
    message: String,
    help: String,
) -> Fault<'a> {
    let fault = Fault::new(message, help);
    match culprit(policies, pods, direction) {
        Some(policy) => fault.object(policy.0),
        None => fault,
    }
}

pub(in crate::checks::network) fn allow_needed_edges(context: &Context<'_>, judge: &mut Judge<'_>) {
    let policies = Policies::of(context.manifest);
    if policies.all.is_empty() {
        return;
    }
    needed_between_members(context, &policies, judge);
    needed_by_askers(context, &policies, judge);
    needed_from_outside(context, &policies, judge);
    needed_to_outside(context, &policies, judge);
}

fn needed_between_members(context: &Context<'_>, policies: &Policies<'_>, judge: &mut Judge<'_>) {
    for ((from, to, number), key) in between_members(context) {
        let (client, server) = (&context.graph.members[from], &context.graph.members[to]);
        let (client_pods, server_pods) = (pods_of(&client.workload), pods_of(&server.workload));
        let port = port_of(server, number);
        for (pods, direction, peer, verb) in [
            (&client_pods, Direction::Egress, &server_pods, "send to"),
            (&server_pods, Direction::Ingress, &client_pods, "hear from"),
        ] {
            let verdict = policies.passes(pods, direction, peer, port);
            let (me, other) = match direction {
                Direction::Egress => (client, server),
                Direction::Ingress => (server, client),
            };
            judge.require(verdict != Verdict::Denied, || {
                missing(
                    policies,
                    pods,
                    direction,
                    format!(
                        "the {} may not {verb} the {} on port {number}, which {key} needs",
                        title(me),
                        title(other)
                    ),
                    format!(
                        "add an {} rule for the pods of the {} and port {number}",
                        direction.name().to_lowercase(),
                        title(other)
                    ),
                )
                .peer(title(other))
            });
        }
    }
}

fn needed_by_askers(context: &Context<'_>, policies: &Policies<'_>, judge: &mut Judge<'_>) {
    for asker in askers(context) {
        let asker_pods = pods_of(&asker.workload);
        let name = asker.workload.object.reference();
        for (to, number) in &asker.asks {
            let server = &context.graph.members[*to];
            let server_pods = pods_of(&server.workload);
            let port = port_of(server, *number);
            let hears = policies.passes(&server_pods, Direction::Ingress, &asker_pods, port);
            judge.require(hears != Verdict::Denied, || {
                missing(
                    policies,
                    &server_pods,
                    Direction::Ingress,
                    format!(
                        "the {} may not hear from {name} on port {number}",
                        title(server)
                    ),
                    format!("add an ingress rule for the pods of {name} and port {number}"),
                )
                .peer(name.to_string())
            });
            let sends = policies.passes(&asker_pods, Direction::Egress, &server_pods, port);
            judge.require(sends != Verdict::Denied, || {
                missing(
                    policies,
                    &asker_pods,
                    Direction::Egress,
                    format!(
                        "{name} may not send to the {} on port {number}",
                        title(server)
                    ),
                    format!(
                        "add an egress rule for the {} and port {number}",
                        title(server)
                    ),
                )
                .peer(title(server))
            });
        }
    }
}

fn needed_from_outside(context: &Context<'_>, policies: &Policies<'_>, judge: &mut Judge<'_>) {
    let routes = from_outside(context).into_iter();
    let routes = routes.map(|(need, route)| (need, format!("to which {route} leads"), route));
    let elsewhere = from_elsewhere(context).into_iter();
    let elsewhere = elsewhere.map(|(need, key)| (need, format!("which {key} needs"), key));
    for ((to, number), why, peer) in routes.chain(elsewhere) {
        let server = &context.graph.members[to];
        let pods = pods_of(&server.workload);
        let port = port_of(server, number);
        let verdict = policies.strongest(&pods, Direction::Ingress, |policy, rule| {
            let is_for_strangers = leads_outside(rule)
                || rule.peers.iter().any(|peer| {
                    // Pods of the namespace that are none of the releases' may be the router's, or another release's.
                    peer.pods.is_some_and(|selector| {
                        policy.0.namespace() == pods.namespace
                            && !context
                                .manifest
                                .workloads()
                                .iter()
                                .any(|workload| selector.matches(&workload.pod.labels()))
                    })
                });
            if covers(rule, port) && is_for_strangers {
                Verdict::Allowed
            } else {
                Verdict::Denied
            }
        });
        judge.require(verdict != Verdict::Denied, || {
            missing(
                policies,
                &pods,
                Direction::Ingress,
                format!(
                    "nobody from outside may reach the {} on port {number}, {why}",
                    title(server)
                ),
                format!("add an ingress rule for port {number}, from where they come, such as the router's namespace"),
            )
            .peer(peer)
        });
    }
}

/// What the rules for what leads outside say about the pods of a server and one of these ports.
fn outside(policies: &Policies<'_>, member: &Member<'_>, ports: &[u16], is_tcp: bool) -> Verdict {
    let pods = pods_of(&member.workload);
    policies.strongest(&pods, Direction::Egress, |_, rule| {
        let port_fits = rule.ports.is_empty()
            || rule.ports.iter().any(|port| {
                port.is_tcp() == is_tcp && ports.iter().any(|number| port.covers(*number, None))
            });
        if leads_outside(rule) && port_fits {
            Verdict::Allowed
        } else {
            Verdict::Denied
        }
    })
}

fn needed_to_outside(context: &Context<'_>, policies: &Policies<'_>, judge: &mut Judge<'_>) {
    for ((from, number), key) in to_outside(context) {
        let client = &context.graph.members[from];
        let verdict = outside(policies, client, &[number], true);
        judge.require(verdict != Verdict::Denied, || {
            missing(
                policies,
                &pods_of(&client.workload),
                Direction::Egress,
                format!(
                    "the {} may not send to port {number} outside, which {key} needs",
                    title(client)
                ),
                format!("add an egress rule for port {number} and the addresses of that server"),
            )
        });
    }
    names(context, policies, false, judge);
    for member in &context.graph.members {
        let Some(what) = member.component.and_then(calls_outside) else {
            continue;
        };
        let pods = pods_of(&member.workload);
        if !policies.governs(&pods, Direction::Egress) {
            continue;
        }
        judge.require(calls_out(policies, &pods, context, member), || {
            missing(
                policies,
                &pods,
                Direction::Egress,
                format!("the {} may not reach {what}", title(member)),
                format!("add an egress rule for {what}, or one for anywhere"),
            )
        });
    }
}

/// Answers that do not fit into a datagram come over TCP: that of a headless Service with many nodes.
pub(in crate::checks::network) fn allow_long_answers(context: &Context<'_>, judge: &mut Judge<'_>) {
    names(context, &Policies::of(context.manifest), true, judge);
}

/// Whether components may ask for names, by UDP or TCP.
fn names(context: &Context<'_>, policies: &Policies<'_>, is_tcp: bool, judge: &mut Judge<'_>) {
    let protocol = if is_tcp { "TCP" } else { "UDP" };
    let components = context.graph.members.iter();
    for member in components.filter(|member| member.component.is_some()) {
        let pods = pods_of(&member.workload);
        if !policies.governs(&pods, Direction::Egress) {
            continue;
        }
        // Some clusters' name servers listen on 5353 behind their Service's port 53. A rule that names only the
        // name servers' pods is as good.
        let verdict = outside(policies, member, &[53, 5353], is_tcp);
        judge.require(verdict != Verdict::Denied, || {
            missing(
                policies,
                &pods,
                Direction::Egress,
                format!(
                    "the {} may not ask for names ({protocol} port 53)",
                    title(member)
                ),
                "add an egress rule for port 53, UDP and TCP".to_owned(),
            )
        });
    }
}

/// Whether some rule lets API traffic out: one for other pods or addresses that is neither for names nor for
/// a database.
fn calls_out(
    policies: &Policies<'_>,
    pods: &Pods<'_>,
    context: &Context<'_>,
    member: &Member<'_>,
) -> bool {
    let databases: Vec<u16> = to_outside(context)
        .into_keys()
        .filter(|(from, _)| std::ptr::eq(&raw const context.graph.members[*from], member))
        .map(|(_, port)| port)
        .collect();
    let verdict = policies.strongest(pods, Direction::Egress, |policy, rule| {
        let elsewhere = leads_outside(rule)
            || !context.graph.members.iter().any(|other| {
                peers_match(policy, rule, &pods_of(&other.workload)) != Verdict::Denied
            });
        let known = |number: u16| [53, 5353].contains(&number) || databases.contains(&number);
        let ports_elsewhere = rule.ports.is_empty()
            || (1..=u16::MAX).any(|number| {
                !known(number) && rule.ports.iter().any(|port| port.covers(number, None))
            })
            // A name can only be a port of other pods.
            || rule.ports.iter().all(|port| !(1..=u16::MAX).any(|n| port.covers(n, None)));
        if elsewhere && ports_elsewhere {
            Verdict::Allowed
        } else {
            Verdict::Denied
        }
    });
    verdict != Verdict::Denied
}
