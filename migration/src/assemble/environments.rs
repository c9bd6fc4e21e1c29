//! Environments of gateways, and the labels by which gateways choose them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::is_inside;
use crate::mapping::How;
use crate::path::Path;
use crate::report::Class;
use crate::work::Work;

const OWN: &str = "gatewayEnvironment";
const FURTHER: &str = "gatewayEnvironments";

pub(crate) fn assemble(work: &mut Work<'_>) {
    for component in work.charts.components() {
        let mut environments: BTreeMap<usize, BTreeMap<String, usize>> = BTreeMap::new();
        for item in work.open_items(component, How::GatewayEnvironment) {
            let index = work.items[item].path.index().unwrap_or(0);
            environments
                .entry(index)
                .or_default()
                .insert(work.items[item].part(), item);
        }
        let own = environments
            .iter()
            .find(|(_, parts)| is_own(work, parts))
            .or_else(|| environments.iter().next());
        let own = own.map(|(index, _)| *index);
        for (index, parts) in environments {
            if Some(index) == own {
                own_environment(work, &parts);
            } else {
                further_environment(work, &parts);
            }
        }
    }
    for component in work.charts.components() {
        for item in work.open_items(component, How::Labels) {
            labels(work, item);
        }
    }
}

/// Whether an environment has a host name of this release's endpoints.
fn is_own(work: &Work<'_>, parts: &BTreeMap<String, usize>) -> bool {
    hosts(parts).any(|(name, item)| {
        work.value_at(&format!("hostnames.{name}")) == Some(&work.items[item].node.value())
    })
}

fn hosts(parts: &BTreeMap<String, usize>) -> impl Iterator<Item = (&str, usize)> {
    parts
        .iter()
        .filter_map(|(part, item)| Some((part.strip_prefix("host.")?, *item)))
}

fn own_environment(work: &mut Work<'_>, parts: &BTreeMap<String, usize>) {
    for field in ["name", "type", "description"] {
        if let Some(item) = parts.get(field) {
            let value = work.items[*item].node.value();
            work.put(*item, &format!("{OWN}.{field}"), value);
        }
    }
    for (name, item) in hosts(parts) {
        let to = format!("hostnames.{name}");
        let value = work.items[item].node.value();
        match work.value_at(&to).cloned() {
            None => {
                work.put(item, &to, value);
            }
            Some(known) if known == value => work.done(
                item,
                Class::Wired,
                Some(&to),
                Some("the portals show the endpoint's own name".into()),
            ),
            Some(known) => {
                let message = format!(
                    "the portals showed this name, but the way in has {known}; the chart shows the one that is reachable"
                );
                work.warn(item, message.clone());
                work.done(item, Class::Manual, None, Some(message));
            }
        }
    }
    for (part, note) in [
        ("service", "the chart names the Service of its own gateways"),
        ("port", "the port follows portOffset"),
    ] {
        if let Some(item) = parts.get(part).copied() {
            let address = work.items[item].text();
            if !is_inside(&address) {
                work.warn(
                    item,
                    format!(
                        "{address} is outside the cluster, and the chart uses its own gateways"
                    ),
                );
            }
            work.done(item, Class::Wired, None, Some(note.into()));
        }
    }
}

fn further_environment(work: &mut Work<'_>, parts: &BTreeMap<String, usize>) {
    let mut entry = Map::new();
    for field in ["name", "type", "description"] {
        if let Some(item) = parts.get(field) {
            entry.insert(field.to_owned(), work.items[*item].node.value());
        }
    }
    let service: Map<String, Value> = [("service", "host"), ("port", "port")]
        .into_iter()
        .filter_map(|(part, field)| {
            Some((field.to_owned(), work.items[*parts.get(part)?].node.value()))
        })
        .collect();
    entry.insert("service".into(), service.into());
    let names: Map<String, Value> = hosts(parts)
        .map(|(name, item)| (name.to_owned(), work.items[item].node.value()))
        .collect();
    entry.insert("hostnames".into(), names.into());
    for item in parts.values() {
        work.append(*item, FURTHER, Value::Object(entry.clone()));
    }
}

fn labels(work: &mut Work<'_>, item: usize) {
    let at = format!("{OWN}.name");
    let name = work
        .value_at(&at)
        .or_else(|| work.target.own(&Path::of_keys(&at)))
        .cloned();
    let known: Vec<Value> = work
        .value_at(FURTHER)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|it| it["name"].clone())
        .collect();
    let labels = work.items[item].node.value();
    let labels: Vec<Value> = match labels {
        Value::Array(labels) => labels,
        label => vec![label],
    };
    let mut missing = Vec::new();
    for label in labels {
        if Some(&label) == name.as_ref() {
            work.done(
                item,
                Class::Wired,
                Some(&at),
                Some("gateways have the name of their environment as a label".into()),
            );
        } else if known.contains(&label) {
            work.append(item, &format!("{OWN}.labels"), label);
        } else {
            missing.push(label.to_string());
        }
    }
    if !missing.is_empty() {
        let message = format!(
            "no environment of the portals is called {}; name it in {FURTHER} first",
            missing.join(", ")
        );
        work.warn(item, message.clone());
        work.done(item, Class::Manual, None, Some(message));
    } else if work.items[item].outcome.is_none() {
        work.done(item, Class::Wired, None, None);
    }
}
