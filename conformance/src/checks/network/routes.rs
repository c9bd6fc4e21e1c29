//! Routes from outside, of all three kinds: Ingress, Gateway API and `OpenShift`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::services::selected;
use crate::{
    context::{Context, Fault, Judge},
    facts::PortFact,
    manifest::{
        Backend, Object, Route, Service, ServicePort, TargetPort, array_at, routes, str_at,
    },
};

/// The Service that a route's backend names.
pub(super) fn service_of<'g, 'a>(
    context: &'g Context<'a>,
    route: &Object,
    backend: &Backend<'_>,
) -> Option<&'g Service<'a>> {
    let services = &context.graph.services;
    let is_named = |service: &&Service<'_>| service.name() == backend.service;
    services
        .iter()
        .filter(is_named)
        .find(|service| service.object.namespace() == route.namespace())
        // Routes of the Gateway API may name a Service of another namespace.
        .or_else(|| {
            let is_gateway_api = route
                .api_version()
                .starts_with("gateway.networking.k8s.io/");
            services.iter().find(is_named).filter(|_| is_gateway_api)
        })
}

/// The port of a Service that a backend means. A Service with one port needs no choice.
pub(super) fn port_of<'a>(service: Service<'a>, backend: &Backend<'_>) -> Option<ServicePort<'a>> {
    let ports = service.ports();
    let Some(wanted) = backend.port else {
        return match ports.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
    };
    ports.into_iter().find(|port| match wanted {
        TargetPort::Name(name) => {
            port.name == Some(name)
                || (backend.port_is_target && port.target == TargetPort::Name(name))
        }
        TargetPort::Number(number) if backend.port_is_target => {
            port.target == TargetPort::Number(number) || port.number == number
        }
        TargetPort::Number(number) => port.number == number,
    })
}

fn shown(port: TargetPort<'_>) -> String {
    match port {
        TargetPort::Name(name) => name.to_owned(),
        TargetPort::Number(number) => number.to_string(),
    }
}

/// Whether every rule of a route answers by itself.
fn redirects_only(route: &Object) -> bool {
    let rules = array_at(&route.value, "/spec/rules");
    !rules.is_empty()
        && rules
            .iter()
            .all(|rule| !array_at(rule, "/filters").is_empty())
}

pub(super) fn reach_services(context: &Context<'_>, judge: &mut Judge<'_>) {
    for route in routes(context.manifest) {
        judge.require(
            !route.backends.is_empty() || redirects_only(route.object),
            || {
                Fault::new(
                    format!("{} leads to no Service", route.object.reference()),
                    "name the Service of the component that should answer",
                )
                .object(route.object)
            },
        );
        let weight = route.object.value.pointer("/spec/to/weight");
        let is_alone = array_at(&route.object.value, "/spec/alternateBackends").is_empty();
        let gets_nothing = weight.and_then(Value::as_i64) == Some(0) && is_alone;
        judge.require(!gets_nothing, || {
            Fault::new(
                format!(
                    "{} gives its only Service the weight 0, so nobody is served",
                    route.object.reference()
                ),
                "write 100, or leave the weight out",
            )
            .object(route.object)
        });
        for backend in &route.backends {
            let Some(service) = service_of(context, route.object, backend) else {
                judge.looked();
                judge.fault(
                    Fault::new(
                        format!(
                            "{} leads to the Service `{}`, which no release has",
                            route.object.reference(),
                            backend.service
                        ),
                        "name a Service of the component that should answer",
                    )
                    .object(route.object)
                    .value(backend.service),
                );
                continue;
            };
            if service.external_name().is_some() || service.selector().is_empty() {
                continue;
            }
            let Some(wanted) = backend.port else {
                // An Ingress without one is told by AM-K8S-017.
                let (is_told, why) = match route.object.kind() {
                    "Ingress" => (true, ""),
                    "Route" => (
                        service.ports().len() == 1,
                        "has several, of which the router takes any",
                    ),
                    _ => (false, "is refused by the API server without one"),
                };
                judge.require(is_told, || {
                    Fault::new(
                        format!(
                            "{} names no port of Service `{}`, and {why}",
                            route.object.reference(),
                            backend.service
                        ),
                        "write the number of the port",
                    )
                    .object(route.object)
                });
                continue;
            };
            judge.require(port_of(*service, backend).is_some(), || {
                let offered: Vec<String> = service
                    .ports()
                    .iter()
                    .map(|port| match port.name {
                        Some(name) => format!("{name} ({})", port.number),
                        None => port.number.to_string(),
                    })
                    .collect();
                Fault::new(
                    format!(
                        "{} leads to port {} of Service `{}`, which it does not have",
                        route.object.reference(),
                        shown(wanted),
                        service.name()
                    ),
                    format!("use one of its ports: {}", offered.join(", ")),
                )
                .object(route.object)
                .value(shown(wanted))
            });
        }
    }
}

