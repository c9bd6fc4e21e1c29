//! The load balancer of a site: what it listens on, and where each of it leads.

use super::data::{Affinity, Program};
use super::nodes::Node;
use crate::document::machines::LoadBalancer;

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
    /// Whether nodes are asked at this very port, because only the active one listens there.
    pub(crate) asks_port: bool,
}

/// Host names of the balancer that lead to a component.
#[derive(Debug)]
pub(crate) struct PublicSite<'m> {
    pub(crate) name: String,
    pub(crate) hosts: Vec<String>,
    /// The port here.
    pub(crate) number: u16,
    /// Number of the component.
    pub(crate) to: usize,
    pub(crate) port: &'m str,
    pub(crate) affinity: Affinity,
}

impl<'m> Balancer<'_, 'm> {
    /// The front for a port of a component.
    pub(crate) fn front(&self, to: usize, port: &str) -> Option<&Front<'m>> {
        let mut fronts = self.fronts.iter();
        fronts.find(|front| front.to == to && front.port == port)
    }
}
