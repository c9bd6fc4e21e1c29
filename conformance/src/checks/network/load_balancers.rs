//! Load balancers of clouds in front of routes: what they ask to know who is healthy, and what they cut.

use super::{
    routes::{port_of, product_port_of, service_of},
    services::{offset_of, product_port, selected},
};
use crate::{
    checks::operations::probes::answers,
    component::Component,
    context::{Context, Fault, Judge},
    facts::PortFact,
    graph::Member,
    manifest::{Backend, Object, Route, Service, array_at, integer_at, routes, str_at},
};

const HEALTH_CHECK: &str = "HealthCheckPolicy";
const BACKEND: &str = "GCPBackendPolicy";
const GKE: &str = "networking.gke.io/";
const GKE_CLASS: &str = "gke-l7-";
const ALB: &str = "alb.ingress.kubernetes.io/";
const ROUTER: &str = "haproxy.router.openshift.io/";

/// Seconds for which a WebSocket may be silent and must not be cut.
const IDLE_SECONDS: i64 = 300;

/// Seconds for which a gateway waits for the backend of an API, and must be waited for. Source:
/// deployment-toml/data/keys.jsonl, `synapse_properties.'synapse.global_timeout_interval'`.
const BACKEND_SECONDS: i64 = 120;

/// Seconds in which portals and receivers of events answer.
const ANSWER_SECONDS: i64 = 30;

/// A backend of a route that one of the product's components is behind.
struct Behind<'g, 'a> {
    backend: Backend<'a>,
    service: Service<'a>,
    member: &'g Member<'a>,
    component: Component,
}

fn behind<'g, 'a>(context: &'g Context<'a>, route: &Route<'a>) -> Vec<Behind<'g, 'a>> {
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

/// Whether a route is served by GKE's own Gateway, as far as the documents tell.
fn is_of_gke(context: &Context<'_>, route: &Object) -> bool {
    route.kind() == "HTTPRoute"
        && array_at(&route.value, "/spec/parentRefs")
            .iter()
            .any(|parent| {
                let namespace = str_at(parent, "/namespace").unwrap_or(route.namespace());
                let name = str_at(parent, "/name").unwrap_or_default();
                match context.manifest.find("Gateway", namespace, name) {
                    Some(gateway) => gateway
                        .str("/spec/gatewayClassName")
                        .is_some_and(|class| class.starts_with(GKE_CLASS)),
                    // A Gateway of the platform's; the overlay tells whose.
                    None => context.is_generated && context.subject.platform == "gcp",
                }
            })
}

fn policies<'a>(context: &Context<'a>, kind: &'static str) -> impl Iterator<Item = &'a Object> {
    context
        .manifest
        .of_kind(kind)
        .filter(|policy| policy.api_version().starts_with(GKE))
}

/// The policy of a kind that is about a Service.
fn policy_of<'a>(
    context: &Context<'a>,
    kind: &'static str,
    service: Service<'_>,
) -> Option<&'a Object> {
    policies(context, kind).find(|policy| {
        policy.namespace() == service.object.namespace()
            && is_about_a_service(policy)
            && policy.str("/spec/targetRef/name") == Some(service.name())
    })
}

/// Services are of the core group, which has no name.
fn is_about_a_service(policy: &Object) -> bool {
    policy.str("/spec/targetRef/kind") == Some("Service")
        && policy
            .str("/spec/targetRef/group")
            .unwrap_or_default()
            .is_empty()
}

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
    judge.not_applicable("no load balancer of a cloud is told what to ask");
}

fn target_is_there(context: &Context<'_>, policy: &Object, judge: &mut Judge<'_>) {
    if policy.str("/spec/targetRef/kind") != Some("Service") {
        return;
    }
    let name = policy.str("/spec/targetRef/name").unwrap_or_default();
    let is_there = context
        .manifest
        .find("Service", policy.namespace(), name)
        .is_some();
    judge.require(is_there, || {
        Fault::new(
            format!(
                "{} is about the Service `{name}`, which no release has",
                policy.reference()
            ),
            "name the Service to which the route leads",
        )
        .object(policy)
        .value(name)
    });
}

