//! The registration of an identity server: what nodes know of it, and where it leads.

use am_conformance::component::Capability;
use serde_json::Value;

use crate::record::Fault;
use crate::wiring::Observed;

/// Registrations are complete.
pub(crate) const COMPLETE: &str = "AM-CONF-046";
/// A registration leads to the identity server.
pub(crate) const ITS_OWN: &str = "AM-WIRE-024";
/// Notifications reach the event hub.
pub(crate) const NOTIFIED: &str = "AM-WIRE-025";

const ACCOUNT: [&str; 2] = [
    "/additionalProperties/Username",
    "/additionalProperties/Password",
];
/// What a stand-in tells instead of a password that is one.
const HIDDEN: &str = "***";

/// An address of the registration at which somebody other than the identity server answers, or nobody.
pub(crate) fn leads_elsewhere(place: &str, from: &str, url: &str, answer: &Value) -> Fault {
    let by = answer["by"].as_str().or(answer["error"].as_str());
    Fault::new(
        format!(
            "{place} of the registration leads {from} to {url}, where the identity server does not answer: {}",
            by.unwrap_or("nobody does")
        ),
        "let every endpoint lead to the identity server",
    )
    .value(url)
}

/// What is registered by the name, at whichever node.
pub(crate) fn registered(nodes: &[Observed], name: &str) -> Option<Value> {
    let known = |node: &Observed| {
        let known = &node.observations.story.database.key_managers;
        Some(known.get(name)?.document.clone())
    };
    nodes.iter().find_map(known)
}

/// Nodes that ask it: for clients and scopes, for keys and about tokens.
pub(crate) fn asks(node: &Observed) -> bool {
    node.component.has(Capability::Portals) || node.component.has(Capability::ServesTraffic)
}

/// Fields in which a document, once its account is filled in, is not what was registered.
pub(crate) fn differences(registration: &Value, registered: &Value, username: &str) -> Vec<String> {
    let mut wanted = registration.clone();
    for (place, text) in ACCOUNT.iter().zip([username, HIDDEN]) {
        if let Some(value) = wanted.pointer_mut(place) {
            *value = text.into();
        }
    }
    let fields = wanted.as_object().into_iter().flatten();
    fields
        .filter(|(key, value)| registered.get(key) != Some(value))
        .map(|(key, _)| key.clone())
        .collect()
}

/// Every address of a document, with its place.
pub(crate) fn addresses(document: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    find(document, "", &mut found);
    found
}

fn find(value: &Value, place: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) if text.starts_with("https://") => {
            found.push((place.to_owned(), text.clone()));
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                let place = if place.is_empty() {
                    key.clone()
                } else {
                    format!("{place}.{key}")
                };
                find(value, &place, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{addresses, differences};
    use serde_json::json;

    #[test]
    fn a_registration_has_the_account_instead_of_its_placeholders_and_is_the_same_besides() {
        let document = |name: &str, user: &str, password: &str| json!({"name": name, "additionalProperties": {"Username": user, "Password": password}});
        let registration = document(
            "IS",
            "$IDENTITY_SERVER_USERNAME",
            "$IDENTITY_SERVER_PASSWORD",
        );
        let none: [&str; 0] = [];
        let found = |registered| differences(&registration, &registered, "registrar");
        assert_eq!(found(document("IS", "registrar", "***")), none);
        assert_eq!(found(registration.clone()), ["additionalProperties"]);
        assert_eq!(found(document("My-IS", "registrar", "***")), ["name"]);
    }

    #[test]
    fn every_address_of_a_registration_is_found_with_its_place() {
        let document =
            json!({"name": "a", "issuer": "https://a/b", "certificates": {"value": "https://c"}});
        let found = addresses(&document);
        let text = |text: &str| text.to_owned();
        assert_eq!(found.len(), 2);
        assert!(found.contains(&(text("issuer"), text("https://a/b"))));
        assert!(found.contains(&(text("certificates.value"), text("https://c"))));
    }
}
