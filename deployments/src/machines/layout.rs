//! Which node is where, and at which address and port the others and users find a component.

use am_generator::chart::{Part, camel_case};
use am_generator::model::product::Endpoint;
use am_generator::model::wiring::Reach;
use serde_json::Value;

use super::beside::Beside;
use super::data::{Affinity, MachineData, Program};
use crate::document::machines::{LoadBalancer, Machines};
use crate::sites::Placed;

/// Everything that is on the hosts of a site.
#[derive(Debug)]
pub(crate) struct Layout<'a, 'm> {
    pub(crate) site: &'a Placed<'m>,
    pub(crate) machines: &'m Machines,
    pub(crate) data: &'a MachineData,
    pub(crate) beside: &'a Beside<'m>,
    /// In the order of the pattern.
    pub(crate) components: Vec<Component<'m>>,
    pub(crate) balancer: Option<Balancer<'a, 'm>>,
}

/// A component with its nodes.
#[derive(Debug)]
pub(crate) struct Component<'m> {
    pub(crate) part: Part<'m>,
    pub(crate) offset: u16,
    /// In the order of the document.
    pub(crate) nodes: Vec<Node<'m>>,
}

/// A component on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node<'m> {
    pub(crate) host: &'m str,
    pub(crate) address: &'m str,
}

/// The load balancer of a site.
#[derive(Debug)]
pub(crate) struct Balancer<'a, 'm> {
    pub(crate) said: &'m LoadBalancer,
    pub(crate) program: &'a Program,
    pub(crate) hosts: Vec<Node<'m>>,
    pub(crate) address: &'m str,
    /// Ports that lead to a component as they are, TLS included.
    pub(crate) fronts: Vec<Front<'m>>,
    /// Endpoints that users reach by host names; TLS ends here, and begins anew.
    pub(crate) sites: Vec<PublicSite<'m>>,
}

/// A port of the balancer that leads to one of a component.
#[derive(Debug)]
pub(crate) struct Front<'m> {
    /// Number of the component.
    pub(crate) to: usize,
    pub(crate) port: &'m str,
    /// The port here.
    pub(crate) number: u16,
    pub(crate) affinity: Affinity,
}

/// Host names of the balancer that lead to a component.
#[derive(Debug)]
pub(crate) struct PublicSite<'m> {
    pub(crate) endpoint: &'m str,
    pub(crate) hosts: Vec<String>,
    /// The port here.
    pub(crate) number: u16,
    /// Number of the component.
    pub(crate) to: usize,
    pub(crate) port: &'m str,
    pub(crate) affinity: Affinity,
}

impl<'a, 'm> Layout<'a, 'm> {
    /// `effective` are the values of the site's release, with the chart's own.
    pub(crate) fn new(
        site: &'a Placed<'m>,
        machines: &'m Machines,
        data: &'a MachineData,
        beside: &'a Beside<'m>,
        effective: &Value,
    ) -> Self {
        let components = site.runs.iter().map(|part| Component {
            part: *part,
            offset: machines.offset(part.name()),
            nodes: machines
                .nodes(part.name())
                .map(|(name, host, _)| Node {
                    host: &name.value,
                    address: &host.address.value,
                })
                .collect(),
        });
        let mut layout = Self {
            site,
            machines,
            data,
            beside,
            components: components.collect(),
            balancer: None,
        };
        layout.balancer = layout.balancer(effective);
        layout
    }

    /// The number of a component among those that the site runs.
    pub(crate) fn position(&self, component: &str) -> Option<usize> {
        let mut components = self.components.iter();
        components.position(|it| it.part.name() == component)
    }

    /// The number of a port at the nodes of a component.
    pub(crate) fn number(&self, component: &Component<'_>, port: &str) -> u16 {
        let port = self.site.chart.model.ports.get(port);
        let number = port.map_or(0, |port| port.number.value);
        number.saturating_add(component.offset)
    }