fn health_check_policy(
    context: &Context<'_>,
    route: &Route<'_>,
    behind: &Behind<'_, '_>,
    judge: &mut Judge<'_>,
) {
    let Some(policy) = policy_of(context, HEALTH_CHECK, behind.service) else {
        judge.looked();
        judge.fault(
            Fault::new(
                format!(
                    "Service `{}` behind {} has no HealthCheckPolicy: GKE asks / over HTTP, gets no 200, and answers 503 to everybody",
                    behind.service.name(),
                    route.object.reference()
                ),
                "add a HealthCheckPolicy that targets the Service and asks servlet-https over HTTPS",
            )
            .object(route.object),
        );
        return;
    };
    let kind = policy.str("/spec/default/config/type").unwrap_or("HTTP");
    let section = match kind {
        "HTTP" => "httpHealthCheck",
        "HTTPS" => "httpsHealthCheck",
        "HTTP2" => "http2HealthCheck",
        // Ports without HTTP have no path.
        _ => {
            judge.looked();
            return;
        }
    };
    let at = |field: &str| format!("/spec/default/config/{section}/{field}");
    let port = integer_at(&policy.value, &at("port")).and_then(|port| u16::try_from(port).ok());
    // Which port is asked when one is written and not said to be it, Google's documentation does not tell.
    let is_fixed = policy.str(&at("portSpecification")) == Some("USE_FIXED_PORT");
    judge.require(!context.is_generated || port.is_none() || is_fixed, || {
        Fault::new(
            format!(
                "{} writes a port and does not say that it is the one to ask",
                policy.reference()
            ),
            "write portSpecification: USE_FIXED_PORT",
        )
        .object(policy)
    });
    let asked = match port {
        Some(port) => product_port(context, port, offset_of(context.graph, behind.member)),
        None => product_port_of(context, route.object, &behind.backend),
    };
    let path = policy
        .str(&at("requestPath"))
        .filter(|path| !path.is_empty())
        .unwrap_or("/");
    let question = Question {
        asked,
        port,
        tls: kind != "HTTP",
        path,
    };
    answer(policy, behind, &question, judge);
}

/// GKE speaks clear text unless the Service's port or a policy tells otherwise.
fn encrypts(
    context: &Context<'_>,
    route: &Route<'_>,
    behind: &Behind<'_, '_>,
    judge: &mut Judge<'_>,
) {
    let is_tls =
        product_port_of(context, route.object, &behind.backend).is_some_and(|fact| fact.tls);
    let Some(port) = port_of(behind.service, &behind.backend).filter(|_| is_tls) else {
        return;
    };
    let is_told = array_at(&behind.service.object.value, "/spec/ports")
        .iter()
        .filter(|written| integer_at(written, "/port") == Some(i64::from(port.number)))
        .filter_map(|written| str_at(written, "/appProtocol"))
        .any(|protocol| protocol.eq_ignore_ascii_case("https"));
    let has_policy = context.manifest.of_kind("BackendTLSPolicy").any(|policy| {
        policy.namespace() == behind.service.object.namespace()
            && array_at(&policy.value, "/spec/targetRefs")
                .iter()
                .any(|target| str_at(target, "/name") == Some(behind.service.name()))
    });
    judge.require(is_told || has_policy, || {
        Fault::new(
            format!(
                "GKE sends clear text to port {} of Service `{}` behind {}, which speaks TLS",
                port.number,
                behind.service.name(),
                route.object.reference()
            ),
            "write appProtocol: https at the port of the Service, or add a BackendTLSPolicy",
        )
        .object(behind.service.object)
    });
}

/// What a load balancer asks to know whether a pod is healthy.
struct Question<'q> {
    asked: Option<&'q PortFact>,
    port: Option<u16>,
    tls: bool,
    path: &'q str,
}

