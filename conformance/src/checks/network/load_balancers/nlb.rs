//! The load balancers of AWS in front of Services, told by annotations of these.

use super::common::{Question, answer, told_unhealthy};
use crate::{
    checks::network::services::selected,
    context::{Context, Judge},
    manifest::{Service, TargetPort},
};

const AWS: &str = "service.beta.kubernetes.io/aws-load-balancer-";

/// A health check that asks a port of its own must find it open on the pods, where these are the targets.
pub(super) fn health_check_of_service(
    context: &Context<'_>,
    service: Service<'_>,
    judge: &mut Judge<'_>,
) {
    let annotations = service.object.annotations();
    let told = |name: &str| annotations.get(format!("{AWS}{name}").as_str()).copied();
    let are_pods = told("nlb-target-type") == Some("ip") || told("type") == Some("nlb-ip");
    let port = told("healthcheck-port").and_then(|port| port.parse::<u16>().ok());
    let Some(port) =
        port.filter(|_| are_pods && service.object.str("/spec/type") == Some("LoadBalancer"))
    else {
        return;
    };
    let resolver = context.graph.resolver();
    for member in selected(context.graph, service) {
        let Some(component) = member.component else {
            continue;
        };
        let asked = context.graph.port_on(member, port);
        let protocol = told("healthcheck-protocol").unwrap_or("TCP").to_uppercase();
        if asked.is_none() || protocol == "TCP" {
            let is_open = resolver
                .container_port(member, TargetPort::Number(port))
                .is_ok();
            judge.require(is_open, || {
                let problem = format!("port {port}, which the {} does not have", component.title());
                told_unhealthy(service.object, &problem).field("healthcheck-port")
            });
            continue;
        }
        let question = Question {
            asked,
            port: Some(port),
            tls: protocol == "HTTPS",
            path: told("healthcheck-path").unwrap_or("/"),
        };
        answer(service.object, component, &question, judge);
    }
}
