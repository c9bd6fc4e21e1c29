//! Whether who comes through a route may reach the server behind it.

use std::net::Ipv4Addr;

use serde_json::Value;

use super::common::{missing, title};
use crate::{
    checks::network::{
        edges::{from_elsewhere, from_outside, pods_of, port_of},
        reachability::{Direction, Pods, Policies, Port, Verdict, covers, leads_outside},
    },
    context::{Context, Judge},
    manifest::{NetworkPolicy, PolicyRule, array_at, str_at},
};

pub(super) fn needed_from_outside(
    context: &Context<'_>,
    policies: &Policies<'_>,
    judge: &mut Judge<'_>,
) {
    let routes = from_outside(context).into_iter();
    let routes = routes.map(|way| {
        let why = format!("to which {} leads", way.route);
        ((way.to, way.port), why, way.route, way.balancer)
    });
    let elsewhere = from_elsewhere(context).into_iter();
    let elsewhere = elsewhere.map(|(need, key)| (need, format!("which {key} needs"), key, None));
    for ((to, number), why, peer, balancer) in routes.chain(elsewhere) {
        let server = &context.graph.members[to];
        let pods = pods_of(&server.workload);
        let port = port_of(server, number);
        let (is_refused, what) = if let Some(balancer) = balancer {
            let out = kept_out(policies, &pods, port, &balancer.asks_from);
            let names = out.as_ref().filter(|out| !out.is_empty());
            let names = names.map(|out| format!(" from {}", out.join(" or ")));
            let what = format!(
                "the load balancer of {}, which is no pod, may not reach the {} on port {number}{}",
                balancer.title,
                title(server),
                names.unwrap_or_default()
            );
            (out.is_some(), what)
        } else {
            let verdict = policies.strongest(&pods, Direction::Ingress, |policy, rule| {
                verdict(covers(rule, port) && is_for_strangers(context, &pods, policy, rule))
            });
            let what = format!(
                "nobody from outside may reach the {} on port {number}",
                title(server)
            );
            (verdict == Verdict::Denied, what)
        };
        let help = if balancer.is_some() {
            format!(
                "add an ingress rule for port {number} with the ipBlock of the load balancer's addresses"
            )
        } else {
            format!(
                "add an ingress rule for port {number}, from where they come, such as the router's namespace"
            )
        };
        judge.require(!is_refused, || {
            missing(
                policies,
                &pods,
                Direction::Ingress,
                format!("{what}, {why}"),
                help,
            )
            .peer(peer)
        });
    }
}

fn verdict(is_allowed: bool) -> Verdict {
    if is_allowed {
        Verdict::Allowed
    } else {
        Verdict::Denied
    }
}

/// Whether a rule is for somebody who is no pod of the releases.
fn is_for_strangers(
    context: &Context<'_>,
    pods: &Pods<'_>,
    policy: NetworkPolicy<'_>,
    rule: &PolicyRule<'_>,
) -> bool {
    leads_outside(rule)
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
        })
}

/// The addresses from which a load balancer outside of the cluster does not get through, `None` when it does: rules for pods and
/// namespaces never let it in.
fn kept_out<'r>(
    policies: &Policies<'_>,
    pods: &Pods<'_>,
    port: Port<'_>,
    ranges: &'r [String],
) -> Option<Vec<&'r str>> {
    let lets_in = |range: Option<&str>| {
        policies.strongest(pods, Direction::Ingress, |_, rule| {
            let has = |block: &Value| range.is_none_or(|range| block_has(block, range));
            let mut blocks = rule.peers.iter().filter_map(|peer| peer.ip_block);
            let is_for_it = rule.peers.is_empty() || blocks.any(has);
            verdict(covers(rule, port) && is_for_it)
        }) == Verdict::Allowed
    };
    if ranges.is_empty() {
        return (!lets_in(None)).then(Vec::new);
    }
    let out = ranges.iter().map(String::as_str);
    let out: Vec<&str> = out.filter(|range| !lets_in(Some(range))).collect();
    (!out.is_empty()).then_some(out)
}

/// Whether an `ipBlock` has every address of a range.
fn block_has(block: &Value, range: &str) -> bool {
    let is_in = |outer: &str| match (read(outer), read(range)) {
        (Some((outer, length)), Some((inner, own))) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            length <= own && outer & mask == inner & mask
        }
        _ => false,
    };
    str_at(block, "/cidr").is_some_and(is_in)
        && !array_at(block, "/except")
            .iter()
            .filter_map(Value::as_str)
            .any(is_in)
}

/// An IPv4 range as number and length of its prefix.
fn read(range: &str) -> Option<(u32, u8)> {
    let (address, length) = range.split_once('/')?;
    let address: Ipv4Addr = address.parse().ok()?;
    let length: u8 = length.parse().ok().filter(|length| *length <= 32)?;
    Some((address.to_bits(), length))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::block_has;

    #[test]
    fn a_block_has_the_ranges_inside_of_it_that_it_does_not_except() {
        let has = |cidr: &str, except: &[&str]| {
            block_has(&json!({"cidr": cidr, "except": except}), "35.191.0.0/16")
        };
        assert!(
            has("0.0.0.0/0", &[])
                && has("35.191.0.0/16", &[])
                && has("35.0.0.0/8", &["35.1.0.0/16"])
        );
        assert!(!has("35.191.0.0/24", &[]) && !has("10.0.0.0/8", &[]) && !has("::/0", &[]));
        assert!(!has("0.0.0.0/0", &["35.191.0.0/16"]));
    }
}
