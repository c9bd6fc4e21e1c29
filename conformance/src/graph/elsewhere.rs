//! Components that none of the releases runs, and where the subject says that they are.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::Graph;
use crate::component::Component;

/// Where a component is that runs in another release, cluster or machine, as the subject declares it. Documents cannot tell, and
/// a component that is missing is never taken for one that is elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Elsewhere {
    /// The one name behind which all its nodes are.
    #[serde(default)]
    pub service: Option<Place>,
    /// Each node by an address of its own, where others connect to each.
    #[serde(default)]
    pub nodes: Vec<Place>,
}

/// A host, and the ports that differ from the component's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Place {
    /// Host.
    pub host: String,
    /// Number by the name of the port.
    #[serde(default)]
    pub ports: BTreeMap<String, u16>,
}

/// What an address reaches of a component that runs elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct There {
    /// The component.
    pub component: Component,
    /// Whether it is the one name behind which all nodes are.
    pub is_service: bool,
    /// Its nodes whose own address it is, by their place in the declaration.
    pub nodes: BTreeSet<usize>,
    /// The component's own port to which it leads, before any offset.
    pub port: u16,
}

impl Elsewhere {
    /// How many nodes are known; a component that others reach by one name only counts as one.
    pub(crate) fn node_count(&self) -> usize {
        self.nodes.len().max(1)
    }

    /// All its places; those of single nodes with the number of the node.
    pub(crate) fn places(&self) -> impl Iterator<Item = (&Place, Option<usize>)> {
        let nodes = self.nodes.iter().enumerate();
        let nodes = nodes.map(|(index, place)| (place, Some(index)));
        nodes.chain(self.service.as_ref().map(|place| (place, None)))
    }

    /// The first rule that the declaration breaks, as a sentence.
    pub fn mistake(&self, component: Component) -> Option<String> {
        if self.service.is_none() && self.nodes.is_empty() {
            return Some(format!("elsewhere.{component}: needs `service` or `nodes`"));
        }
        for (place, _) in self.places() {
            let known: Vec<&str> = component.ports().map(|port| port.name.as_str()).collect();
            if let Some(unknown) = place
                .ports
                .keys()
                .find(|name| !known.contains(&name.as_str()))
            {
                return Some(format!(
                    "elsewhere.{component}: `{}` has the port `{unknown}`, which the {} does not have; it has {}",
                    place.host,
                    component.title(),
                    known.join(", ")
                ));
            }
        }
        None
    }
}

impl Place {
    /// The number under which one of the component's ports is reached here.
    pub fn port(&self, name: &str, own: u16) -> u16 {
        self.ports.get(name).copied().unwrap_or(own)
    }
}

impl Graph<'_> {
    /// Where a component is that none of the releases runs.
    pub fn elsewhere(&self, component: Component) -> Option<&Elsewhere> {
        let declared = self.declared.get(&component)?;
        self.members_of(component)
            .next()
            .is_none()
            .then_some(declared)
    }

    /// Whether a host is one at which a component is declared.
    pub(super) fn is_declared(&self, host: &str) -> bool {
        self.declared
            .values()
            .flat_map(Elsewhere::places)
            .any(|(place, _)| place.host.eq_ignore_ascii_case(host))
    }

    /// Whom an address at a declared host reaches, or why nobody; `None` for any other host.
    pub(super) fn declared_at(&self, host: &str, port: u16) -> Option<Result<There, String>> {
        let mut offered = BTreeSet::new();
        for (component, declared) in &self.declared {
            for fact in component.ports() {
                let mut there = There {
                    component: *component,
                    is_service: false,
                    nodes: BTreeSet::new(),
                    port: fact.number,
                };
                let places = declared.places();
                for (place, node) in
                    places.filter(|(place, _)| place.host.eq_ignore_ascii_case(host))
                {
                    let number = place.port(&fact.name, fact.number);
                    if number == port {
                        there.is_service |= node.is_none();
                        there.nodes.extend(node);
                    }
                    offered.insert(format!("{} {number}", fact.name));
                }
                if there.is_service || !there.nodes.is_empty() {
                    return Some(Ok(there));
                }
            }
        }
        let offered: Vec<String> = offered.into_iter().collect();
        (!offered.is_empty()).then(|| {
            Err(format!(
                "`{host}` is declared, but not with port {port}: it has {}",
                offered.join(", ")
            ))
        })
    }
}