fn answer(
    object: &Object,
    behind: &Behind<'_, '_>,
    question: &Question<'_>,
    judge: &mut Judge<'_>,
) {
    let title = behind.component.title();
    let problem = match (question.asked, question.port) {
        (None, Some(port)) => Some(format!("port {port}, which the {title} does not have")),
        (Some(fact), _) if !fact.components.contains(&behind.component) => {
            Some(format!("{}, which the {title} keeps closed", fact.name))
        }
        (Some(fact), _) if fact.tls != question.tls => Some(format!(
            "{} over {}, which speaks {}",
            fact.name,
            if question.tls { "HTTPS" } else { "HTTP" },
            if fact.tls { "HTTPS" } else { "HTTP" }
        )),
        (Some(fact), _) if !answers_health_check(behind.component, fact, question.path) => {
            Some(format!(
                "{} for {}, where the {title} has nothing",
                fact.name, question.path
            ))
        }
        _ => None,
    };
    judge.require(problem.is_none(), || {
        Fault::new(
            format!(
                "{} lets the load balancer ask {}: all pods seem ill, and nobody is served",
                object.reference(),
                problem.unwrap_or_default()
            ),
            "ask /services/Version on servlet-https (9443 plus the offset) over HTTPS",
        )
        .object(object)
        .value(question.path)
    });
}

/// A probe may be content with any API; a load balancer needs a path that is there without one.
fn answers_health_check(component: Component, fact: &PortFact, path: &str) -> bool {
    if fact.name.starts_with("gateway-") {
        return path != "/";
    }
    fact.name.starts_with("servlet-") && answers(component, fact, path)
}

fn is_of_alb(ingress: &Object) -> bool {
    ingress.str("/spec/ingressClassName") == Some("alb")
        || ingress
            .annotations()
            .keys()
            .any(|name| name.starts_with(ALB))
}

fn health_check_annotations(
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
    let resolver = context.graph.resolver(context.facts);
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
    let offset = offset_of(context.graph, behind.member);
    let question = Question {
        asked: number.and_then(|number| product_port(context, number, offset)),
        port: Some(number.unwrap_or_default()),
        tls: told("healthcheck-protocol")
            .is_some_and(|protocol| protocol.eq_ignore_ascii_case("https")),
        path: told("healthcheck-path").unwrap_or("/"),
    };
    answer(route.object, behind, &question, judge);
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
    judge.not_applicable("no load balancer of a cloud is told about its connections");
}

/// What a load balancer does with connections.
struct Limits {
    idle_seconds: i64,
    is_sticky: bool,
    drains: bool,
    help: &'static str,
}

fn of_policy(policy: Option<&Object>) -> Limits {
    let number = |at: &str| policy.and_then(|policy| integer_at(&policy.value, at));
    let affinity = policy.and_then(|policy| policy.str("/spec/default/sessionAffinity/type"));
    Limits {
        idle_seconds: number("/spec/default/timeoutSec").unwrap_or(30),
        is_sticky: affinity.is_some_and(|kind| kind != "NONE"),
        drains: number("/spec/default/connectionDraining/drainingTimeoutSec").unwrap_or(0) > 0,
        help: "add a GCPBackendPolicy for the Service with timeoutSec, connectionDraining and, for portals, sessionAffinity",
    }
}

/// `OpenShift`'s router. Behind `passthrough` there is one limit for everything, that of tunnels, for which the other one
/// stands in; otherwise requests and sockets have one each. Source: openshift/router, haproxy-config.template.
fn of_router(route: &Object, is_tunnel: bool) -> Limits {
    let annotations = route.annotations();
    let seconds = |name: &str| {
        let name = format!("{ROUTER}{name}");
        annotations
            .get(name.as_str())
            .and_then(|text| router_seconds(text))
    };
    let is_passthrough = route.str("/spec/tls/termination") == Some("passthrough");
    let idle_seconds = if is_passthrough {
        seconds("timeout-tunnel")
            .or_else(|| seconds("timeout"))
            .unwrap_or(3600)
    } else if is_tunnel {
        seconds("timeout-tunnel").unwrap_or(3600)
    } else {
        seconds("timeout").unwrap_or(30)
    };
    Limits {
        idle_seconds,
        // Where TLS ends in the router it sets a cookie, and otherwise it goes by the address of who asks.
        is_sticky: true,
        drains: true,
        help: "set the annotations haproxy.router.openshift.io/timeout-tunnel (for WebSockets, and for everything behind passthrough) and timeout",
    }
}

/// A time as the router writes it; a bare number are milliseconds.
fn router_seconds(text: &str) -> Option<i64> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: i64 = number.parse().ok()?;
    Some(match unit {
        "us" => number / 1_000_000,
        "" | "ms" => number / 1000,
        "s" => number,
        "m" => number.saturating_mul(60),
        "h" => number.saturating_mul(3600),
        "d" => number.saturating_mul(86400),
        _ => return None,
    })
}

