//! Gateways, and the listeners to which routes attach.

use serde_json::Value;

use crate::{
    context::{Context, Fault, Judge},
    manifest::{Object, array_at, integer_at, routes, str_at},
};

/// The group of the Gateway API's kinds.
const GATEWAY_API: &str = "gateway.networking.k8s.io/";

pub(super) fn attach_to_listeners(context: &Context<'_>, judge: &mut Judge<'_>) {
    for route in routes(context.manifest) {
        let parents = array_at(&route.object.value, "/spec/parentRefs");
        let is_of_gateways = route.object.api_version().starts_with(GATEWAY_API);
        if is_of_gateways && parents.is_empty() {
            judge.looked();
            judge.fault(
                Fault::new(
                    format!(
                        "{} attaches to no Gateway, so nobody serves it",
                        route.object.reference()
                    ),
                    "name the Gateway in parentRefs",
                )
                .object(route.object)
                .field("parentRefs"),
            );
        }
        for parent in parents {
            let Some(gateway) = gateway_of(context, route.object, parent) else {
                // Gateways usually belong to the platform and are in no release.
                if let Some((message, help)) = missing_gateway(context, route.object, parent) {
                    judge.looked();
                    judge.fault(
                        Fault::new(message, help)
                            .object(route.object)
                            .value(str_at(parent, "/name").unwrap_or_default()),
                    );
                }
                continue;
            };
            let problem = problem_of(gateway, parent, &route.hosts);
            judge.require(problem.is_none(), || {
                Fault::new(
                    format!(
                        "{} attaches to Gateway `{}`, {}",
                        route.object.reference(),
                        gateway.name(),
                        problem.unwrap_or_default()
                    ),
                    "name a listener of the Gateway whose host name covers the route's",
                )
                .object(route.object)
            });
        }
    }
}

/// Why a Gateway that no release has should be there: its name is one letter off.
fn missing_gateway(
    context: &Context<'_>,
    route: &Object,
    parent: &Value,
) -> Option<(String, String)> {
    let is_gateway = str_at(parent, "/kind").is_none_or(|kind| kind == "Gateway");
    if !is_gateway || str_at(parent, "/namespace").is_some_and(|name| name != route.namespace()) {
        return None;
    }
    let name = str_at(parent, "/name")?;
    let rendered = context
        .manifest
        .of_kind("Gateway")
        .filter(|gateway| gateway.namespace() == route.namespace())
        .map(Object::name);
    let near = am_suggest::near(name, rendered)?;
    let reference = route.reference();
    Some((
        format!("{reference} attaches to Gateway `{name}`, which no release has"),
        format!("did you mean `{near}`?"),
    ))
}

fn gateway_of<'a>(context: &Context<'a>, route: &Object, parent: &Value) -> Option<&'a Object> {
    if str_at(parent, "/kind").is_some_and(|kind| kind != "Gateway") {
        return None;
    }
    let namespace = str_at(parent, "/namespace").unwrap_or(route.namespace());
    context
        .manifest
        .find("Gateway", namespace, str_at(parent, "/name")?)
        .filter(|object| {
            object
                .api_version()
                .starts_with("gateway.networking.k8s.io/")
        })
}

/// Why a route cannot attach, if it cannot.
fn problem_of(gateway: &Object, parent: &Value, hosts: &[&str]) -> Option<String> {
    let listeners: Vec<&Value> = array_at(&gateway.value, "/spec/listeners")
        .iter()
        .filter(|listener| {
            let section = str_at(parent, "/sectionName");
            let port = integer_at(parent, "/port");
            section.is_none_or(|section| str_at(listener, "/name") == Some(section))
                && port.is_none_or(|port| integer_at(listener, "/port") == Some(port))
        })
        .collect();
    if listeners.is_empty() {
        let wanted = str_at(parent, "/sectionName").unwrap_or("that port");
        return Some(format!("which has no listener `{wanted}`"));
    }
    let listens = |host: &str| {
        listeners.iter().any(|listener| {
            str_at(listener, "/hostname").is_none_or(|listener| hosts_meet(listener, host))
        })
    };
    let strangers: Vec<&str> = hosts
        .iter()
        .copied()
        .filter(|host| !listens(host))
        .collect();
    // A route attaches as soon as one of its hosts meets the listener.
    (!hosts.is_empty() && strangers.len() == hosts.len()).then(|| {
        format!(
            "whose listeners do not answer for `{}`",
            strangers.join("`, `")
        )
    })
}

/// Whether two host names, each perhaps with a leading `*.`, have a name in common.
fn hosts_meet(one: &str, other: &str) -> bool {
    let covers = |pattern: &str, host: &str| {
        pattern
            .strip_prefix('*')
            .is_some_and(|suffix| host.ends_with(suffix) && host.len() > suffix.len())
    };
    let (one, other) = (one.to_lowercase(), other.to_lowercase());
    one == other || covers(&one, &other) || covers(&other, &one)
}

#[cfg(test)]
mod tests {
    use super::hosts_meet;

    #[test]
    fn wildcards_cover_names_below_their_domain() {
        assert!(hosts_meet("*.example.com", "am.example.com"));
        assert!(hosts_meet("am.example.com", "*.example.com"));
        assert!(!hosts_meet("*.example.com", "example.com"));
        assert!(!hosts_meet("gw.example.com", "am.example.com"));
    }
}
