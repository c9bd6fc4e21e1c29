//! What Ingress controllers are told, by the one value that chooses them.

use serde_json::{Value, json};

use crate::support::{Release, refusal, release};

fn behind(pattern: u32, controller: &str, more: Value) -> Release {
    let mut ingress = json!({"enabled": true, "controller": controller, "tlsSecret": "apim-tls"});
    ingress
        .as_object_mut()
        .expect("a table")
        .extend(more.as_object().expect("a table").clone());
    release(
        pattern,
        json!({
            "hostnames": {
                "management": "am.example.com",
                "gateway": "gw.example.com",
                "websocket": "ws.example.com",
            },
            "exposure": {"ingress": ingress},
        }),
    )
}

fn annotations<'r>(release: &'r Release, kind: &str, name: &str) -> &'r Value {
    let object = release.find(kind, name);
    &object.unwrap_or_else(|| panic!("no {kind} {name}"))["metadata"]["annotations"]
}

/// Controller, kind and name of the object, annotation, value.
const TOLD: &str = r#"
nginx Ingress apim-gateway nginx.ingress.kubernetes.io/backend-protocol HTTPS
nginx Ingress apim-gateway nginx.ingress.kubernetes.io/proxy-read-timeout 300
nginx Ingress apim-websocket nginx.ingress.kubernetes.io/proxy-read-timeout 3600
nginx Ingress apim-management nginx.ingress.kubernetes.io/affinity cookie
nginx-inc Ingress apim-management nginx.org/ssl-services apim-control-plane
nginx-inc Ingress apim-websocket nginx.org/websocket-services apim-gateway
traefik Service apim-gateway traefik.ingress.kubernetes.io/service.serversscheme https
traefik Service apim-gateway traefik.ingress.kubernetes.io/service.serverstransport apim-apim@kubernetescrd
traefik Service apim-control-plane traefik.ingress.kubernetes.io/service.sticky.cookie true
haproxy Ingress apim-gateway haproxy.org/server-ssl true
haproxy Service apim-control-plane haproxy.org/cookie-persistence AMNODE
haproxy-ingress Ingress apim-gateway haproxy-ingress.github.io/backend-protocol h1-ssl
haproxy-ingress Ingress apim-management haproxy-ingress.github.io/affinity cookie
kong Service apim-control-plane konghq.com/protocol https
kong Service apim-control-plane konghq.com/upstream-policy apim
kong Service apim-gateway konghq.com/read-timeout 3600000
contour Service apim-gateway projectcontour.io/upstream-protocol.tls 8021,8099,8243
contour Ingress apim-websocket projectcontour.io/websocket-routes /
alb Ingress apim-gateway alb.ingress.kubernetes.io/listen-ports [{"HTTPS":443}]
alb Ingress apim-gateway alb.ingress.kubernetes.io/healthcheck-path /api/am/gateway/v2/server-startup-healthcheck
alb Ingress apim-management alb.ingress.kubernetes.io/healthcheck-path /services/Version
gce Ingress apim-gateway kubernetes.io/ingress.class gce
gce Service apim-gateway cloud.google.com/app-protocols {"gateway-https":"HTTPS","websub-https":"HTTPS","wss":"HTTPS"}
gce Service apim-control-plane cloud.google.com/backend-config {"default":"apim-control-plane"}
openshift Ingress apim-gateway route.openshift.io/termination reencrypt
openshift Ingress apim-gateway route.openshift.io/destination-ca-certificate-secret apim-ca
openshift Ingress apim-websocket haproxy.router.openshift.io/timeout-tunnel 1h
"#;

#[test]
fn each_controller_is_told_in_its_own_words() {
    for row in TOLD.trim().lines() {
        let [controller, kind, name, annotation, value] =
            row.split(' ').collect::<Vec<_>>().try_into().expect(row);
        let release = behind(
            3,
            controller,
            json!({"backendTls": {"caSecret": "apim-ca"}}),
        );
        assert_eq!(
            annotations(&release, kind, name)[annotation],
            value,
            "{controller}: {annotation}"
        );
    }
}

