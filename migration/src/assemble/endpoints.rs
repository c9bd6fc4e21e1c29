//! Endpoints: host names, ways in and what is said of each.

use std::collections::BTreeMap;

use am_product::Component;
use serde_json::{Value, json};

use crate::charts::{Endpoint, Way};
use crate::mapping::How;
use crate::path::{Path, Segment};
use crate::report::Class;
use crate::work::Work;

pub(crate) fn assemble(work: &mut Work<'_>) {
    for component in work.charts.components() {
        let items = work.open_items(component, How::Endpoint);
        let mut endpoints: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut of_way = Vec::new();
        for item in items {
            match endpoint_of(&work.items[item].path) {
                Some(name) if work.charts.endpoints.contains_key(&name) => {
                    endpoints.entry(name).or_default().push(item);
                }
                Some(_) => work.done(
                    item,
                    Class::Unknown,
                    None,
                    Some("the vendor's charts have no such endpoint".into()),
                ),
                None => of_way.push(item),
            }
        }
        let mut parents = Vec::new();
        for (name, items) in endpoints {
            let charts = work.charts;
            let endpoint = &charts.endpoints[&name];
            let owner = endpoint.of.as_deref().and_then(Component::from_name);
            match owner
                .filter(|owner| *owner != component && work.target.components.contains(owner))
            {
                Some(owner) => elsewhere(work, &items, owner, endpoint),
                None => parents.extend(carry(work, component, &name, endpoint, &items)),
            }
        }
        for item in of_way {
            of_all(work, item, &parents);
        }
    }
}

/// The endpoint of `kubernetes.ingress.gateway.hostname`.
fn endpoint_of(path: &Path) -> Option<String> {
    match &path.0[..] {
        [_, _, Segment::Key(name), _] => Some(name.clone()),
        _ => None,
    }
}

/// What is said of an endpoint that another component has in this pattern.
fn elsewhere(work: &mut Work<'_>, items: &[usize], owner: Component, endpoint: &Endpoint) {
    for item in items {
        let note = format!(
            "in this pattern the {} has this endpoint, so exposure.endpoints.{} follows its file",
            owner.title(),
            endpoint.endpoint
        );
        work.done(*item, Class::Wired, None, Some(note));
    }
}

fn is_on(work: &Work<'_>, component: Component, way: &Way, name: &str) -> bool {
    let Some(tree) = work.trees.get(&component) else {
        return false;
    };
    let on = |path: &str| work.charts.is_on(tree, &Path::of_keys(path), &work.version);
    // A switch that is on by default says nothing of a way in of which the file says nothing.
    let is_mentioned = tree
        .get(&Path::of_keys(&format!("{}.{name}", way.at)))
        .is_some();
    is_mentioned
        && way.switch.as_ref().is_none_or(|switch| on(switch))
        && on(&format!("{}.{name}.enabled", way.at))
}

/// Carries an endpoint over; returns the Gateways' listener if a route of the Gateway API led there.
fn carry(
    work: &mut Work<'_>,
    component: Component,
    name: &str,
    endpoint: &Endpoint,
    items: &[usize],
) -> Option<(String, String)> {
    let charts = work.charts;
    let field = |work: &Work<'_>, way: &Way, field: &str| {
        let path = Path::of_keys(&format!("{}.{name}.{field}", way.at));
        items
            .iter()
            .copied()
            .find(|item| work.items[*item].path == path)
    };
    let on: Vec<&Way> = charts
        .ways
        .iter()
        .filter(|way| is_on(work, component, way, name))
        .collect();
    let host_to = format!("hostnames.{}", endpoint.hostname);
    let at = format!("exposure.endpoints.{}", endpoint.endpoint);
    let told = if on.is_empty() {
        charts.ways.iter().rev().collect()
    } else {
        on.clone()
    };
    let mut first: Option<Value> = None;
    for way in told {
        let Some(item) = field(work, way, "hostname") else {
            continue;
        };
        let host = work.items[item].node.value();
        match &first {
            None => {
                work.put(item, &host_to, host.clone());
                if on.is_empty() {
                    work.put(item, &format!("{at}.enabled"), json!(false));
                }
                first = Some(host);
            }
            Some(main) if *main == host => work.done(item, Class::Mapped, Some(&host_to), None),
            Some(_) if on.is_empty() => {}
            Some(_) => work.append(item, &format!("{at}.hostnames"), host),
        }
    }
    for way in &on {
        if let Some(item) = field(work, way, "enabled") {
            work.put(item, &way.to, json!(true));
        } else if let Some(item) = field(work, way, "hostname") {
            work.put(item, &way.to, json!(true));
        }
        if let Some(item) = field(work, way, "annotations") {
            let value = work.items[item].node.value();
            let same = work.value_at(&format!("{at}.annotations")).is_none();
            if same || on.len() == 1 {
                work.put(item, &format!("{at}.annotations"), value);
            } else {
                work.done(
                    item,
                    Class::Manual,
                    None,
                    Some("an endpoint has one set of annotations for all its routes".into()),
                );
            }
        }
        if let Some(item) = field(work, way, "filters") {
            let value = work.items[item].node.value();
            work.put(item, &format!("{at}.filters"), value);
        }
    }
    for item in items {
        if work.items[*item].outcome.is_none() {
            let is_switch = work.items[*item].node.value().is_boolean();
            let (class, why) = if is_switch {
                (Class::Unneeded, "off")
            } else {
                (Class::Inactive, "this way in was off")
            };
            work.done(*item, class, None, Some(why.into()));
        }
    }
    let by_gateway = on.iter().any(|way| way.switch.is_some());
    by_gateway.then(|| (at, endpoint.listener.clone()))
}

/// What is said of all routes of the Gateway API: the switch, and the Gateway that they attach to.
fn of_all(work: &mut Work<'_>, item: usize, parents: &[(String, String)]) {
    let value = work.items[item].node.value();
    if value.is_boolean() {
        let on = !parents.is_empty() && value == json!(true);
        let class = if on { Class::Mapped } else { Class::Unneeded };
        work.done(
            item,
            class,
            None,
            Some(
                if on {
                    "each endpoint has a route"
                } else {
                    "off"
                }
                .into(),
            ),
        );
        return;
    }
    for (at, listener) in parents {
        work.put(
            item,
            &format!("{at}.parentRefs"),
            json!([{ "name": value, "sectionName": listener }]),
        );
    }
    if parents.is_empty() {
        work.done(
            item,
            Class::Inactive,
            None,
            Some("no HTTPRoute is on".into()),
        );
    }
}
