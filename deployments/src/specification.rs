//! What the conformance suite is told of a deployment. It has rules of its own, so nothing is told here but what the document says: where names lead,
//! which hosts are outside, and which site runs what another does not.

use serde_json::{Map, Value, json};

use crate::resolved::{Exposed, Integrator, Release, Resolved, Site};

const API_VERSION: &str = "conformance.am-charts/v1";

/// A specification of all sites; of a single one as a pattern.
pub(crate) fn of(resolved: &Resolved, chart_folder: &str, folder: &str) -> Value {
    let one = |site: &Site| {
        let mut entry = json!({
            "pattern": site.pattern,
            "productVersion": resolved.product_version,
            "external": external(site, resolved),
            "integrators": integrators(site, chart_folder, folder),
            "identityServer": site.identity_server.as_ref().map(|server| json!({
                "at": server.at,
                "replaces": server.replaces,
            })),
        });
        match &site.release {
            Some(release) => {
                entry["namespace"] = json!(release.namespace);
                entry["releases"] = json!([release_of(release, site, chart_folder, folder)]);
            }
            None => entry["tree"] = json!(format!("{folder}/sites/{}", site.name)),
        }
        entry
    };
    if let [only] = resolved.sites.as_slice() {
        let mut spec = one(only);
        spec["apiVersion"] = json!(API_VERSION);
        spec["kind"] = json!("PatternUnderTest");
        return spec;
    }
    let all = resolved.sites.iter().map(|site| {
        let mut entry = one(site);
        entry["name"] = json!(site.name);
        entry["exposed"] = exposed(&site.exposes);
        let mut openings = resolved.ports.iter();
        if let Some(opening) = openings.find(|it| it.from == site.name) {
            entry["cidrs"] = json!(opening.ranges);
        }
        entry["elsewhere"] = elsewhere(site, resolved);
        entry
    });
    json!({"apiVersion": API_VERSION, "kind": "DeploymentUnderTest", "sites": all.collect::<Vec<_>>()})
}

fn release_of(release: &Release, site: &Site, chart_folder: &str, folder: &str) -> Value {
    let path = |file: &String| format!("{folder}/sites/{}/{file}", site.name);
    json!({
        "name": release.name,
        "chart": format!("{chart_folder}/{}", release.chart),
        "values": release.values.iter().map(path).collect::<Vec<_>>(),
    })
}

/// Servers beside API Manager, each with the tenant whose it is.
fn integrators(site: &Site, chart_folder: &str, folder: &str) -> Value {
    let one = |integrator: &Integrator| {
        let mut entry = json!({"pattern": integrator.kind, "tenant": integrator.tenant});
        if let Some(release) = &integrator.release {
            entry["release"] = release_of(release, site, chart_folder, folder);
        } else {
            entry["unit"] = json!(integrator.unit);
            entry["clients"] = json!(integrator.clients);
        }
        entry
    };
    site.integrators.iter().map(one).collect()
}

/// Hosts outside: the database, and where users reach gateways of other sites that the portals of this one show.
fn external(site: &Site, resolved: &Resolved) -> Value {
    let database = site.database.iter().map(|database| &database.host);
    let is_shown = |other: &&Site| {
        let mut edges = resolved.edges.iter();
        edges.any(|edge| {
            !edge.every_node && edge.from.site == site.name && edge.to.site == other.name
        })
    };
    let shown = resolved.sites.iter().filter(is_shown);
    let shown = shown.flat_map(|other| other.hostnames.iter().map(|it| &it.host));
    let mut hosts: Vec<&String> = database.chain(shown).collect();
    hosts.sort();
    hosts.dedup();
    json!(hosts)
}

/// Where others reach the site's components, with every port that they use there.
fn exposed(exposes: &[Exposed]) -> Value {
    let mut all = Map::new();
    for address in exposes {
        let ports = address.ports.iter();
        let ports = ports.map(|port| (port.name.clone(), json!(port.number)));
        let place = json!({"host": address.host, "ports": ports.collect::<Map<_, _>>()});
        let entry = all
            .entry(&address.component)
            .or_insert_with(|| json!({"nodes": []}));
        match (address.node, entry["nodes"].as_array_mut()) {
            (Some(_), Some(nodes)) => nodes.push(place),
            _ => entry["service"] = place,
        }
    }
    all.into()
}

/// The sites that run what this one needs and does not run.
fn elsewhere(site: &Site, resolved: &Resolved) -> Value {
    let is_used = |component: &String| {
        let mut edges = resolved.edges.iter();
        edges.any(|edge| edge.from.site == site.name && edge.to.component == *component)
    };
    let homes = site.elsewhere.iter().filter(|home| is_used(&home.name));
    let homes = homes.map(|home| (home.name.clone(), json!(home.site)));
    Value::Object(homes.collect())
}
