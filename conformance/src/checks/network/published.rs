//! What Services publish outside of the cluster.

use serde_json::Value;

use super::services::selected;
use crate::{
    context::{Context, Fault, Judge},
    manifest::Service,
};

pub(super) fn only_ports_for_users(context: &Context<'_>, judge: &mut Judge<'_>) {
    let resolver = context.graph.resolver();
    for service in &context.graph.services {
        let kind = service.object.str("/spec/type").unwrap_or("ClusterIP");
        if !matches!(kind, "LoadBalancer" | "NodePort") {
            continue;
        }
        // The rest of a deployment, in another cluster, is no user.
        if kind == "LoadBalancer" && is_for_named_ranges(*service) {
            judge.looked();
            continue;
        }
        for member in selected(context.graph, *service) {
            let Some(component) = member.component else {
                continue;
            };
            for port in service.ports() {
                let fact = resolver
                    .container_port(member, port.target)
                    .ok()
                    .and_then(|number| context.graph.port_on(member, number));
                let Some(fact) = fact else { continue };
                judge.require(fact.is_for_users_of(component), || {
                    Fault::new(
                        format!(
                            "Service `{}` of the type {kind} publishes port {} ({}) of the {}, which is for other components only",
                            service.name(),
                            port.number,
                            fact.name,
                            component.title()
                        ),
                        "publish the ports for users alone, by a Service of their own; leave this one at ClusterIP",
                    )
                    .object(service.object)
                    .field("type")
                    .value(kind)
                });
            }
        }
    }
}

/// Whether it says who may connect, and means fewer than everybody.
fn is_for_named_ranges(service: Service<'_>) -> bool {
    let ranges = service
        .object
        .value
        .pointer("/spec/loadBalancerSourceRanges");
    let ranges = ranges.and_then(Value::as_array).into_iter().flatten();
    let ranges: Vec<&str> = ranges.filter_map(Value::as_str).collect();
    !ranges.is_empty() && !ranges.iter().any(|range| range.ends_with("/0"))
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
