//! Probes that the component answers.

use am_product::Protocol;
use serde_json::Value;

use super::question::{Question, questions};
use crate::{
    component::{Capability, Component},
    context::{Context, Fault, Judge},
    facts::PortFact,
    graph::{Graph, Member},
    manifest::Container,
};

/// The start-up health check of gateways: answers 200 when all APIs are deployed.
const START_UP_CHECK: &str = "/api/am/gateway/v2/server-startup-healthcheck";

/// Where the services of a server are.
const SERVICES: &str = "/services/";

/// The service that every server has.
const VERSION: &str = "Version";

/// Paths that every component's servlet ports answer, besides services.
const SERVLET_PATHS: [&str; 1] = ["/carbon"];

/// Components with their main container.
pub(super) fn mains<'g, 'a>(
    graph: &'g Graph<'a>,
) -> impl Iterator<Item = (&'g Member<'a>, Component, Container<'a>)> {
    graph
        .members
        .iter()
        .filter_map(|member| Some((member, member.component?, member.main?)))
}

pub(super) fn probe<'a>(container: &Container<'a>, kind: &str) -> Option<&'a Value> {
    container.value.get(kind).filter(|probe| !probe.is_null())
}

pub(super) fn are_answered(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (member, component, main) in mains(context.graph) {
        for kind in ["startupProbe", "readinessProbe", "livenessProbe"] {
            let Some(found) = probe(&main, kind) else {
                continue;
            };
            for question in questions(found) {
                let problem = problem_of(context, member, component, &question);
                judge.require(problem.is_none(), || {
                    Fault::new(
                        format!(
                            "the {} does not answer its {kind}: {}",
                            component.title(),
                            problem.unwrap_or_default()
                        ),
                        "ask /services/Version on servlet-http (9763), or for gateways the start-up health check on servlet-https (9443), each plus the offset",
                    )
                    .object(member.workload.object)
                    .field(kind)
                });
            }
        }
    }
}

/// Why nothing answers, if so.
fn problem_of(
    context: &Context<'_>,
    member: &Member<'_>,
    component: Component,
    question: &Question<'_>,
) -> Option<String> {
    let resolver = context.graph.resolver();
    let number = match resolver.container_port(member, question.port) {
        Ok(number) => number,
        Err(reason) => return Some(reason),
    };
    let graph = context.graph;
    let fact = component
        .ports()
        .find(|fact| graph.number_on(member, fact.number) == number);
    let Some(fact) = fact else {
        // A declared port that is none of the product's may belong to a sidecar.
        let is_products = PortFact::all()
            .iter()
            .any(|fact| fact.number == number || graph.number_on(member, fact.number) == number);
        return is_products.then(|| format!("nothing listens on port {number}"));
    };
    let (tls, path) = question.http?;
    if tls != fact.tls {
        let spoken = if fact.tls { "HTTPS" } else { "HTTP" };
        return Some(format!("{} (port {number}) speaks {spoken}", fact.name));
    }
    (!answers(component, fact, path)).then(|| format!("{} has nothing at {path}", fact.name))
}

/// Whether a path belongs to a web application, which may fail to be deployed: then the server redirects to a login page.
pub(super) fn is_of_a_web_application(path: &str) -> bool {
    // What is below the context of a web application is not ours to judge.
    Component::all().any(|component| has_context(component, path))
}

fn has_context(component: Component, path: &str) -> bool {
    let contexts = component.web_contexts();
    contexts.iter().any(|context| path.starts_with(context))
}

/// Whether a port may answer a path with success. Where it cannot be told, it may.
pub(in crate::checks) fn answers(component: Component, port: &PortFact, path: &str) -> bool {
    if port.speaks != Protocol::Servlets {
        // APIs have any path; receivers of events answer none.
        return !port.speaks.is_of_events();
    }
    if path == START_UP_CHECK {
        return component.has(Capability::StartUpCheck);
    }
    if let Some(service) = path.strip_prefix(SERVICES) {
        // Which services there are is not told; what is almost the one that all have is misspelt.
        let service = service.split(['?', '/']).next().unwrap_or_default();
        return service == VERSION || am_suggest::near(service, [VERSION]).is_none();
    }
    SERVLET_PATHS.iter().any(|known| path.starts_with(known)) || has_context(component, path)
}
