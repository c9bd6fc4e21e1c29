//! The deployment with everything that follows from it: what `deployment.resolved.yaml` says, and what the other files are made of.

mod databases;
mod integrators;
mod machines;
mod release;

use am_generator::chart::Part;
use serde::Serialize;
use serde_json::Value;

use crate::integrators::Clusters;
use crate::links::{Link, addresses, needed};
use crate::machines::Beside;
use crate::machines::layout::Layout;
use crate::overlay::STORES;
use crate::ports::Ports;
use crate::site_values::SiteValues;
use crate::sites::{Placed, topology};
use crate::vocabulary::Topology;

pub(crate) use databases::{Database, DatabaseStep};
use databases::{database, scripts};
pub(crate) use integrators::Integrator;
use integrators::integrator;
use machines::{Host, LoadBalancer, Machine, hosts, load_balancer, machine};
use release::secrets;
pub(crate) use release::{HostName, Release, Secret};

/// A deployment with everything that follows from it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Resolved {
    pub(crate) name: String,
    pub(crate) product_version: String,
    pub(crate) chart_version: String,
    pub(crate) topology: String,
    /// In the order in which they are installed.
    pub(crate) sites: Vec<Site>,
    /// Keys of one site's configuration that lead to another site.
    pub(crate) edges: Vec<Edge>,
    /// What must be open between sites.
    pub(crate) ports: Vec<Opening>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Site {
    pub(crate) name: String,
    pub(crate) main: bool,
    pub(crate) pattern: u32,
    pub(crate) part: String,
    /// None where it runs on machines.
    pub(crate) release: Option<Release>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) hosts: Vec<Host>,
    pub(crate) load_balancer: Option<LoadBalancer>,
    pub(crate) components: Vec<Component>,
    /// Components of the pattern that other sites run.
    pub(crate) elsewhere: Vec<Elsewhere>,
    pub(crate) hostnames: Vec<HostName>,
    pub(crate) exposes: Vec<Exposed>,
    pub(crate) secrets: Vec<Secret>,
    /// Where the chart takes credentials from instead of a Secret of yours.
    pub(crate) credential_store: Option<String>,
    pub(crate) database: Option<Database>,
    /// Scripts of the databases where people run them.
    #[serde(skip)]
    pub(crate) scripts: Vec<DatabaseStep>,
    pub(crate) identity_server: Option<IdentityServer>,
    pub(crate) integrators: Vec<Integrator>,
}

/// An identity server whose tokens the site accepts.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IdentityServer {
    pub(crate) name: String,
    /// As host:port.
    pub(crate) at: String,
    /// Components whose place it takes.
    pub(crate) replaces: Vec<String>,
    /// The `ConfigMap` with its registration and with its own configuration; none where another site registers it.
    pub(crate) config_map: Option<String>,
    /// On machines, the folder with the same.
    pub(crate) folder: Option<String>,
    /// A Job of the release registers it.
    pub(crate) by_job: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Component {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) nodes: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Elsewhere {
    pub(crate) name: String,
    /// The site that runs it.
    pub(crate) site: String,
}