fn of_attributes(ingress: &Object, service: &Object) -> Limits {
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
        help: "set idle_timeout.timeout_seconds in load-balancer-attributes and, for portals, stickiness.enabled=true in target-group-attributes",
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

/// Without a target type the AWS controller sends to ports of the nodes, which our Services do not have; without a class
/// nobody may feel responsible.
pub(super) fn reach_pods(context: &Context<'_>, judge: &mut Judge<'_>) {
    for route in routes(context.manifest) {
        if route.object.kind() != "Ingress" || !is_of_alb(route.object) {
            continue;
        }
        let class = route
            .object
            .str("/spec/ingressClassName")
            .filter(|class| !class.is_empty())
            .or_else(|| {
                route
                    .object
                    .annotations()
                    .get("kubernetes.io/ingress.class")
                    .copied()
            });
        judge.require(class.is_some(), || {
            Fault::new(
                format!(
                    "{} has annotations for the AWS controller and no class, so none may serve it",
                    route.object.reference()
                ),
                "write ingressClassName: alb",
            )
            .object(route.object)
        });
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
    judge.not_applicable("there is no Ingress of the AWS controller");
}

#[cfg(test)]
mod tests {
    use super::{ask_what_is_answered, keep_connections, reach_pods, router_seconds};
    use crate::checks::{
        Check,
        testing::{Subject, messages},
    };

    const SERVER: &str = r"
apiVersion: apps/v1
kind: Deployment
metadata: {name: g}
spec:
  replicas: 2
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      containers: [{name: g, image: 'wso2/wso2am-acp:4.7.0', ports: [{name: servlet-https, containerPort: 9443}, {name: servlet-http, containerPort: 9763}]}]
---
apiVersion: v1
kind: Service
metadata: {name: g}
spec: {selector: {a: b}, ports: [{name: servlet-https, port: 9443, appProtocol: https}, {name: servlet-http, port: 9763}]}
---
";

    const GKE: &str = r#"
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw}
spec: {gatewayClassName: gke-l7-global-external-managed}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: h}
spec: {parentRefs: [{name: gw}], hostnames: [a.example.com], rules: [{backendRefs: [{name: g, port: 9443}]}]}
---
apiVersion: networking.gke.io/v1
kind: HealthCheckPolicy
metadata: {name: p}
spec:
  targetRef: {group: "", kind: Service, name: g}
  default: {config: {type: HTTPS, httpsHealthCheck: {port: 9443, requestPath: /services/Version}}}
---
apiVersion: networking.gke.io/v1
kind: GCPBackendPolicy
metadata: {name: p}
spec:
  targetRef: {group: "", kind: Service, name: g}
  default: {timeoutSec: 3600, connectionDraining: {drainingTimeoutSec: 30}, sessionAffinity: {type: GENERATED_COOKIE}}
"#;

    const ALB: &str = r#"
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: i
  annotations:
    alb.ingress.kubernetes.io/backend-protocol: HTTPS
    alb.ingress.kubernetes.io/healthcheck-protocol: HTTPS
    alb.ingress.kubernetes.io/healthcheck-port: "9443"
    alb.ingress.kubernetes.io/healthcheck-path: /services/Version
    alb.ingress.kubernetes.io/target-group-attributes: stickiness.enabled=true
spec:
  ingressClassName: alb
  rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: g, port: {number: 9443}}}}]}}]
