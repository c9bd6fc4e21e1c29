//! What policies must not allow.

use crate::{
    checks::network::{
        edges::{between_members, calls_outside, is_for_users, pods_of, port_of},
        reachability::{
            Direction, Pods, Policies, Port, Verdict, covers, leads_outside, peers_match,
        },
    },
    context::{Context, Fault, Judge},
    graph::Member,
};

pub(in crate::checks::network) fn allow_nothing_more(context: &Context<'_>, judge: &mut Judge<'_>) {
    let policies = Policies::of(context.manifest);
    if policies.all.is_empty() {
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
        for fact in component.ports() {
            let number = context.graph.number_on(server, fact.number);
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
}

/// The bundled database is for the servers of its release only.
pub(in crate::checks::network) fn databases_are_governed(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
) {
    let policies = Policies::of(context.manifest);
    if policies.all.is_empty() {
        return;
    }
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
