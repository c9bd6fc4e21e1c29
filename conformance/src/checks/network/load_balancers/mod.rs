//! Load balancers in front of routes and Services: what they ask to know who is healthy, and what they cut.

mod alb;
mod common;
mod gke;
mod ingress;
mod nlb;
mod openshift;
#[cfg(test)]
mod tests;

use self::{
    alb::{health_check_annotations, is_of_alb, of_attributes},
    common::{Limits, behind},
    gke::{BACKEND, encrypts, health_check_policy, of_policy, policy_of},
    ingress::of_controllers,
    nlb::health_check_of_service,
    openshift::of_router,
};
use crate::{
    checks::network::routes::product_port_of,
    component::{Capability, Component},
    context::{Context, Fault, Judge},
    facts::{PortFact, controllers::controllers},
    manifest::{Object, routes},
};
use am_product::Protocol;

pub(super) use alb::reach_pods;
pub(super) use gke::is_of_gke;

/// Seconds for which a WebSocket may be silent and must not be cut.
const IDLE_SECONDS: i64 = 300;

/// Seconds for which a gateway waits for the backend of an API, and must be waited for. Source:
/// deployment-toml/data/keys.jsonl, `synapse_properties.'synapse.global_timeout_interval'`.
const BACKEND_SECONDS: i64 = 120;

/// Seconds in which portals and receivers of events answer.
const ANSWER_SECONDS: i64 = 30;

pub(super) fn ask_what_is_answered(context: &Context<'_>, judge: &mut Judge<'_>) {
    for route in routes(context.manifest) {
        if is_of_gke(context, route.object) {
            for behind in behind(context, &route) {
                health_check_policy(context, &route, &behind, judge);
            }
        }
        if route.object.kind() == "Ingress" && is_of_alb(route.object) {
            for behind in behind(context, &route) {
                health_check_annotations(context, &route, &behind, judge);
            }
        }
    }
    for service in &context.graph.services {
        health_check_of_service(context, *service, judge);
    }
}

pub(super) fn speak_tls_where_it_is_spoken(context: &Context<'_>, judge: &mut Judge<'_>) {
    for route in routes(context.manifest) {
        if is_of_gke(context, route.object) {
            for behind in behind(context, &route) {
                encrypts(context, &route, &behind, judge);
            }
        }
    }
}

pub(super) fn keep_connections(context: &Context<'_>, judge: &mut Judge<'_>) {
    for cut in cuts(context) {
        let problem = cut.problem();
        judge.require(problem.is_none(), || {
            cut.fault(&problem.unwrap_or_default())
        });
    }
}

/// Whoever is logged in to a portal is known to one node.
pub(super) fn keep_sessions(context: &Context<'_>, judge: &mut Judge<'_>) {
    let portals = cuts(context).into_iter().filter(|cut| {
        cut.port.speaks == Protocol::Servlets
            && cut.component.has(Capability::Portals)
            && context.graph.nodes_of(cut.component).len() >= 2
    });
    for cut in portals {
        judge.require(cut.limits.is_sticky, || {
            cut.fault("sends the people who are logged in to a portal from node to node")
        });
    }
}

/// What a load balancer does with the connections of a route to a port of a component.
struct Cut<'c, 'a> {
    route: &'a Object,
    component: Component,
    port: &'c PortFact,
    limits: Limits,
}

fn cuts<'c, 'a>(context: &'c Context<'a>) -> Vec<Cut<'c, 'a>> {
    let mut found = Vec::new();
    for route in routes(context.manifest) {
        let gke = is_of_gke(context, route.object);
        let alb = route.object.kind() == "Ingress" && is_of_alb(route.object);
        let openshift = route.object.kind() == "Route";
        let controllers = match route.object.kind() {
            "Ingress" => controllers().of_ingress(context.manifest, route.object),
            _ => Vec::new(),
        };
        if !gke && !alb && !openshift && controllers.is_empty() {
            continue;
        }
        for behind in behind(context, &route) {
            let Some(port) = product_port_of(context, route.object, &behind.backend) else {
                continue;
            };
            let limits = if gke {
                of_policy(policy_of(context, BACKEND, behind.service))
            } else if openshift {
                of_router(route.object, port.speaks == Protocol::Websockets)
            } else if alb {
                of_attributes(route.object, behind.service.object)
            } else {
                match of_controllers(&controllers, route.object, behind.service) {
                    Some(limits) => limits,
                    None => continue,
                }
            };
            found.push(Cut {
                route: route.object,
                component: behind.component,
                port,
                limits,
            });
        }
    }
    found
}

impl<'a> Cut<'_, 'a> {
    /// What is cut too early.
    fn problem(&self) -> Option<String> {
        let seconds = self.limits.idle_seconds;
        if self.port.speaks == Protocol::Websockets && seconds < IDLE_SECONDS {
            Some(format!("cuts WebSockets after {seconds} seconds"))
        } else if self.port.speaks == Protocol::Apis && seconds < BACKEND_SECONDS {
            Some(format!(
                "gives up after {seconds} seconds, while the gateway waits {BACKEND_SECONDS} for a backend"
            ))
        } else if seconds < ANSWER_SECONDS {
            Some(format!("cuts requests after {seconds} seconds"))
        } else if !self.limits.drains {
            Some("cuts requests in flight when a pod leaves".to_owned())
        } else {
            None
        }
    }

    fn fault(&self, problem: &str) -> Fault<'a> {
        let message = format!("the load balancer of {} {problem}", self.route.reference());
        Fault::new(message, self.limits.help.clone()).object(self.route)
    }
}