/// An address that other sites use.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Exposed {
    pub(crate) host: String,
    pub(crate) component: String,
    pub(crate) node: Option<usize>,
    /// The Service that it leads to, in a cluster.
    pub(crate) service: Option<String>,
    /// The type of that Service, unless it is the usual one.
    pub(crate) service_type: Option<String>,
    /// The machine that it leads to, where the site is on machines.
    pub(crate) machine: Option<Machine>,
    pub(crate) ports: Vec<Port>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Port {
    pub(crate) name: String,
    pub(crate) number: u16,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct End {
    pub(crate) site: String,
    pub(crate) component: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Edge {
    pub(crate) from: End,
    pub(crate) to: End,
    pub(crate) key: String,
    pub(crate) every_node: bool,
    /// Each as host:port.
    pub(crate) addresses: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Opening {
    pub(crate) from: String,
    /// Where its connections come from.
    pub(crate) ranges: Vec<String>,
    pub(crate) to: String,
    pub(crate) protocol: &'static str,
    pub(crate) port: u16,
    pub(crate) hosts: Vec<String>,
    pub(crate) component: String,
    pub(crate) name: String,
    pub(crate) encrypted: bool,
}

/// Says everything that follows.
pub(crate) fn resolve(
    sites: &[Placed<'_>],
    links: &[Link<'_>],
    ports: &Ports<'_>,
    shape: &Topology,
    values: &[SiteValues],
    clusters: &[Clusters<'_>],
    beside: &[Beside<'_>],
) -> Resolved {
    let Ports {
        document,
        vocabulary,
        ..
    } = *ports;
    let version = &document.product_version.value;
    let model = sites.first().map(|site| site.chart.model);
    let edges = links.iter().map(|link| Edge {
        from: end(&sites[link.from], link.client.name()),
        to: end(&sites[link.to], link.server.name()),
        key: link.key.to_owned(),
        every_node: link.to_every_node,
        addresses: addresses(link, sites)
            .iter()
            .flat_map(|address| {
                link.ports.iter().map(move |port| {
                    let number = ports.at(&sites[link.to], &link.server, address, port);
                    (address, number)
                })
            })
            .map(|(address, number)| format!("{}:{number}", address.host.value))
            .collect(),
    });
    Resolved {
        name: document.name.value.clone(),
        product_version: version.clone(),
        chart_version: model
            .and_then(|it| it.chart_version(version))
            .unwrap_or_default(),
        topology: topology(document, vocabulary)
            .map(|(name, _)| name.to_owned())
            .unwrap_or_default(),
        sites: values
            .iter()
            .zip(clusters)
            .enumerate()
            .map(|(at, (values, clusters))| {
                let effective = &values.effective;
                let own = clusters.iter().map(|(cluster, _)| cluster);
                let layout = Layout::of(&sites[at], vocabulary, &beside[at], effective, own);
                let one = |it| integrator(document, &sites[at], layout.as_ref(), vocabulary, it);
                let mut site = site(sites, at, links, ports, shape, effective);
                if let Some(layout) = &layout {
                    for exposed in &mut site.exposes {
                        exposed.machine = machine(layout, &exposed.component, exposed.node);
                    }
                    site.load_balancer = load_balancer(layout);
                }
                site.integrators = clusters.iter().map(one).collect();
                site
            })
            .collect(),
        edges: edges.collect(),
        ports: openings(sites, links, ports),
    }
}

fn site(
    sites: &[Placed<'_>],
    at: usize,
    links: &[Link<'_>],
    ports: &Ports<'_>,
    shape: &Topology,
    effective: &Value,
) -> Site {
    let Ports {
        document,
        vocabulary,
        ..
    } = *ports;
    let placed = &sites[at];
    let release = &document.name.value;
    let component = |part| Component {
        name: Part::name(part).to_owned(),
        title: part.component.title.clone(),
        nodes: placed.nodes(part),
    };
    let store = STORES
        .into_iter()
        .find(|store| effective["credentials"][store]["enabled"] == true);
    let endpoints = placed.chart.endpoints();
    let hostnames = placed.site.hostnames.iter().filter_map(|(key, host)| {
        let (_, endpoint, _) = endpoints
            .iter()
            .find(|(_, it, _)| it.hostname.value == key.value)?;
        Some(HostName {
            host: host.value.clone(),
            serves: endpoint.title.clone(),
        })
    });
    Site {
        name: placed.name().to_owned(),
        main: placed.is_main,
        pattern: placed.chart.pattern.number,
        part: placed.part.to_owned(),
        release: placed.site.kubernetes.as_ref().map(|kubernetes| Release {
            name: release.clone(),
            chart: placed.chart.name().to_owned(),
            context: kubernetes.context.as_ref().map(|it| it.value.clone()),
            namespace: kubernetes.namespace.value.clone(),
            values: kubernetes
                .platform
                .iter()
                .map(|platform| format!("{}.values.yaml", platform.value))
                .chain([format!("{release}.values.yaml")])
                .collect(),
        }),
        hosts: hosts(placed),
        load_balancer: None,
        components: placed.runs.iter().map(component).collect(),
        elsewhere: elsewhere(placed, sites),
        hostnames: hostnames.collect(),
        exposes: exposed(release, placed, at, links, ports),
        secrets: secrets(document, placed, vocabulary),
        credential_store: store.map(|it| format!("credentials.{it}")),
        database: database(placed, vocabulary, shape, effective),
        scripts: Some(placed)
            .filter(|placed| placed.uses_databases())
            .and_then(|placed| scripts(placed, vocabulary, shape, effective))
            .unwrap_or_default(),
        identity_server: identity_server(release, placed, effective),
        integrators: Vec::new(),
    }
}

fn identity_server(
    release: &str,
    placed: &Placed<'_>,
    effective: &Value,
) -> Option<IdentityServer> {
    let server = placed.identity_server?;
    let of = &effective["identityServer"];
    let replaces = placed.replaced.iter();
    Some(IdentityServer {
        name: of["name"].as_str().unwrap_or_default().to_owned(),
        at: format!("{}:{}", server.host.value, of["port"]),
        replaces: replaces.map(|part| part.name().to_owned()).collect(),
        config_map: placed
            .player("management")
            .filter(|_| placed.site.vm.is_none())
            .map(|_| format!("{release}-identity-server")),
        folder: placed
            .player("management")
            .filter(|_| placed.site.vm.is_some())
            .map(|_| format!("sites/{}/identity-server", placed.name())),
        by_job: of["registration"]["job"]["enabled"] == true,
    })
}

fn exposed(
    release: &str,
    placed: &Placed<'_>,
    at: usize,
    links: &[Link<'_>],
    of_sites: &Ports<'_>,
) -> Vec<Exposed> {
    let mut all = Vec::new();
    for part in &placed.runs {
        let Some(exposure) = placed.site.exposes.get(&part.key()) else {
            continue;
        };
        let wanted = needed(links, at, part.name());
        all.extend(exposure.addresses().map(|(node, address)| {
            Exposed {
                host: address.host.value.clone(),
                component: part.name().to_owned(),
                node,
                service: placed.site.kubernetes.as_ref().map(|_| {
                    let exposed = &of_sites.vocabulary.exposed;
                    exposed.name(release, part.name(), node)
                }),
                service_type: exposure.kind.as_ref().map(|it| it.value.clone()),
                machine: None,
                ports: wanted
                    .at(node)
                    .iter()
                    .map(|port| Port {
                        name: (*port).to_owned(),
                        number: of_sites.at(placed, part, address, port),
                    })
                    .collect(),
            }
        }));
    }
    all
}

/// Components that the site leaves to others.
fn elsewhere(placed: &Placed<'_>, sites: &[Placed<'_>]) -> Vec<Elsewhere> {
    let home = |name: &str| sites.iter().find(|site| site.runs(name));
    let rest = placed.rest.iter();
    rest.filter_map(|part| {
        Some(Elsewhere {
            name: part.name().to_owned(),
            site: home(part.name())?.name().to_owned(),
        })
    })
    .collect()
}

/// One row for each port of each component that a site connects to.
fn openings(sites: &[Placed<'_>], links: &[Link<'_>], ports: &Ports<'_>) -> Vec<Opening> {
    let mut openings: Vec<Opening> = Vec::new();
    for link in links {
        let (from, to) = (&sites[link.from], &sites[link.to]);
        for (address, port) in addresses(link, sites)
            .into_iter()
            .flat_map(|it| link.ports.iter().map(move |port| (it, port)))
        {
            let number = ports.at(to, &link.server, address, port);
            let host = &address.host.value;
            let known = openings.iter_mut().find(|it| {
                (it.from == from.name() && it.to == to.name())
                    && (it.port == number && it.component == link.server.name() && it.name == *port)
            });
            match known {
                Some(row) if row.hosts.contains(host) => {}
                Some(row) => row.hosts.push(host.clone()),
                None => openings.push(Opening {
                    from: from.name().to_owned(),
                    ranges: from.site.cidrs.iter().map(|it| it.value.clone()).collect(),
                    to: to.name().to_owned(),
                    protocol: "tcp",
                    port: number,
                    hosts: vec![host.clone()],
                    component: link.server.name().to_owned(),
                    name: (*port).to_owned(),
                    encrypted: ports.is_encrypted(port),
                }),
            }
        }
    }
    openings
}

fn end(site: &Placed<'_>, component: &str) -> End {
    End {
        site: site.name().to_owned(),
        component: component.to_owned(),
    }
}
