//! The ports on which a route's host is served, by the listener before it or by what its controller is told.

use serde_json::Value;

use super::url::Url;
use crate::{
    facts::controllers::controllers,
    manifest::{Manifest, Object, Route, answers, array_at, integer_at, str_at},
};

/// The ports on which a host is served.
pub(super) enum Listeners {
    /// Port, and whether it speaks TLS.
    Known(Vec<(u16, bool)>),
    /// The same of a controller that has its ports from elsewhere: who comes from outside may find it at others.
    Forwarded(Vec<(u16, bool)>),
    /// Some that the documents do not tell.
    Unknown,
}

impl Listeners {
    /// Whether a request is answered; if not, the sentence goes on after the route's name.
    pub(super) fn accepts(&self, url: Url<'_>) -> Result<(), String> {
        let tls = match url.scheme {
            "https" | "wss" => true,
            "http" | "ws" => false,
            "" => return Ok(()),
            other => return Err(format!("carries HTTP, not `{other}`")),
        };
        let (Self::Known(ports) | Self::Forwarded(ports), Some(port)) = (self, url.port) else {
            return Ok(());
        };
        let is_forwarded = matches!(self, Self::Forwarded(_))
            && url.is_public
            && ports.iter().any(|(_, own)| *own == tls)
            && !ports.contains(&(port, !tls));
        if ports.contains(&(port, tls)) || is_forwarded {
            return Ok(());
        }
        let offered: Vec<String> = ports
            .iter()
            .map(|(port, tls)| format!("{port} ({})", if *tls { "https" } else { "http" }))
            .collect();
        Err(format!(
            "does not answer `{}` on port {port}; it is served on {}",
            url.scheme,
            if offered.is_empty() {
                "no port".to_owned()
            } else {
                offered.join(", ")
            }
        ))
    }
}

/// Where a route's host is served.
pub(super) fn listeners(manifest: &Manifest, route: &Route<'_>, host: &str) -> Listeners {
    match route.object.kind() {
        "Ingress" => ingress_listeners(manifest, route.object, host),
        "Route" => openshift_listeners(route.object),
        _ => gateway_listeners(manifest, route.object, host),
    }
}

fn ingress_listeners(manifest: &Manifest, object: &Object, host: &str) -> Listeners {
    let annotations = object.annotations();
    // Controllers listen elsewhere, or take certificates from elsewhere, by annotations of their own.
    let says_more = annotations.keys().any(|key| {
        let name = key.rsplit('/').next().unwrap_or(key);
        ["listen-ports", "cert", "ssl", "tls"]
            .iter()
            .any(|word| name.contains(word))
    });
    let has_tls = array_at(&object.value, "/spec/tls").iter().any(|tls| {
        let hosts = array_at(tls, "/hosts");
        hosts.is_empty()
            || hosts
                .iter()
                .filter_map(Value::as_str)
                .any(|own| answers(own, host))
    });
    if annotations.keys().any(|key| key.ends_with("/listen-ports")) || (says_more && !has_tls) {
        return Listeners::Unknown;
    }
    // Without a certificate a controller may have one of its own, and something before one that is not known may end TLS.
    let controllers = controllers().of_ingress(manifest, object);
    let has_own = controllers.is_empty()
        || controllers
            .iter()
            .any(|controller| controller.own_certificate);
    let mut ports = vec![(80, false)];
    if has_tls || has_own {
        ports.push((443, true));
    }
    Listeners::Forwarded(ports)
}

fn openshift_listeners(object: &Object) -> Listeners {
    let is_tls = object
        .value
        .pointer("/spec/tls")
        .is_some_and(|tls| !tls.is_null());
    let insecure = object.str("/spec/tls/insecureEdgeTerminationPolicy");
    let mut ports = Vec::new();
    if !is_tls || matches!(insecure, Some("Allow" | "Redirect")) {
        ports.push((80, false));
    }
    if is_tls {
        ports.push((443, true));
    }
    Listeners::Forwarded(ports)
}

fn gateway_listeners(manifest: &Manifest, object: &Object, host: &str) -> Listeners {
    let mut ports = Vec::new();
    for parent in array_at(&object.value, "/spec/parentRefs") {
        let namespace = str_at(parent, "/namespace").unwrap_or_else(|| object.namespace());
        let gateway = str_at(parent, "/name")
            .filter(|_| str_at(parent, "/kind").is_none_or(|kind| kind == "Gateway"))
            .and_then(|name| manifest.find("Gateway", namespace, name));
        let Some(gateway) = gateway else {
            return Listeners::Unknown;
        };
        for listener in array_at(&gateway.value, "/spec/listeners") {
            let is_meant = str_at(parent, "/sectionName")
                .is_none_or(|name| str_at(listener, "/name") == Some(name))
                && integer_at(parent, "/port")
                    .is_none_or(|port| integer_at(listener, "/port") == Some(port))
                && str_at(listener, "/hostname").is_none_or(|own| answers(own, host));
            let port = integer_at(listener, "/port").and_then(|port| u16::try_from(port).ok());
            if let (true, Some(port)) = (is_meant, port) {
                let protocol = str_at(listener, "/protocol").unwrap_or_default();
                ports.push((port, matches!(protocol, "HTTPS" | "TLS")));
            }
        }
    }
    Listeners::Known(ports)
}
