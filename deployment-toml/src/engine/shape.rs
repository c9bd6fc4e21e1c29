//! The shape of wiring values: schemes, pairs, group types, query strings.

use super::fault::{Fault, FaultKind, Severity};
use crate::effective::{Effective, EffectiveValue, GroupKeys, PUBLISH_GROUPS, THROTTLING_GROUPS};
use crate::key::KeyPath;
use crate::span::Span;
use crate::value::Value;
use crate::wiring::{references_in_text, url_groups};

/// Broker lists; the templates append a query string to those marked so.
const BROKER_LISTS: [(&str, bool); 4] = [
    ("apim.throttling.throttle_decision_endpoints", true),
    ("apim.event_hub.event_listening_endpoints", true),
    ("apim.throttling.event_duplicate_url", false),
    ("apim.event_hub.event_duplicate_url", false),
];

const SERVICES: [&str; 3] = [
    "apim.key_manager.service_url",
    "apim.throttling.service_url",
    "apim.event_hub.service_url",
];

pub(super) fn check(effective: &Effective, faults: &mut Vec<Fault>) {
    for (keys, publish) in [(&THROTTLING_GROUPS, false), (&PUBLISH_GROUPS, true)] {
        groups(effective, keys, publish, faults);
    }
    for (key, appends_query) in BROKER_LISTS {
        let path = KeyPath::from(key);
        faults.extend(empty_list(effective, &path));
        for (path, text, span) in written_texts(effective, &path) {
            scheme(&path, &text, span, "tcp", faults);
            if appends_query && text.contains('?') {
                faults.push(query(&path, span));
            }
        }
    }
    for key in SERVICES {
        for (path, text, span) in written_texts(effective, &KeyPath::from(key)) {
            scheme(&path, &text, span, "https", faults);
        }
    }
}

fn groups(effective: &Effective, keys: &GroupKeys, publish: bool, faults: &mut Vec<Fault>) {
    let path = KeyPath::from(keys.group);
    for at in 0..effective.group_count(keys.group) {
        let group = path.element(at);
        group_type(effective, &group.child("type"), faults);
        for (key, wanted) in [(keys.receivers, "tcp"), (keys.auth, "ssl")] {
            for (path, text, span) in written_texts(effective, &group.child(key)) {
                scheme(&path, &text, span, wanted, faults);
            }
        }
    }
    for group in url_groups(effective, publish) {
        let (receivers, auth) = (group.receivers.len(), group.auth.len());
        let first = group.receivers.first().or(group.auth.first());
        let Some(first) = first.filter(|r| r.provenance.is_written() && receivers != auth) else {
            continue;
        };
        let key = first.key.parent().unwrap_or_default();
        faults.push(
            Fault::new(
                FaultKind::UnpairedUrls,
                Severity::SilentlyWrong,
                format!(
                    "group {} has {receivers} receiver and {auth} authentication URLs: the publisher is not made, calls are served without it",
                    group.number
                ),
            )
            .at(&key, first.span)
            .help("give every tcp://host:9611 its ssl://host:9711, in the same order"),
        );
    }
}

fn group_type(effective: &Effective, key: &KeyPath, faults: &mut Vec<Fault>) {
    let Some(found) = effective
        .values()
        .get(key)
        .filter(|found| found.provenance.is_written())
    else {
        return;
    };
    let text = found.value.scalar_text().unwrap_or_default();
    if text == "loadbalance" || text == "failover" {
        return;
    }
    faults.push(
        Fault::new(
            FaultKind::UnknownGroupType,
            Severity::SilentlyWrong,
            format!("{text:?} is no group type and means failover"),
        )
        .at(key, found.provenance.span())
        .help("write loadbalance or failover, in small letters"),
    );
}

/// A written list replaces the product's own as a whole, even when nothing is in it.
fn empty_list(effective: &Effective, key: &KeyPath) -> Option<Fault> {
    let found = effective.values().get(key)?;
    let is_empty = found.value.as_array().is_some_and(<[Value]>::is_empty);
    (is_empty && found.provenance.is_written()).then(|| {
        Fault::new(
            FaultKind::WrongScheme,
            Severity::SilentlyWrong,
            "the list is empty, so nobody is connected to",
        )
        .at(key, found.provenance.span())
        .help("list tcp://host:port of every broker, or leave the key out")
    })
}

fn query(key: &KeyPath, span: Option<Span>) -> Fault {
    Fault::new(
        FaultKind::QueryInBrokerUrl,
        Severity::SilentlyWrong,
        "the template appends ?retries=… to the URL, which has a query string already",
    )
    .at(key, span)
    .help("end the URL after the port")
}

fn scheme(key: &KeyPath, text: &str, span: Option<Span>, wanted: &str, faults: &mut Vec<Fault>) {
    // The scheme may be inside a value that is not known here.
    if text.starts_with('$') {
        return;
    }
    let found = references_in_text(text).into_iter().next();
    let scheme = found.map(|reference| reference.address.scheme);
    let message = match scheme.as_deref() {
        Some(scheme) if scheme == wanted => return,
        None | Some("") => "the value is no URL".to_owned(),
        Some(scheme) => format!("the URL's scheme is {scheme}"),
    };
    faults.push(
        Fault::new(
            FaultKind::WrongScheme,
            Severity::SilentlyWrong,
            format!("{message}: nothing answers there as the reader expects"),
        )
        .at(key, span)
        .help(format!("write {wanted}://host:port")),
    );
}

/// The texts that the file itself writes at `key`: one, or one per element.
fn written_texts(effective: &Effective, key: &KeyPath) -> Vec<(KeyPath, String, Option<Span>)> {
    let Some(found) = effective
        .values()
        .get(key)
        .filter(|found| found.provenance.is_written())
    else {
        return Vec::new();
    };
    match &found.value {
        Value::String(text) => vec![(key.clone(), text.clone(), found.provenance.span())],
        Value::Array(elements) => elements
            .iter()
            .enumerate()
            .filter_map(|(at, element)| {
                // A template copies whatever stands there as text.
                let text = element.scalar_text()?;
                Some((key.element(at), text, element_span(found, at)))
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn element_span(found: &EffectiveValue, at: usize) -> Option<Span> {
    found
        .elements
        .get(at)
        .copied()
        .or_else(|| found.provenance.span())
}
