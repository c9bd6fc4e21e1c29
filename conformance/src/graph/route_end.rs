//! What answers a URL at the host of a route: the listener, then the rule for the path, then the pods.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{NodeId, Resolver, Target, route_listeners::listeners, url::Url};
use crate::manifest::{Route, Service, TargetPort, answers, array_at, is_below, routes, str_at};

/// What is behind a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteEnd {
    /// Pods of the pattern.
    Nodes {
        /// The pods among which a request may land.
        nodes: BTreeSet<NodeId>,
        /// Port in the pod.
        port: u16,
    },
    /// Something that the documents do not tell: a backend of another kind, or a rule with an expression.
    Elsewhere,
}

impl Resolver<'_, '_> {
    /// What answers `url`, if a route has its host.
    ///
    /// # Errors
    /// When no route answers: the sentence goes on after the route's name.
    pub(crate) fn behind_route(self, url: Url<'_>) -> Result<RouteEnd, String> {
        let host = url.host.trim_end_matches('.').to_lowercase();
        let all = routes(self.graph.manifest);
        let candidates: Vec<&Route<'_>> = all.iter().filter(|route| route.answers(&host)).collect();
        let mut refusal = format!("no route answers for `{host}`");
        // One of several routes for a host is enough; the last refusal is told when none answers.
        for route in candidates {
            let listens = listeners(self.graph.manifest, route, &host).accepts(url);
            match listens.and_then(|()| self.behind(route, &host, url)) {
                Ok(end) => return Ok(end),
                Err(reason) => refusal = format!("{} {reason}", route.object.reference()),
            }
        }
        Err(refusal)
    }

    fn behind(self, route: &Route<'_>, host: &str, url: Url<'_>) -> Result<RouteEnd, String> {
        let path = url.path.split(['?', '#', ';']).next().unwrap_or_default();
        let path = if path.is_empty() { "/" } else { path };
        let backend = match backend_of(route, host, path) {
            Choice::Backend(backend) => backend,
            Choice::Unknown => return Ok(RouteEnd::Elsewhere),
            Choice::None => return Err(format!("has no rule for the path `{path}`")),
        };
        let namespace = backend
            .namespace
            .unwrap_or_else(|| route.object.namespace());
        let service = self.graph.services.iter().find(|service| {
            service.name() == backend.service && service.object.namespace() == namespace
        });
        // A backend that no release has is the fault of the route itself.
        let Some((service, number)) =
            service.and_then(|service| Some((*service, port_of(*service, &backend)?)))
        else {
            return Ok(RouteEnd::Elsewhere);
        };
        match self.service_port(service, number) {
            Target::Nodes { nodes, port, .. } => Ok(RouteEnd::Nodes { nodes, port }),
            _ => Ok(RouteEnd::Elsewhere),
        }
    }
}

/// A Service and port that a rule names.
struct RuleBackend<'r> {
    service: &'r str,
    namespace: Option<&'r str>,
    port: Option<TargetPort<'r>>,
    port_is_target: bool,
}

enum Choice<'r> {
    Backend(RuleBackend<'r>),
    Unknown,
    None,
}

fn port_of(service: Service<'_>, backend: &RuleBackend<'_>) -> Option<u16> {
    let ports = service.ports();
    let Some(wanted) = backend.port else {
        return match ports.as_slice() {
            [only] => Some(only.number),
            _ => None,
        };
    };
    ports
        .iter()
        .find(|port| match wanted {
            TargetPort::Name(name) => {
                port.name == Some(name)
                    || (backend.port_is_target && port.target == TargetPort::Name(name))
            }
            TargetPort::Number(number) => {
                port.number == number
                    || (backend.port_is_target && port.target == TargetPort::Number(number))
            }
        })
        .map(|port| port.number)
}

fn number(value: Option<&Value>) -> Option<u16> {
    value
        .and_then(Value::as_u64)
        .and_then(|port| u16::try_from(port).ok())
}

/// The backend of the longest path that a request matches.
fn backend_of<'r>(route: &Route<'r>, host: &str, path: &str) -> Choice<'r> {
    let value = &route.object.value;
    match route.object.kind() {
        "Ingress" => ingress_backend(value, host, path),
        "Route" => openshift_backend(route, path),
        _ => gateway_backend(value, path),
    }
}

