//! The router of `OpenShift`, told by annotations of Routes.

use super::common::Limits;
use crate::manifest::Object;

const ROUTER: &str = "haproxy.router.openshift.io/";

/// `OpenShift`'s router. Behind `passthrough` there is one limit for everything, that of tunnels, for which the other one
/// stands in; otherwise requests and sockets have one each. Source: openshift/router, haproxy-config.template.
pub(super) fn of_router(route: &Object, is_tunnel: bool) -> Limits {
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
        help: "set the annotations haproxy.router.openshift.io/timeout-tunnel (for WebSockets, and for everything behind passthrough) and timeout".to_owned(),
    }
}

/// A time as the router writes it; a bare number are milliseconds.
pub(super) fn router_seconds(text: &str) -> Option<i64> {
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
