//! Clusters of servers beside API Manager in a tree: each is known by the name of its units, `am-<cluster>.service`.

use std::collections::BTreeMap;

use am_product::{Component, Pattern};
use serde_json::Value;

use super::{inventory::Inventory, tree::Tree, unit::Unit};

/// The folder of units on a host.
pub(super) const UNITS: &str = "/etc/systemd/system/";

/// A cluster of servers beside API Manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Which servers.
    pub pattern: Pattern,
    /// The tenant whose it is, as the inventory says; everybody's unless it does.
    pub tenant: Option<String>,
}

/// The clusters of a tree by their names.
///
/// # Errors
/// When the tree has no inventory that can be read.
pub fn clusters(tree: &Tree) -> Result<BTreeMap<String, Cluster>, String> {
    Ok(of(tree, &Inventory::of(tree)?))
}

/// What a unit is called: its name, as people write it, without `am-` and `.service`.
pub fn name_of_unit(unit: &str) -> &str {
    let stem = unit.strip_suffix(".service").unwrap_or(unit);
    stem.strip_prefix("am-").unwrap_or(stem)
}

/// The clusters of which hosts have a unit, or are to have one by the inventory.
pub(super) fn of(tree: &Tree, inventory: &Inventory) -> BTreeMap<String, Cluster> {
    let mut clusters: BTreeMap<String, Cluster> = BTreeMap::new();
    for host in &inventory.hosts {
        for (file, text) in units(tree, &host.name) {
            let unit = Unit::read(text);
            let command = unit.command();
            let script = command.first().copied().unwrap_or_default();
            if let Some(component) = component_of(file, script) {
                known(&mut clusters, name_of_unit(file), component);
            }
        }
        for listed in &host.components {
            let text = |key: &str| listed.get(key).and_then(Value::as_str);
            let (Some(name), Some(script)) = (text("name"), text("start_script")) else {
                continue;
            };
            let component = component_of(name, script);
            let cluster = component.and_then(|it| known(&mut clusters, name, it));
            if let (Some(cluster), Some(tenant)) = (cluster, text("tenant")) {
                cluster.tenant.get_or_insert_with(|| tenant.to_owned());
            }
        }
    }
    clusters
}

/// The cluster of this name; none of API Manager's components.
fn known<'c>(
    clusters: &'c mut BTreeMap<String, Cluster>,
    name: &str,
    component: Component,
) -> Option<&'c mut Cluster> {
    let distribution = component.distribution();
    distribution.is_companion().then(|| {
        clusters.entry(name.to_owned()).or_insert(Cluster {
            pattern: Pattern::Companion(distribution),
            tenant: None,
        })
    })
}

/// The units of a host, by the names of their files.
pub(super) fn units<'t>(tree: &'t Tree, host: &str) -> impl Iterator<Item = (&'t str, &'t str)> {
    let files = tree.below(host, UNITS);
    files.filter(|(file, _)| file.ends_with(".service") && !file.contains('/'))
}

/// The cluster of a unit that runs a component; none of API Manager's.
pub(super) fn cluster_of(file: &str, component: Component) -> Option<&str> {
    let is_companion = component.distribution().is_companion();
    is_companion.then(|| name_of_unit(file))
}

/// The component that a unit runs: the one that it is called after, else the one whose script it starts.
pub(super) fn component_of(file: &str, script: &str) -> Option<Component> {
    let stem = file.trim_end_matches(".service");
    let script = script.rsplit('/').next().unwrap_or(script);
    let by_name = Component::from_name(stem).or_else(|| {
        let (_, rest) = stem.split_once('-')?;
        Component::from_name(rest)
    });
    by_name.or_else(|| Component::all().find(|component| component.start_script() == script))
}
