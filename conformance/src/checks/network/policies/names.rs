//! Whether servers may ask for names.

use super::common::{missing, title};
use crate::{
    checks::network::{
        edges::pods_of,
        reachability::{Direction, Pods, Policies, Verdict, leads_outside},
    },
    context::{Context, Judge},
    manifest::PolicyRule,
};

/// The port of name servers, and the one on which those of `OpenShift` listen behind it. Source: facts/controllers.md#behind-a-service
const NAMES: u16 = 53;
const NAMES_OF_OPENSHIFT: u16 = 5353;

/// The namespace of `OpenShift`'s name servers.
const OPENSHIFT: &str = "openshift-dns";

/// Whether a port is one of name servers.
pub(super) fn is_for_names(port: u16) -> bool {
    [NAMES, NAMES_OF_OPENSHIFT].contains(&port)
}

/// Answers that do not fit into a datagram come over TCP: that of a headless Service with many nodes.
pub(in crate::checks::network) fn allow_long_answers(context: &Context<'_>, judge: &mut Judge<'_>) {
    names(context, &Policies::of(context.manifest), true, judge);
}

/// Whether components may ask for names, by UDP or TCP.
pub(super) fn names(
    context: &Context<'_>,
    policies: &Policies<'_>,
    is_tcp: bool,
    judge: &mut Judge<'_>,
) {
    let protocol = if is_tcp { "TCP" } else { "UDP" };
    let components = context.graph.members.iter();
    for member in components.filter(|member| member.component.is_some()) {
        let pods = pods_of(&member.workload);
        if !policies.governs(&pods, Direction::Egress) {
            continue;
        }
        let is_openshift = is_openshift(context, policies, &pods);
        // Policies see a packet after the Service's translation. Elsewhere nobody knows where the name servers listen.
        let (ports, why): (&[u16], _) = if is_openshift {
            let why =
                " of OpenShift, whose name servers listen there behind their Service's port 53";
            (&[NAMES_OF_OPENSHIFT], why)
        } else {
            (&[NAMES, NAMES_OF_OPENSHIFT], "")
        };
        let verdict = policies.strongest(&pods, Direction::Egress, |_, rule| {
            if leads_outside(rule) && has_port(rule, ports, is_tcp) {
                Verdict::Allowed
            } else {
                Verdict::Denied
            }
        });
        let number = ports[0];
        judge.require(verdict != Verdict::Denied, || {
            missing(
                policies,
                &pods,
                Direction::Egress,
                format!(
                    "the {} may not ask for names ({protocol} port {number}{why})",
                    title(member)
                ),
                format!("add an egress rule for port {number}, UDP and TCP"),
            )
        });
    }
}

/// Whether a rule is about one of these ports.
pub(super) fn has_port(rule: &PolicyRule<'_>, ports: &[u16], is_tcp: bool) -> bool {
    rule.ports.is_empty()
        || rule.ports.iter().any(|port| {
            port.is_tcp() == is_tcp && ports.iter().any(|number| port.covers(*number, None))
        })
}

/// Whether the cluster is one of `OpenShift`: the subject says so, a release has an object that only `OpenShift` serves, or a rule
/// names the namespace of its name servers.
fn is_openshift(context: &Context<'_>, policies: &Policies<'_>, pods: &Pods<'_>) -> bool {
    let names_it = |rule: &PolicyRule<'_>| {
        rule.peers.iter().any(|peer| {
            peer.namespaces
                .is_some_and(|selector| selector.0.to_string().contains(OPENSHIFT))
        })
    };
    let mut objects = context.manifest.objects.iter();
    context.subject.platform == "openshift"
        || objects.any(|object| object.api_version().contains(".openshift.io/"))
        || policies
            .governing(pods, Direction::Egress)
            .any(|policy| policy.rules(Direction::Egress.name()).iter().any(names_it))
}
