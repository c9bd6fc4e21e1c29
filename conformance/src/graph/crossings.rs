//! Ways between the sites of a deployment, as its subject declares them: documents of one site cannot tell of another.

use std::collections::{BTreeMap, BTreeSet};

use super::{Elsewhere, Graph, Place};
use crate::component::Component;

/// Ways between this site and the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crossings {
    /// Where other sites reach components of this one. Places have every port that others may use.
    pub exposed: BTreeMap<Component, Elsewhere>,
    /// Where other sites are reached, with every port that is open there.
    pub others: Vec<Beyond>,
    /// Ranges from which servers of other sites call, by site, as far as they are declared.
    pub callers: BTreeMap<String, Vec<String>>,
}

/// A place of another site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beyond {
    /// The site.
    pub site: String,
    /// The component that answers there.
    pub component: Component,
    /// Where.
    pub place: Place,
    /// Whether it is declared as the place of a component that this site does not run.
    pub is_declared: bool,
}

impl Graph<'_> {
    /// Whether another site exposes a port at a host; the reason where it has others, and `None` for a host of no other site.
    pub(super) fn other_site_at(
        &self,
        host: &str,
        port: Option<u16>,
    ) -> Option<Result<(), String>> {
        let others = self.crossings.others.iter();
        let places: Vec<&Place> = others
            .filter(|other| !other.is_declared)
            .map(|other| &other.place)
            .filter(|place| place.host.eq_ignore_ascii_case(host))
            .collect();
        if places.is_empty() {
            return None;
        }
        let ports = places.iter().flat_map(|place| place.ports.values());
        let ports: BTreeSet<u16> = ports.copied().collect();
        let is_open = port.is_none_or(|port| ports.contains(&port));
        Some(if is_open {
            Ok(())
        } else {
            let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
            Err(format!(
                "`{host}` is in another site, which exposes {} there and not this port",
                ports.join(", ")
            ))
        })
    }
}
