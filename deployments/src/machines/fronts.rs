//! What the load balancer of a site listens on, and where each of it leads.

use am_generator::chart::camel_case;
use am_generator::model::wiring::Reach;
use serde_json::Value;

use super::balancer::{Balancer, Front, PublicSite};
use super::beside::Beside;
use super::data::Affinity;
use super::layout::Layout;
use super::nodes::{Component, Node, nodes};
use crate::integrators::Cluster;
use crate::sites::Placed;
use crate::vocabulary::Vocabulary;

impl<'a, 'm> Layout<'a, 'm> {
    /// None where the site runs in a cluster. `effective` are the values of its release, with the chart's own; `clusters` are its integrators.
    pub(crate) fn of(
        site: &'a Placed<'m>,
        vocabulary: &'a Vocabulary,
        beside: &'a Beside<'m>,
        effective: &Value,
        clusters: impl Iterator<Item = &'a Cluster<'m>>,
    ) -> Option<Self> {
        let machines = site.site.vm.as_ref()?;
        let own = site.runs.iter().map(|part| Component {
            name: part.name(),
            part: *part,
            chart: site.chart,
            cluster: None,
            offset: machines.offset(part.name()),
            nodes: nodes(machines, part.name()),
        });
        let clusters = clusters.map(|cluster| Component {
            name: &cluster.name,
            part: cluster.part,
            chart: cluster.chart,
            cluster: Some(cluster),
            offset: cluster.offset(),
            nodes: nodes(machines, &cluster.name),
        });
        let mut layout = Self {
            site,
            machines,
            data: &vocabulary.machines,
            vocabulary,
            beside,
            components: own.chain(clusters).collect(),
            balancer: None,
        };
        layout.balancer = balancer(&layout, effective);
        Some(layout)
    }
}

/// The load balancer that the document says.
pub(super) fn balancer<'a, 'm>(
    layout: &Layout<'a, 'm>,
    effective: &Value,
) -> Option<Balancer<'a, 'm>> {
    let said = layout.machines.load_balancer.as_ref()?;
    let hosts = said.hosts.value.iter().filter_map(|name| {
        let host = layout.machines.hosts.get(&name.value)?;
        Some(Node {
            host: &name.value,
            address: &host.address.value,
        })
    });
    let hosts: Vec<Node<'m>> = hosts.collect();
    let sites = public_sites(layout, effective);
    Some(Balancer {
        program: layout.data.load_balancers.get(&said.kind.value)?,
        address: match &said.address {
            Some(address) => &address.value,
            None => hosts.first()?.address,
        },
        fronts: fronts(layout, &sites, effective),
        said,
        hosts,
        sites,
    })
}

fn public_sites<'m>(layout: &Layout<'_, 'm>, effective: &Value) -> Vec<PublicSite<'m>> {
    let exposure = &effective["exposure"];
    let mut sites = Vec::new();
    // In the order of the charts' endpoints.
    let mut of_chart = |components: &[(usize, &Component<'_, 'm>)]| {
        let Some((_, first)) = components.first() else {
            return;
        };
        for (name, endpoint, by) in first.chart.endpoints() {
            let mut all = components.iter();
            let Some((to, component)) = all.find(|(_, it)| it.part.name() == by) else {
                continue;
            };
            let hosts = layout.host_names(component, name, endpoint, effective);
            let own = exposure["endpoints"][camel_case(name)]["publicPort"].as_u64();
            let own = own.filter(|own| *own > 0 && component.cluster.is_none());
            let number = own.or(exposure["publicPort"].as_u64());
            let number = number.and_then(|number| u16::try_from(number).ok());
            if let (Some(number), false) = (number, hosts.is_empty()) {
                sites.push(PublicSite {
                    name: match component.cluster {
                        Some(cluster) => format!("{}_{name}", cluster.name),
                        None => name.to_owned(),
                    },
                    number,
                    to: *to,
                    hosts,
                    port: &endpoint.port.value,
                    affinity: match component.cluster {
                        Some(cluster) => {
                            layout.data.affinity.of_integrator(&cluster.said.kind.value)
                        }
                        None => layout.data.affinity.of_endpoint(name),
                    },
                });
            }
        }
    };
    let all = layout.components.iter().enumerate();
    let (clusters, own): (Vec<_>, Vec<_>) = all.partition(|(_, it)| it.cluster.is_some());
    of_chart(&own);
    for cluster in clusters {
        of_chart(&[cluster]);
    }
    sites
}

/// A port of the balancer for each port by which several nodes are reached together.
fn fronts<'m>(
    layout: &Layout<'_, 'm>,
    sites: &[PublicSite<'m>],
    effective: &Value,
) -> Vec<Front<'m>> {
    let mut taken: Vec<u16> = sites.iter().map(|site| site.number).collect();
    let mut fronts = Vec::new();
    for (to, component) in layout.components.iter().enumerate() {
        if component.nodes.len() < 2 {
            continue;
        }
        for (port, affinity) in balanced(layout, to, effective) {
            let mut number = component.number(port);
            while taken.contains(&number) {
                number = number.saturating_add(layout.data.front_step);
            }
            taken.push(number);
            fronts.push(Front {
                to,
                port,
                number,
                affinity,
                asks_port: component.cluster.is_some() && affinity == Affinity::Failover,
            });
        }
    }
    fronts
}

/// Ports of a component by which its nodes are reached together.
fn balanced<'m>(layout: &Layout<'_, 'm>, to: usize, effective: &Value) -> Vec<(&'m str, Affinity)> {
    let component = &layout.components[to];
    let data = &layout.data.affinity;
    if let Some(cluster) = component.cluster {
        let affinity = data.of_integrator(&cluster.said.kind.value);
        let ports = cluster.ports().into_iter();
        return ports.map(|(port, _)| (port, affinity)).collect();
    }
    let name = component.part.name();
    let called = called(layout, name);
    let served = layout.served_without_name(component, effective);
    let ports = component.part.component.ports.iter();
    let ports = ports.filter_map(|port| {
        let port = port.value.as_str();
        let endpoint = served.iter().find(|(_, served)| *served == port);
        if endpoint.is_none() && !called.contains(&port) {
            return None;
        }
        let roles = layout.site.chart.pattern.roles.iter();
        let roles = roles.filter(|(_, player)| player.value == name);
        let affinity = match endpoint {
            Some((endpoint, _)) => data.of_endpoint(endpoint),
            None => data.of_roles(roles.map(|(role, _)| role.value.as_str())),
        };
        Some((port, affinity))
    });
    ports.collect()
}

/// Ports by which components, of this site or others, and integrators call all nodes of a component together.
fn called<'l>(layout: &'l Layout<'_, '_>, component: &str) -> Vec<&'l str> {
    let edges = layout.components.iter();
    let edges = edges.flat_map(|client| layout.edges_on(client));
    let edges = edges.filter(|edge| edge.peer == component && edge.reach == Reach::Service);
    let ports = edges.flat_map(|edge| edge.form.ports());
    let incoming = layout.beside.incoming.iter();
    let incoming = incoming.filter(|it| it.component == component && it.at_nodes.is_none());
    let catalogue = layout.catalogue();
    let catalogue = catalogue.filter(|(to, _)| layout.components[*to].name == component);
    ports
        .map(|port| port.value.as_str())
        .chain(incoming.map(|it| it.port))
        .chain(catalogue.map(|(_, port)| port))
        .collect()
}
