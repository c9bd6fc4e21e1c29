//! What policies must allow.

use super::{
    common::{missing, title},
    names::{has_port, is_for_names, names},
    outside::needed_from_outside,
};
use crate::{
    checks::network::{
        edges::{askers, between_members, calls_outside, pods_of, port_of, to_outside},
        reachability::{Direction, Pods, Policies, Verdict, leads_outside, peers_match},
    },
    context::{Context, Judge},
    graph::Member,
};

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

/// What the rules for what leads outside say about the pods of a server and a port.
fn outside(policies: &Policies<'_>, member: &Member<'_>, port: u16) -> Verdict {
    let pods = pods_of(&member.workload);
    policies.strongest(&pods, Direction::Egress, |_, rule| {
        if leads_outside(rule) && has_port(rule, &[port], true) {
            Verdict::Allowed
        } else {
            Verdict::Denied
        }
    })
}

fn needed_to_outside(context: &Context<'_>, policies: &Policies<'_>, judge: &mut Judge<'_>) {
    for ((from, number), key) in to_outside(context) {
        let client = &context.graph.members[from];
        let verdict = outside(policies, client, number);
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
        let known = |number: u16| is_for_names(number) || databases.contains(&number);
        // A name can only be a port of other pods.
        let is_named = rule.ports.iter().all(|port| port.first().is_none());
        // Among as many ports from the first one of a range as are known, and one more, there is another if the range has one.
        let tried = 3 + databases.len();
        let has_other = rule.ports.iter().any(|port| {
            let first = port.first().unwrap_or_default().max(1);
            (first..=u16::MAX)
                .take(tried)
                .any(|number| port.covers(number, None) && !known(number))
        });
        let ports_elsewhere = rule.ports.is_empty() || has_other || is_named;
        if elsewhere && ports_elsewhere {
            Verdict::Allowed
        } else {
            Verdict::Denied
        }
    });
    verdict != Verdict::Denied
}
