//! What the load balancers of all clouds have in common: what is behind them, what they ask, and when they cut.

use am_product::Protocol;

use crate::{
    checks::{
        network::{routes::service_of, services::selected},
        operations::probes::answers,
    },
    component::Component,
    context::{Context, Fault, Judge},
    facts::PortFact,
    graph::Member,
    manifest::{Backend, Object, Route, Service},
};

/// A backend of a route that one of the product's components is behind.
pub(super) struct Behind<'g, 'a> {
    pub(super) backend: Backend<'a>,
    pub(super) service: Service<'a>,
    pub(super) member: &'g Member<'a>,
    pub(super) component: Component,
}

pub(super) fn behind<'g, 'a>(context: &'g Context<'a>, route: &Route<'a>) -> Vec<Behind<'g, 'a>> {
    let mut found = Vec::new();
    for backend in &route.backends {
        let Some(service) = service_of(context, route.object, backend) else {
            continue;
        };
        let member = selected(context.graph, *service)
            .into_iter()
            .find_map(|member| Some((member, member.component?)));
        if let Some((member, component)) = member {
            found.push(Behind {
                backend: *backend,
                service: *service,
                member,
                component,
            });
        }
    }
    found
}

/// What a load balancer asks to know whether a pod is healthy.
pub(super) struct Question<'q> {
    pub(super) asked: Option<&'q PortFact>,
    pub(super) port: Option<u16>,
    pub(super) tls: bool,
    pub(super) path: &'q str,
}

pub(super) fn answer(
    object: &Object,
    component: Component,
    question: &Question<'_>,
    judge: &mut Judge<'_>,
) {
    let title = component.title();
    let problem = match (question.asked, question.port) {
        (None, Some(port)) => Some(format!("port {port}, which the {title} does not have")),
        (Some(fact), _) if !component.ports().any(|port| port == fact) => {
            Some(format!("{}, which the {title} keeps closed", fact.name))
        }
        (Some(fact), _) if fact.tls != question.tls => Some(format!(
            "{} over {}, which speaks {}",
            fact.name,
            if question.tls { "HTTPS" } else { "HTTP" },
            if fact.tls { "HTTPS" } else { "HTTP" }
        )),
        (Some(fact), _) if !answers_health_check(component, fact, question.path) => Some(format!(
            "{} for {}, where the {title} has nothing",
            fact.name, question.path
        )),
        _ => None,
    };
    judge.require(problem.is_none(), || {
        told_unhealthy(object, &problem.unwrap_or_default()).value(question.path)
    });
}

/// The fault of a health check that finds no pod healthy.
pub(super) fn told_unhealthy<'a>(object: &'a Object, asked: &str) -> Fault<'a> {
    Fault::new(
        format!(
            "{} lets the load balancer ask {asked}: all pods seem ill, and nobody is served",
            object.reference()
        ),
        "ask /services/Version on servlet-https (9443 plus the offset) over HTTPS",
    )
    .object(object)
}

/// A probe may be content with any API; a load balancer needs a path that is there without one.
fn answers_health_check(component: Component, fact: &PortFact, path: &str) -> bool {
    if fact.speaks == Protocol::Apis {
        return path != "/";
    }
    // The health of a companion is an inner matter of its.
    let is_asked = matches!(fact.speaks, Protocol::Servlets | Protocol::Inner);
    is_asked && answers(component, fact, path)
}

/// What a load balancer does with connections.
pub(super) struct Limits {
    pub(super) idle_seconds: i64,
    pub(super) is_sticky: bool,
    pub(super) drains: bool,
    pub(super) help: String,
}
