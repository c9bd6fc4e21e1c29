//! Probes: there, patient, answered by the component, and true.

use am_product::Protocol;
use serde_json::Value;

use super::question::{Question, questions};
use crate::{
    component::{Capability, Component},
    context::{Context, Fault, Judge},
    facts::PortFact,
    graph::{Graph, Member},
    manifest::{Container, Object, TargetPort, integer_at, str_at},
};

/// Seconds that a server may need before it answers: less would restart it while it starts.
const START_SECONDS: i64 = 60;

/// The start-up health check of gateways: answers 200 when all APIs are deployed.
const START_UP_CHECK: &str = "/api/am/gateway/v2/server-startup-healthcheck";

/// Paths that every component's servlet ports answer.
const SERVLET_PATHS: [&str; 2] = ["/services/", "/carbon"];

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

/// Seconds after which a probe gives up at the earliest.
fn patience(probe: &Value) -> i64 {
    let number = |at: &str, default| integer_at(probe, at).unwrap_or(default);
    number("/initialDelaySeconds", 0)
        + number("/periodSeconds", 10) * number("/failureThreshold", 3)
}

pub(super) fn wait_for_the_start(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (member, component, main) in mains(context.graph) {
        let (kind, found) = match probe(&main, "startupProbe") {
            Some(found) => ("startupProbe", found),
            None => match probe(&main, "livenessProbe") {
                Some(found) => ("livenessProbe", found),
                None => continue,
            },
        };
        let seconds = patience(found);
        judge.require(seconds >= START_SECONDS, || {
            Fault::new(
                format!(
                    "the {kind} of the {} gives up after {seconds} s, before a server has started",
                    component.title()
                ),
                format!("use a startupProbe whose periodSeconds times failureThreshold is {START_SECONDS} or more"),
            )
            .object(member.workload.object)
            .field("startupProbe")
            .field("periodSeconds")
            .field("failureThreshold")
            .value(seconds.to_string())
        });
    }
}

/// What a probe of ours may do in seconds: how often it asks, how long a failure may last before it acts, at least and
/// at most.
const NOTICE: [(&str, i64, i64, i64); 3] = [
    // Half an hour is more than any start takes, and a server that never starts must be tried again.
    ("startupProbe", 60, 0, 1800),
    // A full garbage collection, or a machine without CPU to spare, must not restart a server.
    ("livenessProbe", 60, 30, 600),
    // A node that does not answer gets requests until then.
    ("readinessProbe", 60, 0, 120),
];

pub(super) fn notice_in_time(context: &Context<'_>, judge: &mut Judge<'_>) {
    for workload in context.manifest.workloads() {
        for container in workload.pod.containers() {
            for (kind, most_period, least, most) in NOTICE {
                let Some(found) = probe(&container, kind) else {
                    continue;
                };
                let number = |at: &str, default| integer_at(found, at).unwrap_or(default);
                let period = number("/periodSeconds", 10);
                let seconds = period.saturating_mul(number("/failureThreshold", 3));
                let timeout = number("/timeoutSeconds", 1);
                let problem = if period > most_period {
                    Some(format!("asks only every {period} s"))
                } else if seconds < least {
                    Some(format!("gives up after {seconds} s"))
                } else if seconds > most {
                    Some(format!("gives up only after {seconds} s"))
                } else if timeout > most_period {
                    Some(format!("waits {timeout} s for an answer"))
                } else {
                    None
                };
                judge.require(problem.is_none(), || {
                    Fault::new(
                        format!(
                            "the {kind} of container `{}` of {} {}",
                            container.name(),
                            workload.object.reference(),
                            problem.unwrap_or_default()
                        ),
                        format!("ask every {most_period} s or more often, and keep periodSeconds times failureThreshold between {least} and {most} s"),
                    )
                    .object(workload.object)
                    .field("periodSeconds")
                    .field("failureThreshold")
                });
            }
        }
    }
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
    for workload in context.manifest.workloads() {
        for container in workload.pod.containers() {
            ports_are_declared(workload.object, &container, judge);
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
    let offset = context
        .graph
        .nodes
        .iter()
        .find(|node| {
            std::ptr::eq(
                context.graph.member(node.id).workload.object,
                member.workload.object,
            )
        })
        .map_or(0, crate::graph::Node::offset);
    let fact = component
        .ports()
        .find(|fact| fact.number.checked_add(offset) == Some(number));
    let Some(fact) = fact else {
        // A declared port that is none of the product's may belong to a sidecar.
        let is_products = PortFact::all()
            .iter()
            .any(|fact| fact.number == number || fact.number.checked_add(offset) == Some(number));
        return is_products.then(|| format!("nothing listens on port {number}"));
    };
    let (tls, path) = question.http?;
    if tls != fact.tls {
        let spoken = if fact.tls { "HTTPS" } else { "HTTP" };
        return Some(format!("{} (port {number}) speaks {spoken}", fact.name));
    }
    (!answers(component, fact, path)).then(|| format!("{} has nothing at {path}", fact.name))
}

/// A probe that names a port means one of its own container's.
fn ports_are_declared(object: &Object, container: &Container<'_>, judge: &mut Judge<'_>) {
    for kind in ["startupProbe", "readinessProbe", "livenessProbe"] {
        let named = probe(container, kind)
            .into_iter()
            .flat_map(questions)
            .filter_map(|question| match question.port {
                TargetPort::Name(name) => Some(name.to_owned()),
                TargetPort::Number(_) => None,
            });
        for name in named {
            let is_declared = container
                .ports()
                .iter()
                .any(|port| port.name == Some(name.as_str()));
            judge.require(is_declared, || {
                Fault::new(
                    format!(
                        "the {kind} of container `{}` asks the port `{name}`, which the container does not declare",
                        container.name()
                    ),
                    "use the name or number of a port of the same container",
                )
                .object(object)
                .value(name.clone())
            });
        }
    }
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
    SERVLET_PATHS.iter().any(|known| path.starts_with(known)) || has_context(component, path)
}

pub(super) fn tell_that_apis_are_deployed(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (member, component, main) in mains(context.graph) {
        if !component.has(Capability::ServesTraffic) {
            continue;
        }
        let Some(found) = probe(&main, "readinessProbe") else {
            continue;
        };
        // What a script asks cannot be told, but it may name the path.
        let text = found.to_string();
        let is_told = text.contains(START_UP_CHECK)
            || str_at(found, "/httpGet/path").is_some_and(|path| path.starts_with("/health-check"));
        let is_script = found.get("exec").is_some() && !text.contains("/services/Version");
        if is_script && !is_told {
            continue;
        }
        judge.require(is_told, || {
            Fault::new(
                format!(
                    "the {} is ready before its APIs are deployed",
                    component.title()
                ),
                format!("let the readinessProbe ask {START_UP_CHECK} on servlet-https"),
            )
            .object(member.workload.object)
            .field("readinessProbe")
            .value(str_at(found, "/httpGet/path").unwrap_or_default())
        });
    }
    judge.not_applicable("no component that serves APIs has a readiness probe that can be read");
}
