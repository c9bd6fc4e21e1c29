//! Entries of lists for which the product has no defaults: gateway environments and event listeners.

use std::collections::BTreeMap;

use am_deployment_toml::{effective::EffectiveValue, key::KeyPath, span::Span};

use super::on::{On, nodes};
use crate::{
    component::Component,
    context::{Context, Fault, Judge},
};
use am_suggest::near;

const ENVIRONMENTS: &str = "apim.gateway.environment";
const LISTENERS: &str = "event_listener";

/// What an environment must have, and what the product makes of it otherwise. Credentials are AM-CONF-014's.
const FIELDS: [(&str, &str); 6] = [
    ("name", "gateways find their APIs by it"),
    ("type", "the portals cannot tell production from sandbox"),
    ("service_url", "nothing can be deployed through it"),
    (
        "display_in_api_console",
        "it is rendered empty, which means false: the developer portal hides the gateway",
    ),
    ("https_endpoint", "the portals show no address of APIs"),
    (
        "wss_endpoint",
        "the portals show no address of WebSocket APIs",
    ),
];

/// Public addresses with their schemes; those without TLS may be left out.
const ADDRESSES: [(&str, &str); 6] = [
    ("http_endpoint", "http"),
    ("https_endpoint", "https"),
    ("ws_endpoint", "ws"),
    ("wss_endpoint", "wss"),
    ("websub_event_receiver_http_endpoint", "http"),
    ("websub_event_receiver_https_endpoint", "https"),
];

/// Which keys an environment serves. Source: the product's documentation of `[[apim.gateway.environment]]`.
const ENVIRONMENT_TYPES: [&str; 3] = ["hybrid", "production", "sandbox"];

/// Types of gateways that the product knows. Source: facts/vendor-charts.md#45-to-46 (`gateway_type`).
const GATEWAY_TYPES: [&str; 7] = [
    "Regular",
    "APK",
    "AWS",
    "Azure",
    "Kong",
    "Envoy",
    "APIPlatform",
];

/// Key manager whose events the product takes for its own. Source: facts/wiring.yaml#fallbacks; wso2/carbon-apimgt, `APIConstants`.
const RESIDENT_KEY_MANAGER: &str = "default";
const KEY_MANAGER_HEADER: &str = "X-WSO2-KEY-MANAGER";

/// Names by which everybody reaches only himself.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The listener that has a `notification_endpoint`, by id, type and class. Source: facts/wiring.yaml#fallbacks (`event_listener`).
const NOTIFIER: [(&str, &str); 3] = [
    ("id", "token_revocation"),
    (
        "type",
        "org.wso2.carbon.identity.core.handler.AbstractIdentityHandler",
    ),
    ("name", "org.wso2.is.notification.ApimOauthEventInterceptor"),
];

