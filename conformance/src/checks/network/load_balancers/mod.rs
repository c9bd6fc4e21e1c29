//! Load balancers of clouds in front of routes: what they ask to know who is healthy, and what they cut.

mod alb;
mod common;
mod gke;
mod openshift;
#[cfg(test)]
mod tests;

use self::{
    alb::{health_check_annotations, is_of_alb, of_attributes},
    common::{Behind, Limits, behind},
    gke::{
        BACKEND, HEALTH_CHECK, encrypts, health_check_policy, is_of_gke, of_policy, policies,
        policy_of, target_is_there,
    },
    openshift::of_router,
};
use crate::{
    checks::network::routes::product_port_of,
    component::Component,
    context::{Context, Fault, Judge},
    facts::PortFact,
    manifest::{Route, routes},
};

pub(super) use alb::reach_pods;

/// Seconds for which a WebSocket may be silent and must not be cut.
const IDLE_SECONDS: i64 = 300;

/// Seconds for which a gateway waits for the backend of an API, and must be waited for. Source:
/// deployment-toml/data/keys.jsonl, `synapse_properties.'synapse.global_timeout_interval'`.
const BACKEND_SECONDS: i64 = 120;

/// Seconds in which portals and receivers of events answer.
const ANSWER_SECONDS: i64 = 30;

pub(super) fn ask_what_is_answered(context: &Context<'_>, judge: &mut Judge<'_>) {
    for kind in [HEALTH_CHECK, BACKEND] {
        for policy in policies(context, kind) {
            target_is_there(context, policy, judge);
        }
    }
    for route in routes(context.manifest) {
        if is_of_gke(context, route.object) {
            for behind in behind(context, &route) {
                health_check_policy(context, &route, &behind, judge);
                encrypts(context, &route, &behind, judge);
            }
        }
        if route.object.kind() == "Ingress" && is_of_alb(route.object) {
            for behind in behind(context, &route) {
                health_check_annotations(context, &route, &behind, judge);
            }
        }
    }
}

pub(super) fn keep_connections(context: &Context<'_>, judge: &mut Judge<'_>) {
    for route in routes(context.manifest) {
        let gke = is_of_gke(context, route.object);
        let alb = route.object.kind() == "Ingress" && is_of_alb(route.object);
        let openshift = route.object.kind() == "Route";
        if !gke && !alb && !openshift {
            continue;
        }
        for behind in behind(context, &route) {
            let Some(fact) = product_port_of(context, route.object, &behind.backend) else {
                continue;
            };
            let limits = if gke {
                of_policy(policy_of(context, BACKEND, behind.service))
            } else if openshift {
                of_router(route.object, fact.name.starts_with("ws"))
            } else {
                of_attributes(route.object, behind.service.object)
            };
            judge_limits(context, &route, &behind, (fact, &limits), judge);
        }
    }
}

fn judge_limits(
    context: &Context<'_>,
    route: &Route<'_>,
    behind: &Behind<'_, '_>,
    (fact, limits): (&PortFact, &Limits),
    judge: &mut Judge<'_>,
) {
    let has_several = context.graph.nodes_of(behind.component).len() >= 2;
    let serves_portals = fact.name.starts_with("servlet-")
        && matches!(
            behind.component,
            Component::AllInOne | Component::ControlPlane
        );
    let problem = if fact.name.starts_with("ws") && limits.idle_seconds < IDLE_SECONDS {
        Some(format!(
            "cuts WebSockets after {} seconds",
            limits.idle_seconds
        ))
    } else if fact.name.starts_with("gateway-") && limits.idle_seconds < BACKEND_SECONDS {
        Some(format!(
            "gives up after {} seconds, while the gateway waits {BACKEND_SECONDS} for a backend",
            limits.idle_seconds
        ))
    } else if limits.idle_seconds < ANSWER_SECONDS {
        Some(format!(
            "cuts requests after {} seconds",
            limits.idle_seconds
        ))
    } else if !limits.drains {
        Some("cuts requests in flight when a pod leaves".to_owned())
    } else if serves_portals && has_several && !limits.is_sticky {
        Some("sends the people who are logged in to a portal from node to node".to_owned())
    } else {
        None
    };
    judge.require(problem.is_none(), || {
        Fault::new(
            format!(
                "the load balancer of {} {}",
                route.object.reference(),
                problem.unwrap_or_default()
            ),
            limits.help,
        )
        .object(route.object)
    });
}
