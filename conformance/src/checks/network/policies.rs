//! `NetworkPolicy`s against the edges that the pattern needs: nothing missing, nothing more.

use super::{
    edges::{
        askers, between_members, calls_outside, from_elsewhere, from_outside, is_for_users,
        pods_of, port_of, to_outside,
    },
    reachability::{Direction, Pods, Policies, Port, Verdict, covers, leads_outside, peers_match},
    services::offset_of,
};
use crate::{
    context::{Context, Fault, Judge},
    graph::Member,
    manifest::{NetworkPolicy, array_at},
};

const NO_POLICIES: &str = "no release has a NetworkPolicy";

pub(super) fn govern_pods(context: &Context<'_>, judge: &mut Judge<'_>) {
    let policies = Policies::of(context.manifest);
    let workloads = context.manifest.workloads();
    for policy in &policies.all {
        let governs = workloads.iter().any(|workload| {
            workload.object.namespace() == policy.0.namespace()
                && policy
                    .selector()
                    .is_some_and(|selector| selector.matches(&workload.pod.labels()))
        });
        judge.require(governs, || {
            Fault::new(
                format!("NetworkPolicy `{}` governs no pods", policy.0.name()),
                "make its podSelector the labels of the pods it is for",
            )
            .object(policy.0)
            .field("podSelector")
        });
        let types = array_at(&policy.0.value, "/spec/policyTypes").len();
        judge.require(types <= 2, || {
            Fault::new(
                format!("NetworkPolicy `{}` names {types} policyTypes, and the API server takes two at most", policy.0.name()),
                "write Ingress and Egress, each once",
            )
            .object(policy.0)
            .field("policyTypes")
        });
    }
}

/// How messages name a workload: its component, or its own name.
fn title(member: &Member<'_>) -> String {
    member.component.map_or_else(
        || member.workload.object.reference().to_string(),
        |component| component.title().to_owned(),
    )
}

/// The first policy that governs a direction, to point at.
fn culprit<'a>(
    policies: &Policies<'a>,
    pods: &Pods<'_>,
    direction: Direction,
) -> Option<NetworkPolicy<'a>> {
    policies.governing(pods, direction).next()
}

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

