//! What the templates of load balancers see.

use serde_json::{Value, json};

use super::balancer::Balancer;
use super::data::Affinity;
use super::layout::{Component, Layout};

/// The balancer of a site: listeners by their ports, each with the endpoints behind it, and ports that lead on as they are.
pub(crate) fn view(layout: &Layout<'_, '_>, balancer: &Balancer<'_, '_>) -> Value {
    let mut numbers: Vec<u16> = balancer.sites.iter().map(|site| site.number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let listeners = numbers.into_iter().map(|number| {
        let sites = balancer.sites.iter().filter(|site| site.number == number);
        let sites = sites.map(|site| {
            let component = &layout.components[site.to];
            let mut view = backend(layout, component, site.port, site.affinity);
            view["name"] = json!(site.name);
            view["hosts"] = json!(site.hosts);
            view["title"] = json!(title(component, site.port));
            view
        });
        json!({"number": number, "sites": sites.collect::<Vec<_>>()})
    });
    let fronts = balancer.fronts.iter().map(|front| {
        let component = &layout.components[front.to];
        let mut view = backend(layout, component, front.port, front.affinity);
        view["name"] = json!(format!("{}_{}", component.name, front.port));
        view["number"] = json!(front.number);
        view["title"] = json!(title(component, front.port));
        if front.asks_port {
            view["check"] = json!({});
        }
        view
    });
    json!({
        "certificate": balancer.said.certificate.value,
        "backendCa": balancer.said.backend_ca.value,
        "listeners": listeners.collect::<Vec<_>>(),
        "fronts": fronts.collect::<Vec<_>>(),
    })
}

fn title(component: &Component<'_, '_>, port: &str) -> String {
    let doc = component
        .chart
        .model
        .ports
        .get(port)
        .map(|it| it.doc.as_str());
    let of = component.cluster.map(|it| format!(" ({})", it.name));
    format!(
        "{}{}, {port}: {}",
        component.part.component.title,
        of.unwrap_or_default(),
        doc.unwrap_or_default()
    )
}

fn backend(
    layout: &Layout<'_, '_>,
    component: &Component<'_, '_>,
    port: &str,
    affinity: Affinity,
) -> Value {
    let nodes = component.nodes.iter().enumerate();
    let nodes = nodes.map(|(index, node)| {
        json!({
            "host": node.host,
            "address": node.address,
            "backup": affinity == Affinity::Failover && index > 0,
        })
    });
    json!({
        "port": component.number(port),
        "isSession": affinity == Affinity::Session,
        "serverName": layout.server_name(component),
        "check": readiness(component),
        "nodes": nodes.collect::<Vec<_>>(),
    })
}

/// How a node is asked whether it is ready.
pub(crate) fn readiness(component: &Component<'_, '_>) -> Value {
    let probe = &component.part.component.probes.readiness;
    let scheme = probe.scheme.as_deref().unwrap_or("tcp").to_lowercase();
    json!({
        "scheme": scheme,
        "tls": scheme.ends_with('s'),
        "port": component.number(&probe.port.value),
        "path": probe.path,
    })
}