/// Judges each entry of a list on every node.
fn each(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
    list: &str,
    look: impl Fn(&On<'_, '_>, &mut Judge<'_>, &KeyPath),
) {
    for on in nodes(context) {
        for at in 0..on.effective.group_count(list) {
            look(&on, judge, &KeyPath::from(list).element(at));
        }
    }
    judge.not_applicable(format!("no node has an entry of {list}"));
}

pub(super) fn are_whole(context: &Context<'_>, judge: &mut Judge<'_>) {
    each(context, judge, ENVIRONMENTS, |on, judge, entry| {
        on.judge_fields(judge, entry);
    });
}

pub(super) fn promise_addresses(context: &Context<'_>, judge: &mut Judge<'_>) {
    each(context, judge, ENVIRONMENTS, |on, judge, entry| {
        on.judge_addresses(judge, entry);
    });
}

pub(super) fn have_known_gateway_types(context: &Context<'_>, judge: &mut Judge<'_>) {
    each(context, judge, ENVIRONMENTS, |on, judge, entry| {
        on.judge_gateway_type(judge, entry);
    });
}

pub(super) fn are_of_our_gateways(context: &Context<'_>, judge: &mut Judge<'_>) {
    each(context, judge, ENVIRONMENTS, |on, judge, entry| {
        on.judge_words(judge, entry);
    });
}

pub(super) fn are_known_listeners(context: &Context<'_>, judge: &mut Judge<'_>) {
    each(context, judge, LISTENERS, |on, judge, entry| {
        on.judge_listener(judge, entry);
    });
}

pub(super) fn notify_as_the_resident_key_manager(context: &Context<'_>, judge: &mut Judge<'_>) {
    each(context, judge, LISTENERS, |on, judge, entry| {
        on.judge_header(judge, entry);
    });
}

/// Nodes of a component share the APIs, so they have the same environments.
pub(super) fn agree(context: &Context<'_>, judge: &mut Judge<'_>) {
    let mut names: BTreeMap<Component, (String, Vec<String>)> = BTreeMap::new();
    for on in nodes(context) {
        let mine = on.environments();
        let (first, expected) = names
            .entry(on.component)
            .or_insert_with(|| (context.graph.describe(on.node.id), mine.clone()));
        judge.require(mine == *expected, || {
            let message = format!(
                "has the gateway environments {}, but the {first} has {}",
                mine.join(", "),
                expected.join(", ")
            );
            let help = "give all nodes of a component the same environments: they share the APIs";
            on.fault(ENVIRONMENTS.to_owned(), None, &message, help)
        });
    }
}

impl On<'_, '_> {
    fn judge_fields(&self, judge: &mut Judge<'_>, entry: &KeyPath) {
        for (field, otherwise) in FIELDS {
            let path = entry.child(field);
            let is_there = self.text(&path).is_some_and(|text| !text.is_empty());
            judge.require(is_there, || {
                let message = format!("has a gateway environment without `{field}`: {otherwise}");
                self.at(&path, &message, format!("write `{path}`"))
            });
        }
    }

    fn judge_addresses(&self, judge: &mut Judge<'_>, entry: &KeyPath) {
        for (field, scheme) in ADDRESSES {
            let path = entry.child(field);
            let Some(text) = self.text(&path) else {
                continue;
            };
            let start = format!("{scheme}://");
            // What a variable holds is not known here.
            let is_address = text.is_empty() || text.starts_with('$') || text.starts_with(&start);
            judge.require(is_address, || {
                let message = format!("promises `{path}`, which is no {scheme} address");
                self.at(&path, &message, format!("begin it with `{start}`"))
            });
            let host = text.strip_prefix(&start).unwrap_or_default();
            let is_for_others = !LOCAL.iter().any(|local| {
                host.strip_prefix(local)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
            });
            judge.require(is_for_others, || {
                let message = format!("promises `{path}` at itself, where nobody else gets");
                self.at(
                    &path,
                    &message,
                    "write the name of the gateway's Service or route".into(),
                )
            });
        }
    }

    /// Words by which the product chooses an implementation; what is not there has a default.
    fn judge_gateway_type(&self, judge: &mut Judge<'_>, entry: &KeyPath) {
        let path = entry.child("gateway_type");
        let written = self.text(&path).unwrap_or_default();
        let meant = near(&written, GATEWAY_TYPES);
        judge.require(
            GATEWAY_TYPES.contains(&written.as_str()) || meant.is_none(),
            || {
                let message = format!(
                    "has a gateway environment of the type `{written}`, for which no API is made"
                );
                self.at(
                    &path,
                    &message,
                    format!("did you mean `{}`?", meant.unwrap_or_default()),
                )
            },
        );
    }

    /// Our gateways are all of the product's own kind, and for people to use.
    fn judge_words(&self, judge: &mut Judge<'_>, entry: &KeyPath) {
        let path = entry.child("type");
        let written = self.text(&path).unwrap_or_default();
        judge.require(
            written.is_empty() || ENVIRONMENT_TYPES.contains(&written.as_str()),
            || {
                let message = format!(
                    "has a gateway environment of the type `{written}`, for which no key is made"
                );
                self.at(
                    &path,
                    &message,
                    format!("write one of {}", ENVIRONMENT_TYPES.join(", ")),
                )
            },
        );
        for (field, wanted) in [
            ("gateway_type", GATEWAY_TYPES[0]),
            ("provider", "wso2"),
            ("display_in_api_console", "true"),
        ] {
            let path = entry.child(field);
            let text = self.text(&path).unwrap_or_default();
            judge.require(text.is_empty() || text == wanted, || {
                let message = format!("has `{text}` as the {field} of a gateway environment");
                self.at(&path, &message, format!("write `{wanted}`"))
            });
        }
    }

    fn judge_listener(&self, judge: &mut Judge<'_>, entry: &KeyPath) {
        let endpoint = entry.child("properties").child("notification_endpoint");
        if self.found(&endpoint).is_none() {
            return;
        }
        for (field, wanted) in NOTIFIER {
            let path = entry.child(field);
            let is_right = self.text(&path).is_some_and(|text| text == wanted);
            judge.require(is_right, || {
                let message = format!(
                    "has a listener that notifies, but the product does not know it by `{path}`"
                );
                self.at(&path, &message, format!("write {field} = \"{wanted}\""))
            });
        }
    }

    fn judge_header(&self, judge: &mut Judge<'_>, entry: &KeyPath) {
        let properties = entry.child("properties");
        let notifies = self
            .found(&properties.child("notification_endpoint"))
            .is_some();
        let header = self
            .effective
            .under(&properties)
            .map(|(path, _)| path.clone())
            .find(|path| notifies && path.to_string().contains(KEY_MANAGER_HEADER));
        let Some((header, name)) = header.and_then(|path| Some((path.clone(), self.text(&path)?)))
        else {
            return;
        };
        judge.require(name == RESIDENT_KEY_MANAGER, || {
            let message = format!(
                "notifies in the name of the key manager `{name}`, which is none of the pattern's"
            );
            self.at(
                &header,
                &message,
                format!("write \"{RESIDENT_KEY_MANAGER}\""),
            )
        });
    }

    /// Names of the environments, in order.
    fn environments(&self) -> Vec<String> {
        (0..self.effective.group_count(ENVIRONMENTS))
            .filter_map(|at| self.text(&KeyPath::from(ENVIRONMENTS).element(at).child("name")))
            .collect()
    }

    fn found(&self, path: &KeyPath) -> Option<&EffectiveValue> {
        self.effective.values().get(path)
    }

    fn text(&self, path: &KeyPath) -> Option<String> {
        self.found(path)?.value.scalar_text()
    }

    fn at(&self, path: &KeyPath, message: &str, help: String) -> Fault<'_> {
        let span = self.found(path).and_then(|found| found.provenance.span());
        self.fault(path.to_string(), span, message, help)
    }

    fn fault(
        &self,
        key: String,
        span: Option<Span>,
        message: &str,
        help: impl Into<String>,
    ) -> Fault<'_> {
        let who = self.context.graph.describe(self.node.id);
        Fault::new(format!("the {who} {message}"), help.into()).at(self.configuration, key, span)
    }
}
