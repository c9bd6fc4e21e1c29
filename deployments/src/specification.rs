//! What the conformance suite is told of a deployment. It has rules of its own, so nothing is told here but what the document says: where names lead,
//! which hosts are outside, and which site runs what another does not.

use serde_json::{Map, Value, json};

use crate::document::Address;
use crate::links::{Link, needed};
use crate::overlay;
use crate::ports::Ports;
use crate::sites::Placed;

const API_VERSION: &str = "conformance.am-charts/v1";

/// A specification of all sites; of a single one as a pattern.
pub(crate) fn of(
    sites: &[Placed<'_>],
    links: &[Link<'_>],
    ports: &Ports<'_>,
    chart_folder: &str,
    folder: &str,
) -> Value {
    let one = |(at, site)| {
        let mut entry = release(site, ports, chart_folder, folder);
        entry["external"] = external(at, sites, links);
        entry
    };
    if let [only] = sites {
        let mut spec = one((0, only));
        spec["apiVersion"] = json!(API_VERSION);
        spec["kind"] = json!("PatternUnderTest");
        return spec;
    }
    let all = sites.iter().enumerate().map(|(at, site)| {
        let mut entry = one((at, site));
        entry["name"] = json!(site.name());
        entry["exposed"] = exposed(at, site, links, ports);
        let homes = site.rest.iter().filter_map(|part| {
            let is_used = links
                .iter()
                .any(|link| link.from == at && link.server.name() == part.name());
            let home = sites.iter().find(|other| other.runs(part.name()))?;
            is_used.then(|| (part.name().to_owned(), json!(home.name())))
        });
        entry["elsewhere"] = Value::Object(homes.collect());
        entry
    });
    json!({"apiVersion": API_VERSION, "kind": "DeploymentUnderTest", "sites": all.collect::<Vec<_>>()})
}

fn release(site: &Placed<'_>, ports: &Ports<'_>, chart_folder: &str, folder: &str) -> Value {
    let name = &ports.document.name.value;
    let path = |file: String| format!("{folder}/sites/{}/{file}", site.name());
    let platform = overlay::text(site, ports.charts).and(site.site.kubernetes.platform.as_ref());
    let values = platform.map(|it| path(format!("{}.values.yaml", it.value)));
    let values = values
        .into_iter()
        .chain([path(format!("{name}.values.yaml"))]);
    json!({
        "pattern": site.chart.pattern.number,
        "productVersion": ports.document.product_version.value,
        "namespace": site.site.kubernetes.namespace.value,
        "releases": [{
            "name": name,
            "chart": format!("{chart_folder}/{}", site.chart.name()),
            "values": values.collect::<Vec<_>>(),
        }],
    })
}

/// Hosts outside: the database, and where users reach gateways of other sites that the portals of this one show.
fn external(at: usize, sites: &[Placed<'_>], links: &[Link<'_>]) -> Value {
    let database = sites[at]
        .site
        .database
        .iter()
        .map(|database| database.host.value.clone());
    let shown = links
        .iter()
        .filter(|link| link.from == at && !link.to_every_node);
    let shown = shown.flat_map(|link| sites[link.to].site.hostnames.iter());
    let mut hosts: Vec<String> = database
        .chain(shown.map(|(_, host)| host.value.clone()))
        .collect();
    hosts.sort();
    hosts.dedup();
    json!(hosts)
}

/// Where others reach the site's components, with every port that they use there.
fn exposed(at: usize, site: &Placed<'_>, links: &[Link<'_>], ports: &Ports<'_>) -> Value {
    let mut all = Map::new();
    for part in &site.runs {
        let Some(exposure) = site.site.exposes.get(&part.key()) else {
            continue;
        };
        let wanted = needed(links, at, part.name());
        let place = |address: &Address, names: &[&str]| {
            let numbers = names.iter().map(|name| {
                (
                    (*name).to_owned(),
                    json!(ports.at(site, part, address, name)),
                )
            });
            json!({"host": address.host.value, "ports": numbers.collect::<Map<_, _>>()})
        };
        let mut entry = Map::new();
        if let Some(service) = &exposure.service {
            entry.insert("service".into(), place(service, &wanted.service));
        }
        if !exposure.nodes.is_empty() {
            let nodes = exposure.nodes.iter().map(|node| place(node, &wanted.nodes));
            entry.insert("nodes".into(), nodes.collect());
        }
        all.insert(part.name().to_owned(), entry.into());
    }
    all.into()
}