fn ingress_backend<'r>(value: &'r Value, host: &str, path: &str) -> Choice<'r> {
    let mut best: Option<(usize, &Value)> = None;
    for rule in array_at(value, "/spec/rules") {
        if !str_at(rule, "/host").is_none_or(|own| answers(own, host)) {
            continue;
        }
        for entry in array_at(rule, "/http/paths") {
            let own = str_at(entry, "/path").unwrap_or("/");
            let is_exact = str_at(entry, "/pathType") == Some("Exact");
            // Controllers read the paths of their own type in their own way, some as expressions.
            if own.contains(['(', '*', '[', '^', '$']) {
                return Choice::Unknown;
            }
            let matches = if is_exact {
                own == path
            } else {
                is_below(own, path)
            };
            if matches && best.is_none_or(|(length, _)| own.len() > length) {
                best = Some((own.len(), entry));
            }
        }
    }
    let backend = best
        .map(|(_, entry)| &entry["backend"])
        .or_else(|| value.pointer("/spec/defaultBackend"));
    let Some(backend) = backend else {
        return Choice::None;
    };
    match str_at(backend, "/service/name") {
        Some(service) => Choice::Backend(RuleBackend {
            service,
            namespace: None,
            port: str_at(backend, "/service/port/name")
                .map(TargetPort::Name)
                .or_else(|| {
                    number(backend.pointer("/service/port/number")).map(TargetPort::Number)
                }),
            port_is_target: false,
        }),
        None => Choice::Unknown,
    }
}

fn openshift_backend<'r>(route: &Route<'r>, path: &str) -> Choice<'r> {
    let own = route.object.str("/spec/path").unwrap_or("/");
    if !is_below(own, path) {
        return Choice::None;
    }
    match route.backends.as_slice() {
        [backend] => Choice::Backend(RuleBackend {
            service: backend.service,
            namespace: None,
            port: backend.port,
            port_is_target: true,
        }),
        _ => Choice::Unknown,
    }
}

