//! What Services publish outside of the cluster.

use serde_json::Value;

use super::{
    edges::{pods_of, port_of},
    reachability::{Direction, Pods, Policies, Port, Verdict, covers},
    services::selected,
};
use crate::{
    context::{Context, Fault, Judge},
    manifest::{Service, array_at, str_at},
};

pub(super) fn only_ports_for_users(context: &Context<'_>, judge: &mut Judge<'_>) {
    let resolver = context.graph.resolver();
    let policies = Policies::of(context.manifest);
    for service in &context.graph.services {
        let kind = service.object.str("/spec/type").unwrap_or("ClusterIP");
        if !matches!(kind, "LoadBalancer" | "NodePort") {
            continue;
        }
        // Other sites of a deployment are no users, and no pods of this cluster.
        let has_ranges = kind == "LoadBalancer" && names_ranges(*service);
        for member in selected(context.graph, *service) {
            let Some(component) = member.component else {
                continue;
            };
            for port in service.ports() {
                let fact = resolver
                    .container_port(member, port.target)
                    .ok()
                    .and_then(|number| context.graph.port_on(member, number));
                let Some(fact) = fact else {
                    // None of the product's table, such as a broker's with TLS, which AM-REG-016 is about.
                    judge.looked();
                    continue;
                };
                let is_limited = || {
                    let number = context.graph.number_on(member, fact.number);
                    is_for_named_peers(
                        &policies,
                        &pods_of(&member.workload),
                        port_of(member, number),
                    )
                };
                let may = fact.is_for_users_of(component) || has_ranges || is_limited();
                judge.require(may, || {
                    Fault::new(
                        format!(
                            "Service `{}` of the type {kind} publishes port {} ({}) of the {}, which is for other components only",
                            service.name(),
                            port.number,
                            fact.name,
                            component.title()
                        ),
                        "publish the ports for users alone, by a Service of their own, or name who connects: in loadBalancerSourceRanges, or in a NetworkPolicy",
                    )
                    .object(service.object)
                    .field("type")
                    .value(kind)
                });
            }
        }
    }
}

/// Whether its load balancer lets in named networks alone.
fn names_ranges(service: Service<'_>) -> bool {
    let ranges = array_at(&service.object.value, "/spec/loadBalancerSourceRanges");
    let mut ranges = ranges.iter().filter_map(Value::as_str).peekable();
    ranges.peek().is_some() && !ranges.any(is_everybody)
}

/// Whether network policies let in peers that they name alone.
fn is_for_named_peers(policies: &Policies<'_>, pods: &Pods<'_>, port: Port<'_>) -> bool {
    let best = policies.strongest(pods, Direction::Ingress, |_, rule| {
        let mut blocks = rule.peers.iter().filter_map(|peer| peer.ip_block);
        let is_open = rule.peers.is_empty()
            || blocks.any(|block| str_at(block, "/cidr").is_some_and(is_everybody));
        if is_open && covers(rule, port) {
            Verdict::Allowed
        } else {
            Verdict::Denied
        }
    });
    best == Verdict::Denied
}

fn is_everybody(range: &str) -> bool {
    range.ends_with("/0")
}

#[cfg(test)]
mod tests {
    use super::only_ports_for_users;
    use crate::checks::harness::{Subject, messages};

    fn found(kind: &str, ports: &str) -> Vec<String> {
        let documents = format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: cp}}, spec: {{template: {{metadata: {{labels: {{app: cp}}}}, \
             spec: {{containers: [{{name: c, image: wso2/wso2am-acp}}]}}}}}}}}\n---\n\
             {{apiVersion: v1, kind: Service, metadata: {{name: cp}}, spec: {{type: {kind}, selector: {{app: cp}}, ports: [{ports}]}}}}"
        );
        messages(&Subject::default().judge("AM-NET-058", only_ports_for_users, &documents))
    }

    #[test]
    fn ports_for_other_components_are_published_by_nobody() {
        let inner = "{port: 5672}, {port: 80, targetPort: 9763}";
        assert_eq!(found("LoadBalancer", inner).len(), 2);
        let on_nodes = found("NodePort", "{port: 9611}");
        assert!(
            on_nodes.len() == 1 && on_nodes[0].contains("9611 (thrift)"),
            "{on_nodes:?}"
        );
    }

    #[test]
    fn other_sites_may_connect_where_a_policy_names_them() {
        let under = |policy: &str| {
            let documents = format!(
                "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: cp}}, spec: {{template: {{metadata: {{labels: {{app: cp}}}}, \
                 spec: {{containers: [{{name: c, image: wso2/wso2am-acp}}]}}}}}}}}\n---\n\
                 {{apiVersion: v1, kind: Service, metadata: {{name: cp}}, spec: {{type: NodePort, selector: {{app: cp}}, ports: [{{port: 5672}}]}}}}\n---\n\
                 {{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: cp}}, spec: {{podSelector: {{}}, {policy}}}}}"
            );
            messages(&Subject::default().judge("AM-NET-058", only_ports_for_users, &documents))
                .len()
        };
        let from = |peer: &str| {
            under(&format!(
                "policyTypes: [Ingress], ingress: [{{from: [{peer}], ports: [{{port: 5672}}]}}]"
            ))
        };
        assert_eq!(from("{ipBlock: {cidr: 10.30.0.0/16}}"), 0);
        assert_eq!(from("{ipBlock: {cidr: 0.0.0.0/0}}"), 1);
        assert_eq!(under("policyTypes: [Ingress], ingress: [{}]"), 1);
        assert_eq!(under("policyTypes: [Egress]"), 1, "nothing governs it");
    }

    #[test]
    fn the_rest_of_a_deployment_may_connect_from_its_own_ranges() {
        let to = |ranges: &str| {
            let documents = format!(
                "{{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: cp}}, spec: {{replicas: 2, template: {{metadata: {{labels: {{app: cp}}}}, \
                 spec: {{containers: [{{name: c, image: wso2/wso2am-acp}}]}}}}}}}}\n---\n\
                 {{apiVersion: v1, kind: Service, metadata: {{name: cp-1}}, spec: {{type: LoadBalancer, loadBalancerSourceRanges: [{ranges}], \
                 selector: {{app: cp, statefulset.kubernetes.io/pod-name: cp-1}}, ports: [{{port: 5672}}]}}}}"
            );
            messages(&Subject::default().judge("AM-NET-058", only_ports_for_users, &documents))
                .len()
        };
        assert_eq!(to("10.30.0.0/16"), 0);
        assert_eq!(to(""), 1);
        assert_eq!(to("10.30.0.0/16, 0.0.0.0/0"), 1);
    }

    #[test]
    fn portals_are_for_users() {
        assert!(found("LoadBalancer", "{port: 443, targetPort: 9443}").is_empty());
    }
}
