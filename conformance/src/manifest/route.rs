//! Routes of all kinds: Ingress, Gateway API routes, `OpenShift` Route.

use serde_json::Value;

use super::{
    Manifest, Object,
    json::{array_at, integer_at, str_at},
    service::TargetPort,
};

/// A route from outside to Services.
#[derive(Debug, Clone)]
pub struct Route<'a> {
    /// The document.
    pub object: &'a Object,
    /// Host names that it answers.
    pub hosts: Vec<&'a str>,
    /// Services that it leads to.
    pub backends: Vec<Backend<'a>>,
}

/// A Service behind a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backend<'a> {
    /// Name of the Service.
    pub service: &'a str,
    /// Port of the Service, if written.
    pub port: Option<TargetPort<'a>>,
    /// Whether `port` names the pod's port instead of the Service's, as `OpenShift` may.
    pub port_is_target: bool,
}

impl Route<'_> {
    /// Whether it answers for a host, by its name or by a wildcard.
    pub fn answers(&self, host: &str) -> bool {
        self.hosts.iter().any(|own| answers(own, host))
    }
}

/// Whether the host of a rule answers for `host`. `*` stands for one label.
pub(crate) fn answers(rule: &str, host: &str) -> bool {
    let host = host.to_lowercase();
    let rule = rule.to_lowercase();
    rule == host
        || rule.strip_prefix("*.").is_some_and(|domain| {
            host.split_once('.')
                .is_some_and(|(label, rest)| !label.is_empty() && rest == domain)
        })
}

/// Every route among the documents.
pub fn routes(manifest: &Manifest) -> Vec<Route<'_>> {
    manifest.objects.iter().filter_map(route_of).collect()
}

fn route_of(object: &Object) -> Option<Route<'_>> {
    match object.kind() {
        "Ingress" => Some(ingress(object)),
        "HTTPRoute" | "TLSRoute" | "GRPCRoute" | "TCPRoute" => Some(gateway_route(object)),
        "Route" if object.api_version().starts_with("route.openshift.io/") => {
            Some(openshift_route(object))
        }
        _ => None,
    }
}

fn ingress(object: &Object) -> Route<'_> {
    let rules = array_at(&object.value, "/spec/rules");
    let paths = rules
        .iter()
        .flat_map(|rule| array_at(rule, "/http/paths"))
        .map(|path| path.pointer("/backend"));
    let default = object.value.pointer("/spec/defaultBackend");
    let backends = paths
        .chain([default])
        .flatten()
        .filter_map(|backend| {
            let port = str_at(backend, "/service/port/name")
                .map(TargetPort::Name)
                .or_else(|| number(backend, "/service/port/number"));
            Some(Backend {
                service: str_at(backend, "/service/name")?,
                port,
                port_is_target: false,
            })
        })
        .collect();
    Route {
        object,
        hosts: rules
            .iter()
            .filter_map(|rule| str_at(rule, "/host"))
            .collect(),
        backends,
    }
}

fn gateway_route(object: &Object) -> Route<'_> {
    let backends = array_at(&object.value, "/spec/rules")
        .iter()
        .flat_map(|rule| array_at(rule, "/backendRefs"))
        .filter(|backend| str_at(backend, "/kind").is_none_or(|kind| kind == "Service"))
        .filter_map(|backend| {
            Some(Backend {
                service: str_at(backend, "/name")?,
                port: number(backend, "/port"),
                port_is_target: false,
            })
        })
        .collect();
    let hosts = array_at(&object.value, "/spec/hostnames")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    Route {
        object,
        hosts,
        backends,
    }
}

fn openshift_route(object: &Object) -> Route<'_> {
    let port = match object.value.pointer("/spec/port/targetPort") {
        Some(Value::String(name)) => Some(TargetPort::Name(name)),
        Some(_) => number(&object.value, "/spec/port/targetPort"),
        None => None,
    };
    let alternate = array_at(&object.value, "/spec/alternateBackends")
        .iter()
        .filter_map(|to| str_at(to, "/name"));
    let backends = object
        .str("/spec/to/name")
        .into_iter()
        .chain(alternate)
        .map(|service| Backend {
            service,
            port,
            port_is_target: true,
        })
        .collect();
    Route {
        object,
        hosts: object.str("/spec/host").into_iter().collect(),
        backends,
    }
}

fn number<'a>(value: &'a Value, pointer: &str) -> Option<TargetPort<'a>> {
    integer_at(value, pointer)
        .and_then(|port| u16::try_from(port).ok())
        .map(TargetPort::Number)
}