"#;

    fn judged(check: Check, documents: &str) -> Vec<String> {
        let documents = format!("{SERVER}{documents}");
        messages(&Subject::default().judge("AM-NET-021", check, &documents))
    }

    #[test]
    fn what_is_asked_and_answered_passes() {
        for documents in [GKE, ALB] {
            assert_eq!(
                judged(ask_what_is_answered, documents),
                Vec::<String>::new()
            );
            assert_eq!(judged(keep_connections, documents), Vec::<String>::new());
        }
    }

    #[test]
    fn each_wrong_question_is_found() {
        for (from, to, told) in [
            (
                "{group: \"\", kind: Service, name: g}\n  default: {config",
                "{group: x, kind: Service, name: g}\n  default: {config",
                "no HealthCheckPolicy",
            ),
            (
                "kind: Service, name: g}\n  default: {config",
                "kind: Service, name: h}\n  default: {config",
                "no HealthCheckPolicy",
            ),
            (
                "port: 9443, requestPath",
                "port: 9442, requestPath",
                "port 9442",
            ),
            (
                "port: 9443, requestPath",
                "port: 8243, requestPath",
                "keeps closed",
            ),
            (
                "type: HTTPS, httpsHealthCheck",
                "type: HTTP, httpHealthCheck",
                "over HTTP",
            ),
            ("requestPath: /services/Version", "requestPath: ''", "for /"),
        ] {
            let found = judged(ask_what_is_answered, &GKE.replace(from, to));
            assert!(
                found.iter().any(|message| message.contains(told)),
                "{to}: {found:?}"
            );
        }
        for (from, to, told) in [
            ("healthcheck-protocol: HTTPS", "other: HTTPS", "over HTTP"),
            ("/services/Version", "/", "for /"),
            (
                "healthcheck-port: \"9443\"",
                "healthcheck-port: \"9944\"",
                "port 9944",
            ),
        ] {
            let found = judged(ask_what_is_answered, &ALB.replace(from, to));
            assert!(
                found.iter().any(|message| message.contains(told)),
                "{to}: {found:?}"
            );
        }
    }

    #[test]
    fn connections_that_are_cut_are_found() {
        for (from, to, told) in [
            ("GENERATED_COOKIE", "NONE", "node to node"),
            (
                "connectionDraining: {drainingTimeoutSec: 30}, ",
                "",
                "in flight",
            ),
        ] {
            let found = judged(keep_connections, &GKE.replace(from, to));
            assert!(
                found.len() == 1 && found[0].contains(told),
                "{to}: {found:?}"
            );
        }
        let found = judged(
            keep_connections,
            &ALB.replace("stickiness.enabled=true", "stickiness.enabled=false"),
        );
        assert!(found[0].contains("node to node"), "{found:?}");
    }

    #[test]
    fn clear_text_from_gke_to_a_port_with_tls_is_found() {
        let documents = format!("{SERVER}{GKE}").replace("appProtocol: https", "appProtocol: http");
        let found =
            messages(&Subject::default().judge("AM-NET-021", ask_what_is_answered, &documents));
        assert!(found[0].contains("clear text"), "{found:?}");
    }

    #[test]
    fn the_aws_controller_needs_a_class_and_pods_as_targets() {
        let good = ALB.replace(
            "    alb.ingress.kubernetes.io/backend-protocol",
            "    alb.ingress.kubernetes.io/target-type: ip\n    alb.ingress.kubernetes.io/backend-protocol",
        );
        assert_eq!(judged(reach_pods, &good), Vec::<String>::new());
        assert!(judged(reach_pods, ALB)[0].contains("target-type"));
        let without = good.replace("  ingressClassName: alb\n", "");
        assert!(judged(reach_pods, &without)[0].contains("no class"));
    }

    #[test]
    fn the_times_of_the_router_are_read() {
        for (text, seconds) in [("1h", 3600), ("60s", 60), ("5000", 5), ("10ms", 0)] {
            assert_eq!(router_seconds(text), Some(seconds), "{text}");
        }
        assert_eq!(router_seconds("h1"), None);
    }

    #[test]
    fn a_router_that_cuts_too_early_is_found() {
        let route = |annotations: &str| {
            format!(
                "apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {{name: r, annotations: {{{annotations}}}}}\nspec: {{host: a.example.com, to: {{kind: Service, name: g}}, port: {{targetPort: servlet-https}}, tls: {{termination: passthrough}}}}\n"
            )
        };
        for good in [
            "",
            "haproxy.router.openshift.io/timeout-tunnel: 1h, haproxy.router.openshift.io/timeout: 1s",
        ] {
            assert_eq!(judged(keep_connections, &route(good)), Vec::<String>::new());
        }
        let found = judged(
            keep_connections,
            &route("haproxy.router.openshift.io/timeout: 10s"),
        );
        assert!(found[0].contains("after 10 seconds"), "{found:?}");
    }
}