pub(super) fn allow_needed_edges(context: &Context<'_>, judge: &mut Judge<'_>) {
    let policies = Policies::of(context.manifest);
    if policies.all.is_empty() {
        judge.not_applicable(NO_POLICIES);
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

fn needed_to_outside(context: &Context<'_>, policies: &Policies<'_>, judge: &mut Judge<'_>) {
    let outside = |member: &Member<'_>, ports: &[u16], is_udp: bool| {
        let pods = pods_of(&member.workload);
        policies.strongest(&pods, Direction::Egress, |_, rule| {
            let port_fits = rule.ports.is_empty()
                || rule.ports.iter().any(|port| {
                    port.is_tcp() != is_udp && ports.iter().any(|number| port.covers(*number, None))
                });
            if leads_outside(rule) && port_fits {
                Verdict::Allowed
            } else {
                Verdict::Denied
            }
        })
    };
    for ((from, number), key) in to_outside(context) {
        let client = &context.graph.members[from];
        judge.require(outside(client, &[number], false) != Verdict::Denied, || {
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
    for member in &context.graph.members {
        let Some(component) = member.component else {
            continue;
        };
        let pods = pods_of(&member.workload);
        if !policies.governs(&pods, Direction::Egress) {
            continue;
        }
        // Some clusters' name servers listen on 5353 behind their Service's port 53. A rule that names only the
        // name servers' pods is as good.
        // Answers that do not fit into a datagram come over TCP: that of a headless Service with many nodes.
        for (protocol, is_tcp) in [("UDP", false), ("TCP", true)] {
            if is_tcp && !context.is_generated {
                continue;
            }
            let names = outside(member, &[53, 5353], !is_tcp);
            judge.require(names != Verdict::Denied, || {
                missing(
                    policies,
                    &pods,
                    Direction::Egress,
                    format!(
                        "the {} may not ask for names ({protocol} port 53)",
                        component.title()
                    ),
                    "add an egress rule for port 53, UDP and TCP".to_owned(),
                )
            });
        }
        if let Some(what) = calls_outside(component) {
            judge.require(calls_out(policies, &pods, context, member), || {
                missing(
                    policies,
                    &pods,
                    Direction::Egress,
                    format!("the {} may not reach {what}", component.title()),
                    format!("add an egress rule for {what}, or one for anywhere"),
                )
            });
        }
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

pub(super) fn allow_nothing_more(context: &Context<'_>, judge: &mut Judge<'_>) {
    let policies = Policies::of(context.manifest);
    if policies.all.is_empty() {
        judge.not_applicable(NO_POLICIES);
        return;
    }
    let needs = between_members(context);
    let members = &context.graph.members;
    for (to, server) in members.iter().enumerate() {
        let Some(component) = server.component else {
            continue;
        };
        let server_pods = pods_of(&server.workload);
        judge.require(policies.governs(&server_pods, Direction::Ingress), || {
            Fault::new(
                format!(
                    "no NetworkPolicy governs who may reach the {}, so everybody may",
                    component.title()
                ),
                "add one with policyTypes: [Ingress] and the needed edges",
            )
            .object(server.workload.object)
            .field("policyTypes")
        });
        let offset = offset_of(context.graph, server);
        for fact in component.ports() {
            let number = fact.number.saturating_add(offset);
            let port = port_of(server, number);
            let is_for_users = is_for_users(component, &fact.name);
            open_to_anybody(
                &policies,
                &server_pods,
                port,
                component.title(),
                is_for_users,
                judge,
            );
            for (from, client) in members.iter().enumerate() {
                let Some(client_component) = client.component else {
                    continue;
                };
                if from == to && server.replicas < 2 || needs.contains_key(&(from, to, number)) {
                    continue;
                }
                let client_pods = pods_of(&client.workload);
                let named = |pods: &Pods<'_>, direction: Direction, peer: &Pods<'_>| {
                    policies.governing(pods, direction).find(|policy| {
                        policy.rules(direction.name()).iter().any(|rule| {
                            !leads_outside(rule)
                                && covers(rule, port)
                                && peers_match(*policy, rule, peer) == Verdict::Allowed
                        })
                    })
                };
                let hears = named(&server_pods, Direction::Ingress, &client_pods);
                judge.looked();
                if let Some(policy) = hears {
                    judge.fault(
                        Fault::new(
                            format!(
                                "the {} may hear from the {} on port {number} ({}), though nothing needs it",
                                component.title(),
                                client_component.title(),
                                fact.name
                            ),
                            "remove the ingress rule, or the port from it",
                        )
                        .object(policy.0)
                        .peer(client_component.title()),
                    );
                }
                let sends = named(&client_pods, Direction::Egress, &server_pods);
                judge.looked();
                if let Some(policy) = sends {
                    judge.fault(
                        Fault::new(
                            format!(
                                "the {} may send to the {} on port {number} ({}), though nothing needs it",
                                client_component.title(),
                                component.title(),
                                fact.name
                            ),
                            "remove the egress rule, or the port from it",
                        )
                        .object(policy.0)
                        .peer(component.title()),
                    );
                }
            }
        }
        open_egress(&policies, server, judge);
    }
    if context.is_generated {
        rules_name_their_ports(&policies, judge);
        databases_are_governed(context, &policies, judge);
    }
}

/// Our policies name the ports that are needed; an entry without one means all of them.
fn rules_name_their_ports(policies: &Policies<'_>, judge: &mut Judge<'_>) {
    for policy in &policies.all {
        for (rules, side) in [("/spec/ingress", "ingress"), ("/spec/egress", "egress")] {
            for port in array_at(&policy.0.value, rules)
                .iter()
                .flat_map(|rule| array_at(rule, "/ports"))
            {
                judge.require(port.get("port").is_some(), || {
                    Fault::new(
                        format!(
                            "an {side} rule of NetworkPolicy `{}` is about every port",
                            policy.0.name()
                        ),
                        "name the port that is needed",
                    )
                    .object(policy.0)
                });
            }
        }
    }
}

/// The bundled database is for the servers of its release only.
fn databases_are_governed(context: &Context<'_>, policies: &Policies<'_>, judge: &mut Judge<'_>) {
    for member in context
        .graph
        .members
        .iter()
        .filter(|member| is_bundled_database(member))
    {
        let pods = pods_of(&member.workload);
        let mut governing = policies.governing(&pods, Direction::Ingress).peekable();
        let is_governed = governing.peek().is_some();
        let open = governing.find(|policy| {
            policy
                .rules(Direction::Ingress.name())
                .iter()
                .any(|rule| rule.peers.is_empty())
        });
        judge.require(is_governed && open.is_none(), || {
            Fault::new(
                format!(
                    "everybody may reach the database of {}",
                    member.workload.object.reference()
                ),
                "let a NetworkPolicy name the pods that need it",
            )
            .object(open.map_or(member.workload.object, |policy| policy.0))
        });
    }
}

fn is_bundled_database(member: &Member<'_>) -> bool {
    member.component.is_none()
        && member
            .workload
            .object
            .labels()
            .get("app.kubernetes.io/component")
            .is_some_and(|component| *component == "database")
}

/// A rule without peers, for a port that only other components use.
fn open_to_anybody(
    policies: &Policies<'_>,
    pods: &Pods<'_>,
    port: Port<'_>,
    title: &str,
    is_for_users: bool,
    judge: &mut Judge<'_>,
) {
    let open = policies.governing(pods, Direction::Ingress).find(|policy| {
        policy
            .rules(Direction::Ingress.name())
            .iter()
            .any(|rule| rule.peers.is_empty() && covers(rule, port))
    });
    judge.looked();
    if let (Some(policy), false) = (open, is_for_users) {
        judge.fault(
            Fault::new(
                format!(
                    "everybody may reach the {title} on port {}, which only other components use",
                    port.number
                ),
                "name the pods that need it in `from`",
            )
            .object(policy.0)
            .value(port.number.to_string()),
        );
    }
}

/// An egress rule without any condition, on a component that calls nobody outside.
fn open_egress(policies: &Policies<'_>, member: &Member<'_>, judge: &mut Judge<'_>) {
    let Some(component) = member.component else {
        return;
    };
    if calls_outside(component).is_some() {
        return;
    }
    let pods = pods_of(&member.workload);
    let open = policies.governing(&pods, Direction::Egress).find(|policy| {
        policy
            .rules(Direction::Egress.name())
            .iter()
            .any(|rule| rule.peers.is_empty() && rule.ports.is_empty())
    });
    judge.looked();
    if let Some(policy) = open {
        judge.fault(
            Fault::new(
                format!(
                    "the {} may send to anybody, which calls nobody outside",
                    component.title()
                ),
                "name peers or ports in the egress rule",
            )
            .object(policy.0),
        );
    }
}
