//! From effective values to references.

use std::collections::BTreeSet;

use super::extractor::Extractor;
use super::groups::{RECEIVER_URL, url_groups};
use super::reference::{Purpose, Reference};
use crate::effective::{Effective, Provenance, THROTTLING_GROUPS};
use crate::key::{KeyPath, Segment};

pub(super) fn references(effective: &Effective) -> Vec<Reference> {
    let mut extractor = Extractor::new(effective);
    extractor.services();
    for publish in [false, true] {
        for group in url_groups(effective, publish) {
            extractor.found.extend(group.receivers);
            extractor.found.extend(group.auth);
        }
    }
    extractor.brokers();
    extractor.gateway_environments();
    extractor.notification_endpoints();
    extractor.databases();
    extractor.others();
    extractor.found
}

const DECISION_ENDPOINTS: &str = "apim.throttling.throttle_decision_endpoints";
const CONNECTION_FACTORY: &str = "apim.throttling.jms.topic_connection_factory";

impl Extractor<'_> {
    fn services(&mut self) {
        let event_hub = self.uses_event_hub();
        for (key, purpose, enabled) in [
            (
                "apim.key_manager.service_url",
                Purpose::KeyManagerService,
                true,
            ),
            (
                "apim.throttling.service_url",
                Purpose::ThrottlingService,
                true,
            ),
            (
                "apim.event_hub.service_url",
                Purpose::EventHubService,
                event_hub,
            ),
            ("oauth.endpoints.oauth2_jwks_url", Purpose::JwksUrl, true),
            (
                "apim.oauth_config.revoke_endpoint",
                Purpose::RevokeEndpoint,
                true,
            ),
        ] {
            self.add(&KeyPath::from(key), &purpose, enabled);
        }
    }

    fn brokers(&mut self) {
        let decisions = self
            .effective
            .is_on("apim.throttling.enable_decision_connection", true);
        let event_hub = self.uses_event_hub();
        let decision_key = if self.is_written(CONNECTION_FACTORY) {
            CONNECTION_FACTORY
        } else {
            DECISION_ENDPOINTS
        };
        self.add(
            &KeyPath::from(decision_key),
            &Purpose::ThrottleDecision,
            decisions,
        );
        self.add(
            &KeyPath::from("apim.event_hub.event_listening_endpoints"),
            &Purpose::EventHubListening,
            event_hub,
        );
        self.add(
            &KeyPath::from("apim.throttling.event_duplicate_url"),
            &Purpose::EventDuplicateThrottling,
            true,
        );
        // Without a key that names peers, the second publishers are switched off.
        let key = KeyPath::from("apim.event_hub.event_duplicate_url");
        let has_peers = self
            .effective
            .values()
            .get(&key)
            .is_some_and(|found| found.provenance != Provenance::FallbackToSelf);
        self.add(
            &key,
            &Purpose::EventDuplicateEventHub,
            event_hub && has_peers,
        );
    }

    fn gateway_environments(&mut self) {
        let environments = KeyPath::from("apim.gateway.environment");
        for at in 0..self.effective.group_count("apim.gateway.environment") {
            let environment = environments.element(at);
            let name = self.text_at(&environment.child("name")).unwrap_or_default();
            self.add(
                &environment.child("service_url"),
                &Purpose::GatewayEnvironmentService { name },
                true,
            );
        }
    }

    fn notification_endpoints(&mut self) {
        let listeners = KeyPath::from("event_listener");
        for at in 0..self.effective.group_count("event_listener") {
            let listener = listeners.element(at);
            let enabled = self
                .effective
                .values()
                .get(&listener.child("enable"))
                .is_none_or(|found| found.value.is_true());
            self.add(
                &listener.child("properties").child("notification_endpoint"),
                &Purpose::NotificationEndpoint,
                enabled,
            );
        }
    }

    fn databases(&mut self) {
        let databases = KeyPath::from("database");
        let urls: Vec<(KeyPath, String)> = self
            .effective
            .under(&databases)
            .filter(|(key, _)| key.last_key() == Some("url"))
            .filter_map(|(key, _)| Some((key.clone(), name_between(key)?)))
            .collect();
        for (key, name) in urls {
            self.add(&key, &Purpose::Database { name }, true);
        }
        let sources = KeyPath::from("datasource");
        for at in 0..self.effective.group_count("datasource") {
            let source = sources.element(at);
            let name = self.text_at(&source.child("id")).unwrap_or_default();
            self.add(&source.child("url"), &Purpose::Database { name }, true);
        }
    }

    /// Whatever else the file writes that holds a URL. Bare `host:port` is left out: too many values look like one.
    fn others(&mut self) {
        let known: BTreeSet<KeyPath> = self
            .found
            .iter()
            .flat_map(|reference| [Some(reference.key.clone()), reference.key.parent()])
            .flatten()
            .collect();
        let keys: Vec<KeyPath> = self
            .effective
            .values()
            .iter()
            .filter(|(key, found)| found.provenance.is_written() && !known.contains(*key))
            .filter(|(key, _)| !is_overridden(self, key))
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            self.add(&key, &Purpose::Other, true);
        }
    }

    fn add(&mut self, key: &KeyPath, purpose: &Purpose, enabled: bool) {
        let references = self.at(key, purpose, enabled);
        self.found.extend(references);
    }
}

/// A key that loses to another one is no reference: nothing connects to it.
fn is_overridden(extractor: &Extractor<'_>, key: &KeyPath) -> bool {
    let below = |prefix: &str| key.starts_with(&KeyPath::from(prefix));
    (below(THROTTLING_GROUPS.group) && extractor.is_written(RECEIVER_URL))
        || (below(DECISION_ENDPOINTS) && extractor.is_written(CONNECTION_FACTORY))
}

/// `apim_db` of `database.apim_db.url`, `mb.store_db` of `database.mb.store_db.url`.
fn name_between(key: &KeyPath) -> Option<String> {
    let segments = key.segments();
    let middle = segments.get(1..segments.len().checked_sub(1)?)?;
    let names: Vec<&str> = middle
        .iter()
        .filter_map(|segment| match segment {
            Segment::Key(name) => Some(name.as_str()),
            Segment::Index(_) => None,
        })
        .collect();
    (!names.is_empty()).then(|| names.join("."))
}
