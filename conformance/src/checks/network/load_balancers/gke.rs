//! GKE's own Gateway: policies beside the routes tell it what to ask and how to treat connections.

use super::common::{Behind, Limits, Question, answer};
use crate::{
    checks::network::routes::{port_of, product_port_of},
    context::{Context, Fault, Judge},
    facts::controllers::controllers,
    manifest::{Object, Route, Service, array_at, integer_at, str_at},
};

pub(super) const HEALTH_CHECK: &str = "HealthCheckPolicy";

pub(super) const BACKEND: &str = "GCPBackendPolicy";

const GKE: &str = "networking.gke.io/";

const GKE_CLASS: &str = "gke-l7-";

/// Whether a route is served by GKE's own Gateway, as far as the documents tell.
pub(in crate::checks::network) fn is_of_gke(context: &Context<'_>, route: &Object) -> bool {
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
                    None => context.subject.platform == "gcp",
                }
            })
}

pub(super) fn policies<'a>(
    context: &Context<'a>,
    kind: &'static str,
) -> impl Iterator<Item = &'a Object> {
    context
        .manifest
        .of_kind(kind)
        .filter(|policy| policy.api_version().starts_with(GKE))
}

/// The policy of a kind that is about a Service.
pub(super) fn policy_of<'a>(
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

pub(super) fn health_check_policy(
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
    let asked = match port {
        Some(port) => context.graph.port_on(behind.member, port),
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
    answer(policy, behind.component, &question, judge);
}

/// GKE speaks clear text unless the Service's port or a policy tells otherwise.
pub(super) fn encrypts(
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
    let words = &controllers().protocols.gke;
    let said = port.app_protocol.unwrap_or_default();
    let is_told = words.iter().any(|word| word == said);
    let kind = route.object.kind();
    let has_policy = controllers().any_policy(context.manifest, kind, behind.service, &port);
    judge.require(is_told || has_policy, || {
        Fault::new(
            format!(
                "GKE sends clear text to port {} of Service `{}` behind {}, which speaks TLS{}",
                port.number,
                behind.service.name(),
                route.object.reference(),
                if said.is_empty() {
                    String::new()
                } else {
                    format!(": `{said}` is none of its words")
                }
            ),
            format!(
                "write appProtocol: {} at the port of the Service, in capitals, or add a BackendTLSPolicy",
                words.join(" or ")
            ),
        )
        .object(behind.service.object)
        .field("appProtocol")
    });
}

pub(super) fn of_policy(policy: Option<&Object>) -> Limits {
    let number = |at: &str| policy.and_then(|policy| integer_at(&policy.value, at));
    let affinity = policy.and_then(|policy| policy.str("/spec/default/sessionAffinity/type"));
    Limits {
        idle_seconds: number("/spec/default/timeoutSec").unwrap_or(30),
        is_sticky: affinity.is_some_and(|kind| kind != "NONE"),
        drains: number("/spec/default/connectionDraining/drainingTimeoutSec").unwrap_or(0) > 0,
        help: "add a GCPBackendPolicy for the Service with timeoutSec, connectionDraining and, for portals, sessionAffinity".to_owned(),
    }
}
