//! Load balancers that serve nobody, and ones that cut what they should keep.

use super::{
    ask_what_is_answered, keep_connections, keep_sessions, openshift::router_seconds, reach_pods,
    speak_tls_where_it_is_spoken,
};
use crate::checks::{
    Check,
    harness::{Subject, messages},
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
spec: {selector: {a: b}, ports: [{name: servlet-https, port: 9443, appProtocol: HTTPS}, {name: servlet-http, port: 9763}]}
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
        for check in [keep_connections, keep_sessions] {
            assert_eq!(judged(check, documents), Vec::<String>::new());
        }
    }
    assert_eq!(
        judged(speak_tls_where_it_is_spoken, GKE),
        Vec::<String>::new()
    );
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
    let found = judged(
        keep_connections,
        &GKE.replace("connectionDraining: {drainingTimeoutSec: 30}, ", ""),
    );
    assert!(
        found.len() == 1 && found[0].contains("in flight"),
        "{found:?}"
    );
}

#[test]
fn a_portal_whose_sessions_are_not_kept_is_found() {
    for documents in [
        GKE.replace("GENERATED_COOKIE", "NONE"),
        ALB.replace("stickiness.enabled=true", "stickiness.enabled=false"),
    ] {
        let found = judged(keep_sessions, &documents);
        assert!(
            found.len() == 1 && found[0].contains("node to node"),
            "{found:?}"
        );
    }
}

#[test]
fn clear_text_from_gke_to_a_port_with_tls_is_found() {
    let documents = format!("{SERVER}{GKE}").replace("appProtocol: HTTPS", "appProtocol: https");
    let found =
        messages(&Subject::default().judge("AM-NET-021", speak_tls_where_it_is_spoken, &documents));
    assert!(found[0].contains("clear text"), "{found:?}");
}

#[test]
fn the_aws_controller_needs_pods_as_targets() {
    let good = ALB.replace(
        "    alb.ingress.kubernetes.io/backend-protocol",
        "    alb.ingress.kubernetes.io/target-type: ip\n    alb.ingress.kubernetes.io/backend-protocol",
    );
    assert_eq!(judged(reach_pods, &good), Vec::<String>::new());
    assert!(judged(reach_pods, ALB)[0].contains("target-type"));
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
