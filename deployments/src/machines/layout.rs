//! Which node is where, and at which address and port the others and users find a component.

use am_generator::chart::{ResolvedEdge, camel_case};
use am_generator::model::product::Endpoint;
use serde_json::Value;

use super::balancer::Balancer;
use super::beside::Beside;
use super::data::MachineData;
pub(crate) use super::nodes::{Component, Node};
use crate::document::machines::Machines;
use crate::integrators::Cluster;
use crate::sites::Placed;
use crate::vocabulary::Vocabulary;

/// Everything that is on the hosts of a site.
#[derive(Debug)]
pub(crate) struct Layout<'a, 'm> {
    pub(crate) site: &'a Placed<'m>,
    pub(crate) machines: &'m Machines,
    pub(crate) data: &'a MachineData,
    pub(crate) vocabulary: &'a Vocabulary,
    pub(crate) beside: &'a Beside<'m>,
    /// API Manager's in the order of the pattern, then the clusters of integrators in that of the document.
    pub(crate) components: Vec<Component<'a, 'm>>,
    pub(crate) balancer: Option<Balancer<'a, 'm>>,
}

impl<'a, 'm> Layout<'a, 'm> {
    /// The number of a component among those that the site runs.
    pub(crate) fn position(&self, component: &str) -> Option<usize> {
        let mut components = self.components.iter();
        components.position(|it| it.name == component)
    }

    /// The address of all nodes of a component together.
    pub(crate) fn address(&self, component: &Component<'_, 'm>) -> &'m str {
        match (&self.balancer, component.nodes.as_slice()) {
            (Some(balancer), [_, _, ..]) => balancer.address,
            (_, nodes) => nodes.first().map_or("", |node| node.address),
        }
    }

    /// The port at which all nodes of a component are reached together.
    pub(crate) fn number_at_address(&self, to: usize, port: &str) -> u16 {
        let component = &self.components[to];
        let balancer = self.balancer.as_ref();
        let balancer = balancer.filter(|_| component.nodes.len() > 1);
        let front = balancer.and_then(|it| it.front(to, port));
        front.map_or_else(|| component.number(port), |front| front.number)
    }

    /// Where gateways call a cluster of integrators: at one port, or at each of several with its name.
    pub(crate) fn addresses(&self, cluster: &Cluster<'_>) -> Vec<String> {
        let Some(to) = self.position(&cluster.name) else {
            return Vec::new();
        };
        let host = self.address(&self.components[to]);
        if let Some(port) = &cluster.kind.called_at {
            return vec![format!(
                "https://{host}:{}",
                self.number_at_address(to, port)
            )];
        }
        let ports = cluster.ports().into_iter();
        ports
            .map(|(port, _)| format!("{port} {host}:{}", self.number_at_address(to, port)))
            .collect()
    }

    /// The public host names of an endpoint of a component.
    pub(crate) fn host_names(
        &self,
        component: &Component<'_, '_>,
        name: &str,
        endpoint: &Endpoint,
        effective: &Value,
    ) -> Vec<String> {
        let first = self.host_name(component, endpoint).into_iter();
        if component.cluster.is_some() {
            return first.collect();
        }
        let more = &effective["exposure"]["endpoints"][camel_case(name)]["hostnames"];
        let more = more.as_array().into_iter().flatten();
        let more = more.filter_map(Value::as_str).map(ToOwned::to_owned);
        first.chain(more).collect()
    }

    /// The host name that the document gives an endpoint of a component.
    fn host_name(&self, component: &Component<'_, '_>, endpoint: &Endpoint) -> Option<String> {
        let key = &endpoint.hostname.value;
        match component.cluster {
            Some(cluster) => cluster.said.hostnames.get(key).map(|it| cluster.text(it)),
            None => self.site.site.hostnames.get(key).map(|it| it.value.clone()),
        }
    }

    /// The name in the certificate of a component's nodes: their server's own.
    pub(crate) fn server_name(&self, component: &Component<'_, 'm>) -> String {
        let endpoints = component.chart.endpoints();
        let own = &component.part.component.server_endpoint.value;
        let own = endpoints.iter().find(|(name, ..)| name == own);
        let own = own.and_then(|(_, endpoint, _)| self.host_name(component, endpoint));
        own.unwrap_or_else(|| self.address(component).to_owned())
    }

    /// The edges of a component; those of integrators are no rows of the wiring.
    pub(crate) fn edges_on(&self, component: &Component<'_, 'm>) -> Vec<ResolvedEdge<'m>> {
        if component.cluster.is_some() {
            return Vec::new();
        }
        self.site.edges_on(component.part.name())
    }

    /// Endpoints of a component that have no host name, each with its ports, where users come without one.
    pub(crate) fn served_without_name(
        &self,
        component: &Component<'_, 'm>,
        effective: &Value,
    ) -> Vec<(&'m str, &'m str)> {
        if component.cluster.is_some() {
            return Vec::new();
        }
        let endpoints = component.chart.endpoints().into_iter();
        endpoints
            .filter(|(name, endpoint, by)| {
                *by == component.part.name()
                    && self
                        .host_names(component, name, endpoint, effective)
                        .is_empty()
            })
            .flat_map(|(name, endpoint, _)| {
                let ports = std::iter::once(&endpoint.port).chain(&endpoint.plain_port);
                ports.map(move |port| (name, port.value.as_str()))
            })
            .collect()
    }

    /// The component whose nodes call integrators.
    pub(crate) fn caller(&self) -> Option<&Component<'a, 'm>> {
        let role = &self.data.integrators.called_by;
        self.components
            .get(self.position(self.site.player(role)?.name())?)
    }

    /// The component that has the service catalogue, with the catalogue's port; none where no cluster registers services.
    pub(crate) fn catalogue(&self) -> Option<(usize, &'a str)> {
        let mut clusters = self.components.iter().filter_map(|it| it.cluster);
        clusters.find(|it| it.kind.registers)?;
        let at = &self.vocabulary.catalogue;
        let player = self.site.player(&at.role)?;
        Some((self.position(player.name())?, &at.port))
    }
}
