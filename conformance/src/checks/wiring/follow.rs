//! Where an address of a row leads, step by step.

use std::collections::BTreeSet;

use am_product::{Port, Protocol};

use super::edge::Row;
use crate::{
    context::Fault,
    facts::Reach,
    graph::{Link, Node, NodeId, RouteEnd, Target, Url},
};

impl Row<'_, '_> {
    /// The nodes that a link reaches; `None` when they live outside, as declared.
    pub(super) fn follow(&self, link: &Link) -> Result<Option<BTreeSet<NodeId>>, Box<Fault<'_>>> {
        self.form(link)?;
        let (_, port, _) = self.fact.shape.parts();
        match &link.target {
            Target::External => Ok(None),
            Target::Elsewhere(there) => Err(self.stranger(link, there.component.title())),
            Target::Route { .. } => self.follow_route(link, port),
            Target::Unknown { reason } => {
                let help = format!(
                    "write {}, or declare the host external",
                    self.wanted_address()
                );
                Err(Box::new(self.fault(
                    link,
                    &format!("cannot be followed: {reason}"),
                    help,
                )))
            }
            Target::Dangling { reason, suggestion } => {
                let help = match (self.nearest_right(link), suggestion) {
                    (Some(address), _) => format!("did you mean `{address}`?"),
                    (None, Some(name)) => format!("did you mean `{name}`?"),
                    (None, None) => format!("write {}", self.wanted_address()),
                };
                Err(Box::new(self.fault(
                    link,
                    &format!("leads nowhere: {reason}"),
                    help,
                )))
            }
            Target::Own { port: found } => {
                if !self.may_be_own_node() {
                    let message = format!(
                        "is the node itself, though the {} is meant",
                        self.peer_in_words()
                    );
                    return Err(Box::new(self.fault(
                        link,
                        &message,
                        format!("write {}", self.wanted_address()),
                    )));
                }
                self.right_port(link, *found, port, self.node)?;
                Ok(Some(BTreeSet::from([self.node.id])))
            }
            Target::Nodes {
                nodes,
                port: found,
                service,
            } => {
                self.no_stranger(link, nodes)?;
                self.before_ready(link, service)?;
                if let Some(node) = self.first_of(nodes) {
                    self.right_port(link, *found, port, node)?;
                }
                self.single_node(link, nodes)?;
                Ok(Some(nodes.clone()))
            }
        }
    }

    /// Every node that is reached must be one of the peer.
    fn no_stranger(&self, link: &Link, nodes: &BTreeSet<NodeId>) -> Result<(), Box<Fault<'_>>> {
        let Some(stranger) = nodes.iter().find(|node| !self.peers.contains(node)) else {
            return Ok(());
        };
        let graph = self.context.graph;
        let stranger = graph.component(*stranger).map_or_else(
            || graph.member(*stranger).workload.object.name().to_owned(),
            |component| component.title().to_owned(),
        );
        Err(self.stranger(link, &stranger))
    }

    /// The fault of an address that leads to somebody else.
    pub(super) fn stranger(&self, link: &Link, to: &str) -> Box<Fault<'_>> {
        let message = format!(
            "leads to the {to}, though the {} is meant",
            self.peer_in_words()
        );
        let help = format!("write {}", self.wanted_address());
        Box::new(self.fault(link, &message, help))
    }

    /// An address that goes out and comes in again through a route of the pattern.
    fn follow_route(
        &self,
        link: &Link,
        wanted: u16,
    ) -> Result<Option<BTreeSet<NodeId>>, Box<Fault<'_>>> {
        let address = &link.reference.address;
        let url = Url {
            scheme: &address.scheme,
            host: &address.host,
            port: address.port_or_default(),
            path: &address.path,
            is_public: false,
        };
        let resolver = self.context.graph.resolver();
        let (nodes, found) = match resolver.behind_route(url) {
            Ok(RouteEnd::Elsewhere) => return Ok(None),
            Ok(RouteEnd::Nodes { nodes, port }) => (nodes, port),
            Err(reason) => {
                let help = format!(
                    "write the address at which the route answers, or {}",
                    self.wanted_address()
                );
                return Err(Box::new(self.fault(
                    link,
                    &format!("leads nowhere: {reason}"),
                    help,
                )));
            }
        };
        self.no_stranger(link, &nodes)?;
        // A route that ends TLS may pass requests on to the servlet port without TLS.
        let servlets = |tls| Port::speaking(Protocol::Servlets, tls);
        if let Some(node) = self.first_of(&nodes) {
            let is_clear = found == node.number_of(servlets(false));
            if !(is_clear && wanted == servlets(true).number) {
                self.right_port(link, found, wanted, node)?;
            }
        }
        self.single_node(link, &nodes)?;
        Ok(Some(nodes))
    }

    /// The first of some nodes.
    pub(super) fn first_of(&self, nodes: &BTreeSet<NodeId>) -> Option<&Node<'_>> {
        self.context.graph.node(*nodes.first()?)
    }

    /// The number of a port of the table on the first of some nodes.
    pub(super) fn number_on(&self, nodes: &BTreeSet<NodeId>, port: u16) -> u16 {
        self.first_of(nodes).map_or(port, |node| node.moved(port))
    }

    fn right_port(
        &self,
        link: &Link,
        found: u16,
        port: u16,
        node: &Node<'_>,
    ) -> Result<(), Box<Fault<'_>>> {
        let wanted = node.moved(port);
        if found == wanted {
            return Ok(());
        }
        let shifted = if wanted == port {
            String::new()
        } else {
            format!(" ({port}, moved by the peer's configuration)")
        };
        let message = format!(
            "leads to port {found} of the {}, not {wanted}{shifted}",
            self.peer.title()
        );
        Err(Box::new(self.fault(
            link,
            &message,
            format!("write {}", self.wanted_address()),
        )))
    }

    /// A name of its own that leads nowhere before the pod is ready is no use to a server that asks itself while it starts.
    fn before_ready(&self, link: &Link, service: &str) -> Result<(), Box<Fault<'_>>> {
        let graph = self.context.graph;
        let namespace = graph.member(self.node.id).workload.object.namespace();
        let is_published = graph.services.iter().any(|found| {
            found.name() == service
                && found.object.namespace() == namespace
                && found.publishes_not_ready()
        });
        if self.fact.reach != Reach::OwnServer || is_published {
            return Ok(());
        }
        let message = format!(
            "asks the server itself through Service `{service}`, which refuses it until the pod is ready: it asks again only after minutes, and refuses every token until then"
        );
        let help = format!("write {}", self.wanted_address());
        Err(Box::new(self.fault(link, &message, help)))
    }

    /// JMS and thrift clients list nodes one by one: a load-balanced name would lead to one of them at random.
    fn single_node(&self, link: &Link, nodes: &BTreeSet<NodeId>) -> Result<(), Box<Fault<'_>>> {
        if matches!(self.fact.reach, Reach::Service | Reach::OwnServer) || nodes.len() == 1 {
            return Ok(());
        }
        let message = format!(
            "is the load-balanced address of {} nodes, and each connection reaches only one",
            nodes.len()
        );
        let help = "list the address of every node, such as `pod.headless-service`".to_owned();
        Err(Box::new(self.fault(link, &message, help)))
    }
}
