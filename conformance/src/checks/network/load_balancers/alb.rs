//! The load balancers of the AWS controller, told by annotations of Ingresses and Services.

use super::common::{Behind, Limits, Question, answer, behind};
use crate::{
    checks::network::routes::port_of,
    context::{Context, Fault, Judge},
    manifest::{Object, Route, routes},
};

const ALB: &str = "alb.ingress.kubernetes.io/";

pub(super) fn is_of_alb(ingress: &Object) -> bool {
    ingress.str("/spec/ingressClassName") == Some("alb")
        || ingress
            .annotations()
            .keys()
            .any(|name| name.starts_with(ALB))
}

pub(super) fn health_check_annotations(
    context: &Context<'_>,
    route: &Route<'_>,
    behind: &Behind<'_, '_>,
    judge: &mut Judge<'_>,
) {
    let of_service = behind.service.object.annotations();
    let of_ingress = route.object.annotations();
    // What the Service says wins over what the Ingress says.
    let told = |name: &str| {
        let name = format!("{ALB}{name}");
        of_service
            .get(name.as_str())
            .or_else(|| of_ingress.get(name.as_str()))
            .copied()
    };
    let Some(port) = port_of(behind.service, &behind.backend) else {
        return;
    };
    let resolver = context.graph.resolver();
    let Ok(traffic) = resolver.container_port(behind.member, port.target) else {
        return;
    };
    let number = match told("healthcheck-port") {
        None | Some("traffic-port") => Some(traffic),
        Some(written) => written.parse().ok().or_else(|| {
            let ports = behind.service.ports();
            let named = ports.iter().find(|port| port.name == Some(written))?;
            resolver.container_port(behind.member, named.target).ok()
        }),
    };
    let question = Question {
        asked: number.and_then(|number| context.graph.port_on(behind.member, number)),
        port: Some(number.unwrap_or_default()),
        tls: told("healthcheck-protocol")
            .is_some_and(|protocol| protocol.eq_ignore_ascii_case("https")),
        path: told("healthcheck-path").unwrap_or("/"),
    };
    answer(route.object, behind.component, &question, judge);
}

pub(super) fn of_attributes(ingress: &Object, service: &Object) -> Limits {
    let attribute = |annotation: &str, name: &str| {
        let annotation = format!("{ALB}{annotation}");
        [service, ingress]
            .iter()
            .find_map(|object| object.annotations().get(annotation.as_str()).copied())?
            .split(',')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| key.trim() == name)
            .map(|(_, value)| value.trim().to_owned())
    };
    Limits {
        idle_seconds: attribute("load-balancer-attributes", "idle_timeout.timeout_seconds")
            .and_then(|seconds| seconds.parse().ok())
            .unwrap_or(60),
        is_sticky: attribute("target-group-attributes", "stickiness.enabled").as_deref()
            == Some("true"),
        // 300 seconds unless told otherwise.
        drains: true,
        help: "set idle_timeout.timeout_seconds in load-balancer-attributes and, for portals, stickiness.enabled=true in target-group-attributes".to_owned(),
    }
}

/// Without a target type the AWS controller sends to ports of the nodes, which our Services do not have.
pub(in crate::checks::network) fn reach_pods(context: &Context<'_>, judge: &mut Judge<'_>) {
    for route in routes(context.manifest) {
        if route.object.kind() != "Ingress" || !is_of_alb(route.object) {
            continue;
        }
        for behind in behind(context, &route) {
            let name = format!("{ALB}target-type");
            let of_service = behind.service.object.annotations();
            let of_ingress = route.object.annotations();
            let target = of_service
                .get(name.as_str())
                .or_else(|| of_ingress.get(name.as_str()))
                .copied()
                .unwrap_or("instance");
            let kind = behind
                .service
                .object
                .str("/spec/type")
                .unwrap_or("ClusterIP");
            judge.require(target == "ip" || kind != "ClusterIP", || {
                Fault::new(
                    format!(
                        "{} sends to ports of the nodes (target-type {target}), and Service `{}` of the type {kind} has none",
                        route.object.reference(),
                        behind.service.name()
                    ),
                    "set alb.ingress.kubernetes.io/target-type: ip",
                )
                .object(route.object)
                .value(target)
            });
        }
    }
}
