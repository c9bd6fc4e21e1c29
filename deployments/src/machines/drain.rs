//! How a node behind a load balancer leaves it before it stops.

use am_generator::diagnostic::Diagnostic;
use am_product::data::File;
use serde_json::{Value, json};

use super::data::Paths;
use super::layout::Layout;
use super::nodes::Component;
use crate::template::render;

const DRAIN: File = File::new(
    "deployments/templates/machines/drain.nft.hbs",
    include_str!("../../templates/machines/drain.nft.hbs"),
);

/// The file that closes its ports to new connections: its path on the host, and its text. None where no load balancer leads to it.
pub(super) fn file(
    layout: &Layout<'_, '_>,
    component: &Component<'_, '_>,
    notice: &str,
) -> Result<Option<(String, String)>, Diagnostic> {
    let ports = ports(layout, component);
    if ports.is_empty() {
        return Ok(None);
    }
    let data = json!({
        "notice": notice,
        "name": component.name,
        "table": table(component),
        "ports": ports,
    });
    let path = Paths::of(&layout.data.paths.drain, component.name);
    Ok(Some((path, render(&DRAIN, &data)?)))
}

/// What its unit says of it.
pub(super) fn of_unit(layout: &Layout<'_, '_>, component: &Component<'_, '_>) -> Value {
    if ports(layout, component).is_empty() {
        return Value::Null;
    }
    json!({
        "file": Paths::absolute(&layout.data.paths.drain, component.name),
        "seconds": layout.data.unit.drain_seconds,
        "table": table(component),
    })
}

/// Ports to which the load balancer leads, where it can lead to another node instead.
fn ports(layout: &Layout<'_, '_>, component: &Component<'_, '_>) -> Vec<u16> {
    let balancer = layout.balancer.iter();
    let balancer = balancer.filter(|_| component.nodes.len() > 1);
    let is_it = |to: usize| layout.components[to].name == component.name;
    let ports = balancer.flat_map(|balancer| {
        let fronts = balancer.fronts.iter().map(|it| (it.to, it.port));
        fronts.chain(balancer.sites.iter().map(|it| (it.to, it.port)))
    });
    let mut ports: Vec<u16> = ports
        .filter(|(to, _)| is_it(*to))
        .map(|(_, port)| component.number(port))
        .collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

fn table(component: &Component<'_, '_>) -> String {
    format!("am_drain_{}", component.name.replace('-', "_"))
}
