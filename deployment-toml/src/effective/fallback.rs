//! What the product's templates use when a wiring key is missing.
//!
//! The dangerous ones end at the node's own address, without a word in any log.

use super::rewrite::group_count;
use super::value::{EffectiveValue, Provenance, Values};
use crate::key::KeyPath;
use crate::span::Span;
use crate::value::Value;

const OWN_RECEIVER: &str = "tcp://${carbon.local.ip}:${receiver.url.port}";
const OWN_AUTH: &str = "ssl://${carbon.local.ip}:${auth.url.port}";
const OWN_BROKER: &str = "tcp://${carbon.local.ip}:${jms.port}";
const OWN_SERVICES: &str =
    "https://localhost:${mgt.transport.https.port}${carbon.context}services/";

const URL_GROUP: &str = "apim.throttling.url_group";
const PUBLISH_GROUP: &str = "apim.event_hub.publish.url_group";

/// The keys of a group of receivers: where events go and where the sender logs in.
pub(crate) struct GroupKeys {
    pub(crate) group: &'static str,
    pub(crate) receivers: &'static str,
    pub(crate) auth: &'static str,
}

/// Throttling events.
pub(crate) const THROTTLING_GROUPS: GroupKeys = GroupKeys {
    group: URL_GROUP,
    receivers: "traffic_manager_urls",
    auth: "traffic_manager_auth_urls",
};

/// Events that the event hub publishes.
pub(crate) const PUBLISH_GROUPS: GroupKeys = GroupKeys {
    group: PUBLISH_GROUP,
    receivers: "urls",
    auth: "auth_urls",
};

pub(super) fn apply(values: &mut Values) {
    throttling_groups(values);
    publish_groups(values);
    list(
        values,
        "apim.throttling.throttle_decision_endpoints",
        &[],
        Some(OWN_BROKER),
    );
    list(
        values,
        "apim.event_hub.event_listening_endpoints",
        &["apim.throttling.throttle_decision_endpoints"],
        Some(OWN_BROKER),
    );
    list(
        values,
        "apim.event_hub.event_duplicate_url",
        &["apim.throttling.event_duplicate_url"],
        Some(OWN_BROKER),
    );
    event_hub_service(values);
}

fn throttling_groups(values: &mut Values) {
    if group_count(values, &KeyPath::from(URL_GROUP)) == 0 {
        own_group(values, &THROTTLING_GROUPS);
    }
}

fn own_group(values: &mut Values, keys: &GroupKeys) {
    let group = KeyPath::from(keys.group).element(0);
    for (key, url) in [(keys.receivers, OWN_RECEIVER), (keys.auth, OWN_AUTH)] {
        let value = Value::Array(vec![url.into()]);
        values.insert(
            group.child(key),
            EffectiveValue::made(value, Provenance::FallbackToSelf),
        );
    }
}

/// The publisher uses the throttling groups if it has none of its own.
fn publish_groups(values: &mut Values) {
    let publish = KeyPath::from(PUBLISH_GROUP);
    if group_count(values, &publish) > 0 {
        return;
    }
    let throttling = KeyPath::from(URL_GROUP);
    for at in 0..group_count(values, &throttling) {
        let (from, to) = (throttling.element(at), publish.element(at));
        for (source, target) in [
            (THROTTLING_GROUPS.receivers, PUBLISH_GROUPS.receivers),
            (THROTTLING_GROUPS.auth, PUBLISH_GROUPS.auth),
            ("type", "type"),
        ] {
            copy(values, &from.child(source), to.child(target));
        }
    }
}

fn copy(values: &mut Values, from: &KeyPath, to: KeyPath) {
    if let Some(found) = values.get(from) {
        let copied = fallen_back(found, from);
        values.insert(to, copied);
    }
}

/// The same value, for a key that is missing: it is the other key's, or the node itself if the other key's is.
fn fallen_back(found: &EffectiveValue, from: &KeyPath) -> EffectiveValue {
    let provenance = match &found.provenance {
        Provenance::FallbackToSelf => Provenance::FallbackToSelf,
        other => Provenance::FallbackFrom {
            key: from.to_string(),
            span: other.span(),
        },
    };
    EffectiveValue {
        provenance,
        written_as: None,
        ..found.clone()
    }
}

/// A list takes the first of `others` that has a value, else the node's own address.
fn list(values: &mut Values, key: &str, others: &[&str], own: Option<&str>) {
    let path = KeyPath::from(key);
    if values.contains_key(&path) {
        return;
    }
    for other in others {
        let other = KeyPath::from(*other);
        if values.contains_key(&other) {
            copy(values, &other, path);
            return;
        }
    }
    if let Some(own) = own {
        let value = Value::Array(vec![own.into()]);
        values.insert(
            path,
            EffectiveValue::made(value, Provenance::FallbackToSelf),
        );
    }
}

/// The default of `apim.throttling.service_url` is the node itself, so this may be a fallback to self in two steps.
fn event_hub_service(values: &mut Values) {
    let key = KeyPath::from("apim.event_hub.service_url");
    if values.contains_key(&key) {
        return;
    }
    let from = KeyPath::from("apim.throttling.service_url");
    let written: Option<Span> = values.get(&from).and_then(|found| found.provenance.span());
    if written.is_some() {
        copy(values, &from, key);
    } else {
        values.insert(
            key,
            EffectiveValue::made(OWN_SERVICES.into(), Provenance::FallbackToSelf),
        );
    }
}
