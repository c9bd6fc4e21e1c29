//! What the release knows of the identity server: what its Job registered, and where that leads.

use std::time::Duration;

use am_conformance::component::Capability;
use serde_json::Value;

use super::server::{Server, USERNAME, ask};
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;
use crate::scenario::{Stage, collect};
use crate::wiring::Observed;

/// Registrations are complete.
pub(super) const COMPLETE: &str = "AM-CONF-046";
/// A registration leads to the identity server.
pub(super) const ITS_OWN: &str = "AM-WIRE-024";
const ACCOUNT: [&str; 2] = [
    "/additionalProperties/Username",
    "/additionalProperties/Password",
];
const POLL: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(20);
/// What a stand-in tells instead of a password that is one.
const HIDDEN: &str = "***";

pub(super) async fn judge(stage: &mut Stage, server: &Server) -> Result<(), LiveError> {
    let nodes = collect(stage, &stage.main).await?;
    let Some(registered) = registered(&nodes, server) else {
        let fault = Fault::new(
            format!(
                "no node with the portals knows {}, though its Job ended",
                server.registration["name"]
            ),
            "let the Job register it at the Admin API",
        );
        stage.failed(COMPLETE, fault.at("ConfigMap", &server.told_by));
        return Ok(());
    };
    judge_document(stage, server, &registered);
    let (mut places, mut all, mut waiting) = (Vec::new(), true, Waiting::begin());
    addresses(&registered, "", &mut places);
    for node in nodes.iter().filter(|node| asks(node)) {
        for (place, url) in &places {
            let mut answer = ask(stage, &stage.namespace, &node.pod, url).await?;
            // A new Service is known to every node of the cluster a moment later.
            while answer["by"].is_null() && !waiting.is_over(PATIENCE) {
                tokio::time::sleep(POLL).await;
                answer = ask(stage, &stage.namespace, &node.pod, url).await?;
            }
            let leads_there = answer["by"] == server.pod.as_str();
            all &= leads_there;
            let fault = (!leads_there).then(|| {
                let by = answer["by"].as_str().or(answer["error"].as_str());
                Fault::new(
                    format!(
                        "{place} of the registration leads {} to {url}, where the identity server does not answer: {}",
                        node.pod,
                        by.unwrap_or("nobody does")
                    ),
                    "let every endpoint lead to the identity server",
                )
                .at("ConfigMap", &server.told_by)
                .value(url)
            });
            stage.check(ITS_OWN, fault);
        }
    }
    if all {
        stage.say(&format!(
            "the identity server is registered and answers at {} addresses",
            places.len()
        ));
    }
    Ok(())
}

/// What is registered by the name, at whichever node.
fn registered(nodes: &[Observed], server: &Server) -> Option<Value> {
    let name = server.registration["name"].as_str()?;
    let known = |node: &Observed| {
        let known = &node.observations.story.database.key_managers;
        Some(known.get(name)?.document.clone())
    };
    nodes.iter().find_map(known)
}

/// Nodes that ask it: for clients and scopes, for keys and about tokens.
fn asks(node: &Observed) -> bool {
    node.component.has(Capability::Portals) || node.component.has(Capability::ServesTraffic)
}

/// What is registered is what the release says, with the account filled in.
fn judge_document(stage: &mut Stage, server: &Server, registered: &Value) {
    let differs = differences(&server.registration, registered);
    let fault = (!differs.is_empty()).then(|| {
        Fault::new(
            format!(
                "what is registered differs from the registration in {}",
                differs.join(", ")
            ),
            "let the Job send registration.json with the account filled in",
        )
        .at("ConfigMap", &server.told_by)
    });
    stage.check(COMPLETE, fault);
}

/// Fields in which a document, once its account is filled in, is not what was registered.
fn differences(registration: &Value, registered: &Value) -> Vec<String> {
    let mut wanted = registration.clone();
    for (place, text) in ACCOUNT.iter().zip([USERNAME, HIDDEN]) {
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
fn addresses(value: &Value, place: &str, found: &mut Vec<(String, String)>) {
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
                addresses(value, &place, found);
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
        assert_eq!(
            differences(&registration, &document("IS", "registrar", "***")),
            none
        );
        assert_eq!(
            differences(&registration, &registration),
            ["additionalProperties"]
        );
        let other = document("My-IS", "registrar", "***");
        assert_eq!(differences(&registration, &other), ["name"]);
    }

    #[test]
    fn every_address_of_a_registration_is_found_with_its_place() {
        let mut found = Vec::new();
        let document =
            json!({"name": "a", "issuer": "https://a/b", "certificates": {"value": "https://c"}});
        addresses(&document, "", &mut found);
        let text = |text: &str| text.to_owned();
        assert_eq!(found.len(), 2);
        assert!(found.contains(&(text("issuer"), text("https://a/b"))));
        assert!(found.contains(&(text("certificates.value"), text("https://c"))));
    }
}