fn gateway_backend<'r>(value: &'r Value, path: &str) -> Choice<'r> {
    let mut best: Option<(usize, &Value)> = None;
    for rule in array_at(value, "/spec/rules") {
        let matches = array_at(rule, "/matches");
        let lengths: Vec<Option<usize>> = if matches.is_empty() {
            vec![Some(1)]
        } else {
            let mut lengths = Vec::new();
            for entry in matches {
                let own = str_at(entry, "/path/value").unwrap_or("/");
                match str_at(entry, "/path/type").unwrap_or("PathPrefix") {
                    "PathPrefix" => lengths.push(is_below(own, path).then_some(own.len())),
                    "Exact" => lengths.push((own == path).then_some(own.len())),
                    _ => return Choice::Unknown,
                }
            }
            lengths
        };
        for length in lengths.into_iter().flatten() {
            if best.is_none_or(|(longest, _)| length > longest) {
                best = Some((length, rule));
            }
        }
    }
    let Some((_, rule)) = best else {
        return Choice::None;
    };
    match array_at(rule, "/backendRefs") {
        [backend] if str_at(backend, "/kind").is_none_or(|kind| kind == "Service") => {
            match str_at(backend, "/name") {
                Some(service) => Choice::Backend(RuleBackend {
                    service,
                    namespace: str_at(backend, "/namespace"),
                    port: number(backend.get("port")).map(TargetPort::Number),
                    port_is_target: false,
                }),
                None => Choice::Unknown,
            }
        }
        _ => Choice::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use am_deployment_toml::product::ProductVersion;

    use super::{RouteEnd, Url};
    use crate::{
        checks::harness::manifest,
        facts::Facts,
        graph::{Graph, Hints},
    };

    const PODS: &str = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: cp}, spec: {template: {metadata: {labels: {app: cp}}, \
        spec: {containers: [{name: c, image: wso2/wso2am-acp, ports: [{containerPort: 9443}, {containerPort: 9763}]}]}}}}\n---\n\
        {apiVersion: v1, kind: Service, metadata: {name: cp}, spec: {selector: {app: cp}, ports: [{name: https, port: 443, targetPort: 9443}]}}\n---\n";

    const INGRESS: &str = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i}, spec: {tls: [{hosts: [am.example.com], secretName: s}], \
        rules: [{host: am.example.com, http: {paths: [{path: /services, pathType: Prefix, backend: {service: {name: cp, port: {name: https}}}}]}}]}}";

    const ROUTE: &str = "{apiVersion: route.openshift.io/v1, kind: Route, metadata: {name: o}, spec: {host: am.example.com, \
        to: {kind: Service, name: cp}, port: {targetPort: 9443}, tls: {termination: passthrough}}}";

    const GATEWAY: &str = "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g}, spec: {listeners: \
        [{name: a, port: 8443, protocol: HTTPS, hostname: '*.example.com'}, {name: b, port: 80, protocol: HTTP}]}}\n---\n\
        {apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: h}, spec: {hostnames: [am.example.com], \
        parentRefs: [{name: g, sectionName: a}], rules: [{matches: [{path: {type: PathPrefix, value: /services}}], backendRefs: [{name: cp, port: 443}]}]}}";

    fn ask(route: &str, url: (&str, u16, &str)) -> Result<RouteEnd, String> {
        ask_as(false, route, url)
    }

    fn ask_as(is_public: bool, route: &str, url: (&str, u16, &str)) -> Result<RouteEnd, String> {
        let manifest = manifest(&format!("{PODS}{route}"));
        let facts = Facts::load().expect("the committed tables parse");
        let graph = Graph::build(
            &manifest,
            &facts,
            ProductVersion::newest(),
            &Hints::default(),
        );
        graph.resolver().behind_route(Url {
            scheme: url.0,
            host: "am.example.com",
            port: Some(url.1),
            path: url.2,
            is_public,
        })
    }

    fn port(end: Result<RouteEnd, String>) -> Result<u16, String> {
        match end? {
            RouteEnd::Nodes { port, nodes } if nodes.len() == 1 => Ok(port),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn each_kind_of_route_leads_to_the_pods_behind_its_own_listener() {
        assert_eq!(port(ask(INGRESS, ("https", 443, "/services/"))), Ok(9443));
        assert_eq!(port(ask(ROUTE, ("https", 443, "/services/"))), Ok(9443));
        assert_eq!(port(ask(GATEWAY, ("https", 8443, "/services/"))), Ok(9443));
    }

    #[test]
    fn another_port_scheme_or_path_is_refused_with_what_there_is() {
        let refused = |route, url| ask(route, url).expect_err("refused");
        let port = refused(INGRESS, ("https", 9443, "/services/"));
        assert!(
            port.contains("on port 9443") && port.contains("80 (http), 443 (https)"),
            "{port}"
        );
        assert!(refused(INGRESS, ("tcp", 443, "")).contains("carries HTTP"));
        assert!(refused(INGRESS, ("https", 443, "/oauth2/jwks")).contains("no rule for the path"));
        assert!(refused(ROUTE, ("http", 80, "/")).contains("served on 443 (https)"));
        assert!(refused(GATEWAY, ("https", 443, "/services/")).contains("8443 (https)"));
    }

    #[test]
    fn a_public_address_may_have_the_port_of_something_before_the_controller() {
        let public = |route, url| ask_as(true, route, url);
        assert_eq!(
            port(public(INGRESS, ("https", 8443, "/services/"))),
            Ok(9443)
        );
        assert_eq!(
            port(public(ROUTE, ("https", 30443, "/services/"))),
            Ok(9443)
        );
        assert!(public(INGRESS, ("https", 80, "/services/")).is_err());
        assert!(public(ROUTE, ("http", 8080, "/services/")).is_err());
        assert!(public(GATEWAY, ("https", 9443, "/services/")).is_err());
    }

    #[test]
    fn a_controller_may_have_a_certificate_of_its_own() {
        let bare = INGRESS.replace("tls: [{hosts: [am.example.com], secretName: s}], ", "");
        let of_class =
            |class: &str| bare.replace("rules:", &format!("ingressClassName: {class}, rules:"));
        let url = ("https", 443, "/services/");
        for route in [&bare, &of_class("nginx-public"), &of_class("kong")] {
            assert_eq!(port(ask(route, url)), Ok(9443), "{route}");
        }
        for class in ["gce", "alb", "contour"] {
            let refused = ask(&of_class(class), url).expect_err("refused");
            assert!(refused.contains("served on 80 (http)"), "{refused}");
        }
    }

    #[test]
    fn a_gateway_of_another_team_is_trusted() {
        let route = GATEWAY
            .split("\n---\n")
            .last()
            .expect("the second document");
        assert_eq!(port(ask(route, ("https", 9443, "/services/"))), Ok(9443));
    }
}