    /// The address of all nodes of a component together.
    pub(crate) fn address(&self, component: &Component<'m>) -> &'m str {
        match (&self.balancer, component.nodes.as_slice()) {
            (Some(balancer), [_, _, ..]) => balancer.address,
            (_, nodes) => nodes.first().map_or("", |node| node.address),
        }
    }

    /// The public host names of an endpoint.
    pub(crate) fn host_names(
        &self,
        name: &str,
        endpoint: &Endpoint,
        effective: &Value,
    ) -> Vec<String> {
        let first = self.site.site.hostnames.get(&endpoint.hostname.value);
        let more = &effective["exposure"]["endpoints"][camel_case(name)]["hostnames"];
        let more = more.as_array().into_iter().flatten();
        let more = more.filter_map(Value::as_str).map(ToOwned::to_owned);
        first
            .map(|it| it.value.clone())
            .into_iter()
            .chain(more)
            .collect()
    }

    /// The name in the certificate of a component's nodes: their server's own.
    pub(crate) fn server_name(&self, component: &Component<'m>) -> &str {
        let endpoints = self.site.chart.endpoints();
        let own = &component.part.component.server_endpoint.value;
        let own = endpoints.iter().find(|(name, ..)| name == own);
        let own = own.and_then(|(_, it, _)| self.site.site.hostnames.get(&it.hostname.value));
        own.map_or_else(|| self.address(component), |host| host.value.as_str())
    }

    fn balancer(&self, effective: &Value) -> Option<Balancer<'a, 'm>> {
        let said = self.machines.load_balancer.as_ref()?;
        let hosts = said.hosts.value.iter().filter_map(|name| {
            let host = self.machines.hosts.get(&name.value)?;
            Some(Node {
                host: &name.value,
                address: &host.address.value,
            })
        });
        let hosts: Vec<Node<'m>> = hosts.collect();
        let sites = self.public_sites(effective);
        Some(Balancer {
            program: self.data.load_balancers.get(&said.kind.value)?,
            address: match &said.address {
                Some(address) => &address.value,
                None => hosts.first()?.address,
            },
            fronts: self.fronts(&sites, effective),
            said,
            hosts,
            sites,
        })
    }

    fn public_sites(&self, effective: &Value) -> Vec<PublicSite<'m>> {
        let endpoints = self.site.chart.endpoints().into_iter();
        let sites = endpoints.filter_map(|(name, endpoint, by)| {
            let hosts = self.host_names(name, endpoint, effective);
            let exposure = &effective["exposure"];
            let own = exposure["endpoints"][camel_case(name)]["publicPort"].as_u64();
            let number = own
                .filter(|own| *own > 0)
                .or(exposure["publicPort"].as_u64());
            Some(PublicSite {
                endpoint: name,
                number: u16::try_from(number?).ok()?,
                to: self.position(by).filter(|_| !hosts.is_empty())?,
                hosts,
                port: &endpoint.port.value,
                affinity: self.data.affinity.of_endpoint(name),
            })
        });
        sites.collect()
    }

    /// A port of the balancer for each port by which several nodes are reached together.
    fn fronts(&self, sites: &[PublicSite<'m>], effective: &Value) -> Vec<Front<'m>> {
        let mut taken: Vec<u16> = sites.iter().map(|site| site.number).collect();
        let mut fronts = Vec::new();
        for (to, component) in self.components.iter().enumerate() {
            if component.nodes.len() < 2 {
                continue;
            }
            let name = component.part.name();
            let called = self.called(name);
            let served = self.served_without_name(name, effective);
            for port in &component.part.component.ports {
                let port = port.value.as_str();
                let endpoint = served.iter().find(|(_, served)| *served == port);
                if endpoint.is_none() && !called.contains(&port) {
                    continue;
                }
                let mut number = self.number(component, port);
                while taken.contains(&number) {
                    number = number.saturating_add(self.data.front_step);
                }
                taken.push(number);
                let roles = self.site.chart.pattern.roles.iter();
                let roles = roles.filter(|(_, player)| player.value == name);
                fronts.push(Front {
                    to,
                    port,
                    number,
                    affinity: match endpoint {
                        Some((endpoint, _)) => self.data.affinity.of_endpoint(endpoint),
                        None => self
                            .data
                            .affinity
                            .of_roles(roles.map(|(role, _)| role.value.as_str())),
                    },
                });
            }
        }
        fronts
    }

    /// Ports by which components, of this site or others, call all nodes of a component together.
    fn called(&self, component: &str) -> Vec<&'m str> {
        let edges = self.components.iter();
        let edges = edges.flat_map(|client| self.site.edges_on(client.part.name()));
        edges
            .filter(|edge| edge.peer == component && edge.reach == Reach::Service)
            .flat_map(|edge| edge.form.ports())
            .map(|port| port.value.as_str())
            .chain(self.called_from_other_sites(component))
            .collect()
    }

    fn called_from_other_sites(&self, component: &str) -> impl Iterator<Item = &'m str> {
        let incoming = self.beside.incoming.iter();
        let incoming =
            incoming.filter(move |it| it.component == component && it.at_nodes.is_none());
        incoming.map(|it| it.port)
    }

    /// Endpoints of a component that have no host name, each with its ports.
    pub(crate) fn served_without_name(
        &self,
        component: &str,
        effective: &Value,
    ) -> Vec<(&'m str, &'m str)> {
        let endpoints = self.site.chart.endpoints().into_iter();
        endpoints
            .filter(|(name, endpoint, by)| {
                *by == component && self.host_names(name, endpoint, effective).is_empty()
            })
            .flat_map(|(name, endpoint, _)| {
                let ports = std::iter::once(&endpoint.port).chain(&endpoint.plain_port);
                ports.map(move |port| (name, port.value.as_str()))
            })
            .collect()
    }
}

impl<'m> Balancer<'_, 'm> {
    /// The front for a port of a component.
    pub(crate) fn front(&self, to: usize, port: &str) -> Option<&Front<'m>> {
        let mut fronts = self.fronts.iter();
        fronts.find(|front| front.to == to && front.port == port)
    }
}