#[test]
fn a_class_follows_from_the_controller_unless_given() {
    let class = |release: &Release| {
        let ingress = release.find("Ingress", "apim-gateway").expect("an Ingress");
        ingress["spec"]["ingressClassName"].clone()
    };
    assert_eq!(class(&behind(3, "kong", json!({}))), "kong");
    assert_eq!(
        class(&behind(3, "kong", json!({"className": "edge"}))),
        "edge"
    );
    // GKE knows the old annotation only.
    let gce = behind(3, "gce", json!({"className": "gce-internal"}));
    assert!(class(&gce).is_null());
    assert_eq!(
        annotations(&gce, "Ingress", "apim-gateway")["kubernetes.io/ingress.class"],
        "gce-internal"
    );
}

#[test]
fn the_operators_annotations_go_before_those_of_the_controller() {
    let release = behind(
        3,
        "nginx",
        json!({"annotations": {
            "nginx.ingress.kubernetes.io/proxy-body-size": "0",
            "nginx.ingress.kubernetes.io/force-ssl-redirect": "",
        }}),
    );
    let gateway = annotations(&release, "Ingress", "apim-gateway");
    assert_eq!(gateway["nginx.ingress.kubernetes.io/proxy-body-size"], "0");
    assert!(gateway["nginx.ingress.kubernetes.io/force-ssl-redirect"].is_null());
}

#[test]
fn ports_that_an_offset_moves_are_followed() {
    let release = release(
        1,
        json!({
            "hostnames": {"management": "am.example.com"},
            "exposure": {"ingress": {"enabled": true, "controller": "alb"}, "publicPort": 8443},
            "allInOne": {"portOffset": 10},
        }),
    );
    let management = annotations(&release, "Ingress", "apim-management");
    assert_eq!(
        management["alb.ingress.kubernetes.io/healthcheck-port"],
        "9453"
    );
    assert_eq!(
        management["alb.ingress.kubernetes.io/listen-ports"],
        r#"[{"HTTPS":8443}]"#
    );
}

#[test]
fn objects_that_a_controller_needs_beside_ingresses_are_there() {
    let traefik = behind(3, "traefik", json!({}));
    let transport = traefik.find("ServersTransport", "apim").expect("an object");
    assert_eq!(transport["spec"], json!({"insecureSkipVerify": true}));
    let verified = behind(
        3,
        "traefik",
        json!({"backendTls": {"caSecret": "apim-ca", "hostname": "am.example.com"}}),
    );
    assert_eq!(
        verified.find("ServersTransport", "apim").expect("one")["spec"],
        json!({"rootCAs": [{"secret": "apim-ca"}], "serverName": "am.example.com"})
    );
    let kong = behind(3, "kong", json!({}));
    assert!(kong.find("KongUpstreamPolicy", "apim").is_some());
    let gce = behind(3, "gce", json!({}));
    let portals = gce
        .find("BackendConfig", "apim-control-plane")
        .expect("one");
    assert_eq!(
        portals["spec"]["sessionAffinity"],
        json!({"affinityType": "GENERATED_COOKIE"})
    );
    assert_eq!(
        portals["spec"]["healthCheck"]["requestPath"],
        "/services/Version"
    );
    let gateway = gce.find("BackendConfig", "apim-gateway").expect("one");
    assert!(gateway["spec"]["sessionAffinity"].is_null());
    for kind in ["ServersTransport", "KongUpstreamPolicy", "BackendConfig"] {
        assert_eq!(behind(3, "nginx", json!({})).all(kind).count(), 0);
    }
}

#[test]
fn a_router_that_encrypts_again_needs_the_authority() {
    let message = refusal(
        3,
        json!({
            "hostnames": {"gateway": "gw.example.com"},
            "exposure": {"ingress": {"enabled": true, "controller": "openshift"}},
        }),
    );
    assert!(
        message.contains("exposure.ingress.backendTls.caSecret is empty: with exposure.ingress.controller openshift the router encrypts again"),
        "{message}"
    );
}

#[test]
fn an_unknown_controller_is_refused() {
    let message = refusal(
        3,
        json!({"exposure": {"ingress": {"enabled": true, "controller": "ngnix"}}}),
    );
    assert!(message.contains("controller"), "{message}");
}