/// The product's port behind a backend, where it can be told.
pub(super) fn product_port_of(
    context: &Context<'_>,
    route: &Object,
    backend: &Backend<'_>,
) -> Option<&'static PortFact> {
    let service = service_of(context, route, backend)?;
    let port = port_of(*service, backend)?;
    product_port_of_service(context, *service, port)
}

/// The product's port behind a port of a Service, where it can be told.
pub(super) fn product_port_of_service<'a>(
    context: &Context<'a>,
    service: Service<'a>,
    port: ServicePort<'a>,
) -> Option<&'static PortFact> {
    let resolver = context.graph.resolver();
    selected(context.graph, service)
        .into_iter()
        .find_map(|member| {
            member.component?;
            let number = resolver.container_port(member, port.target).ok()?;
            context.graph.port_on(member, number)
        })
}

/// What one rule of a route claims: kind of route, host, path and whatever else narrows it down.
type Claim = (String, String, String);

fn claims(route: &Route<'_>) -> Vec<Claim> {
    let value = &route.object.value;
    let kind = route.object.kind().to_owned();
    let hosts: Vec<String> = if route.hosts.is_empty() {
        vec!["*".into()]
    } else {
        route.hosts.iter().map(|host| host.to_lowercase()).collect()
    };
    let each_host = |narrow: String| {
        hosts
            .iter()
            .map(|host| (kind.clone(), host.clone(), narrow.clone()))
            .collect::<Vec<_>>()
    };
    match route.object.kind() {
        "Ingress" => {
            let class = str_at(value, "/spec/ingressClassName").unwrap_or_default();
            array_at(value, "/spec/rules")
                .iter()
                .flat_map(|rule| {
                    let host = str_at(rule, "/host").unwrap_or("*").to_lowercase();
                    array_at(rule, "/http/paths")
                        .iter()
                        .map(|path| {
                            let narrow =
                                format!("{class} {}", str_at(path, "/path").unwrap_or("/"));
                            ("Ingress".to_owned(), host.clone(), narrow)
                        })
                        .collect::<Vec<_>>()
                })
                .collect()
        }
        "Route" => each_host(str_at(value, "/spec/path").unwrap_or("/").to_owned()),
        _ => {
            // Two routes for one host are a conflict only at the same listener and with the same matches.
            let parents = value
                .pointer("/spec/parentRefs")
                .map(Value::to_string)
                .unwrap_or_default();
            array_at(value, "/spec/rules")
                .iter()
                .flat_map(|rule| {
                    let matches = rule
                        .get("matches")
                        .map_or_else(|| "/".to_owned(), Value::to_string);
                    each_host(format!("{parents} {matches}"))
                })
                .collect()
        }
    }
}

pub(super) fn claim_hosts_once(context: &Context<'_>, judge: &mut Judge<'_>) {
    let mut owners: BTreeMap<Claim, &Object> = BTreeMap::new();
    let all = routes(context.manifest);
    for route in &all {
        let mut own = BTreeSet::new();
        for claim in claims(route) {
            if !own.insert(claim.clone()) {
                judge.fault(
                    Fault::new(
                        format!(
                            "{} answers for `{}` twice",
                            route.object.reference(),
                            claim.1
                        ),
                        "write each host and path once; controllers refuse the second or serve any of the two",
                    )
                    .object(route.object)
                    .value(claim.1.clone()),
                );
            }
            let first = *owners.entry(claim.clone()).or_insert(route.object);
            let host = claim.1;
            judge.require(std::ptr::eq(first, route.object), || {
                Fault::new(
                    format!(
                        "{} and {} of release `{}` both answer for `{host}`",
                        route.object.reference(),
                        first.reference(),
                        first.release
                    ),
                    "give each endpoint a host name of its own",
                )
                .object(route.object)
                .value(host.clone())
            });
        }
    }
}
