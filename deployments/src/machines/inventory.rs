//! The inventory by which Ansible installs a site.

use am_generator::yaml_text;
use serde_json::{Map, Value, json};

use super::layout::Layout;
use super::said::Said;
use super::tree::{Hosts, inventory_entry};

/// The inventory as YAML, below its notice.
pub(crate) fn text(
    layout: &Layout<'_, '_>,
    said: &Said<'_>,
    hosts: &Hosts,
    notice: &str,
) -> String {
    let version = &layout.site.chart.version.version.value;
    let mut tree = json!({
        "vars": {
            "am_product_version": version,
            "am_user": said.user,
            "am_packs": said.packs,
            "am_java_home": said.java_home,
            "am_tree": "{{ inventory_dir }}/..",
        },
        "hosts": all_hosts(layout, hosts),
        "children": groups(layout),
    });
    if let Some(balancer) = &layout.balancer {
        // Other hosts and the suite know the load balancers by it.
        tree["vars"]["am_load_balancer_address"] = json!(balancer.address);
    }
    let mut lines = vec![format!("# {notice}")];
    lines.extend(yaml_text::entry("all", &tree));
    lines.join("\n") + "\n"
}

/// The group of a component.
pub(crate) fn group(component: &str) -> String {
    component.replace('-', "_")
}

fn all_hosts(layout: &Layout<'_, '_>, made: &Hosts) -> Map<String, Value> {
    let hosts = layout.machines.hosts.iter();
    let hosts = hosts.map(|(name, host)| {
        let here = layout.components.iter();
        let here = here.filter(|it| it.nodes.iter().any(|node| node.host == name.value));
        let none = std::collections::BTreeMap::new();
        let components = here.map(|component| {
            let given = made.given.get(component.name);
            inventory_entry(layout, component, given.unwrap_or(&none))
        });
        let mut entry = json!({
            "ansible_host": host.address.value,
            "am_components": components.collect::<Vec<_>>(),
        });
        if let Some(balancer) = &layout.balancer
            && balancer.hosts.iter().any(|it| it.host == name.value)
        {
            entry["am_load_balancer"] = json!({
                "kind": balancer.said.kind.value,
                "path": balancer.program.path,
            });
        }
        (name.value.clone(), entry)
    });
    hosts.collect()
}

fn groups(layout: &Layout<'_, '_>) -> Map<String, Value> {
    let mut groups = Map::new();
    let balancers = layout.balancer.iter().flat_map(|it| &it.hosts);
    let balancers: Vec<&str> = balancers.map(|node| node.host).collect();
    if !balancers.is_empty() {
        groups.insert(layout.data.balancer_group.clone(), names(&balancers));
    }
    for component in &layout.components {
        let nodes: Vec<&str> = component.nodes.iter().map(|node| node.host).collect();
        groups.insert(group(component.name), names(&nodes));
    }
    // Plays go through groups in the order in which this one has them.
    let order = order(layout).into_iter().map(|group| (group, json!({})));
    let nodes = json!({"children": order.collect::<Map<_, _>>()});
    groups.insert(layout.data.nodes_group.clone(), nodes);
    groups
}

fn names(hosts: &[&str]) -> Value {
    let hosts = hosts.iter().map(|host| ((*host).to_owned(), json!({})));
    json!({"hosts": hosts.collect::<Map<_, _>>()})
}

/// Groups of nodes in the order in which they are installed.
fn order(layout: &Layout<'_, '_>) -> Vec<String> {
    let mut order = Vec::new();
    let players = layout.data.order.iter();
    for player in players.filter_map(|role| layout.site.chart.role(role)) {
        let group = group(player);
        if layout.position(player).is_some() && !order.contains(&group) {
            order.push(group);
        }
    }
    // They register services with API Manager when they start.
    let clusters = layout.components.iter().filter(|it| it.cluster.is_some());
    order.extend(clusters.map(|it| group(it.name)));
    order
}
