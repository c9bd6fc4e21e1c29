//! Connections from site to site: what a site does not run, its components find in another one.

use am_generator::chart::{Part, ResolvedEdge};
use am_generator::model::wiring::Reach;

use crate::document::{Address, Exposure};
use crate::sites::Placed;
use crate::vocabulary::{Publishes, Topology, Vocabulary};

/// A key of a site's configuration that leads to another site.
#[derive(Debug)]
pub(crate) struct Link<'m> {
    /// Number of the site that connects.
    pub(crate) from: usize,
    /// The component that connects.
    pub(crate) client: Part<'m>,
    /// Number of the site that it connects to.
    pub(crate) to: usize,
    /// The component there.
    pub(crate) server: Part<'m>,
    /// The key.
    pub(crate) key: &'m str,
    /// Names of the ports.
    pub(crate) ports: Vec<&'m str>,
    /// It leads to every node, not to the one name of all.
    pub(crate) to_every_node: bool,
}

/// All of them, site by site.
pub(crate) fn find<'m>(
    sites: &[Placed<'m>],
    topology: &'m Topology,
    vocabulary: &'m Vocabulary,
) -> Vec<Link<'m>> {
    match &topology.publishes {
        Some(publishes) => mesh(sites, publishes, vocabulary),
        None => star(sites, vocabulary),
    }
}

/// Each site publishes to each other one.
fn mesh<'m>(
    sites: &[Placed<'m>],
    publishes: &'m Publishes,
    vocabulary: &'m Vocabulary,
) -> Vec<Link<'m>> {
    let players = sites.iter().map(|site| site.player(&publishes.role));
    let players: Vec<_> = players.enumerate().collect();
    let mut links = Vec::new();
    for (from, client) in &players {
        for (to, server) in players.iter().filter(|(to, _)| to != from) {
            let (Some(client), Some(server)) = (client, server) else {
                continue;
            };
            links.push(Link {
                from: *from,
                client: *client,
                to: *to,
                server: *server,
                key: &publishes.key,
                ports: vec![&vocabulary.broker.port],
                to_every_node: true,
            });
        }
    }
    links
}

/// What a site lacks is in the main one, whose portals offer the gateways of the others.
fn star<'m>(sites: &[Placed<'m>], vocabulary: &Vocabulary) -> Vec<Link<'m>> {
    let mut links = Vec::new();
    let Some(main) = sites.iter().position(|site| site.is_main) else {
        return links;
    };
    for (number, site) in sites.iter().enumerate().filter(|(_, site)| !site.is_main) {
        // What this site lacks is in the main one.
        for client in &site.runs {
            for edge in site.edges_on(client.name()) {
                let missing = site.rest.iter().find(|part| part.name() == edge.peer);
                if let Some(server) = missing {
                    links.push(link((number, client), (main, server), &edge));
                }
            }
        }
        // Its gateways are an environment of the main site's portals.
        if site.site.environment.is_some() {
            for client in &sites[main].runs {
                for edge in sites[main].edges_on(client.name()) {
                    let server = site.runs.iter().find(|part| part.name() == edge.peer);
                    let is_environment = edge.edge.to.value == vocabulary.environment.role;
                    if let Some(server) = server.filter(|_| is_environment) {
                        links.push(link((main, client), (number, server), &edge));
                    }
                }
            }
        }
    }
    links
}

fn link<'m>(
    (from, client): (usize, &Part<'m>),
    (to, server): (usize, &Part<'m>),
    edge: &ResolvedEdge<'m>,
) -> Link<'m> {
    let mut ports: Vec<&str> = edge
        .form
        .ports()
        .iter()
        .map(|port| port.value.as_str())
        .collect();
    ports.dedup();
    Link {
        from,
        client: *client,
        to,
        server: *server,
        key: &edge.edge.key.value,
        ports,
        to_every_node: edge.reach != Reach::Service,
    }
}

/// The ports under which other sites reach a component: behind its one name, and node by node.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Needed<'m> {
    pub(crate) service: Vec<&'m str>,
    pub(crate) nodes: Vec<&'m str>,
}

impl<'m> Needed<'m> {
    /// What is needed at the address of a node, or at the one name of all.
    pub(crate) fn at(&self, node: Option<usize>) -> &[&'m str] {
        if node.is_some() {
            &self.nodes
        } else {
            &self.service
        }
    }
}

/// What other sites need of a component of a site, in the order of the component's ports.
pub(crate) fn needed<'m>(links: &[Link<'m>], to: usize, component: &str) -> Needed<'m> {
    let of = |every_node: bool| {
        let mut ports: Vec<&str> = links
            .iter()
            .filter(|link| link.to == to && link.server.name() == component)
            .filter(|link| link.to_every_node == every_node)
            .flat_map(|link| link.ports.iter().copied())
            .collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    };
    Needed {
        service: of(false),
        nodes: of(true),
    }
}

/// The addresses at which a link arrives.
pub(crate) fn addresses<'m>(link: &Link<'_>, sites: &[Placed<'m>]) -> Vec<&'m Address> {
    let exposure = sites[link.to].site.exposes.get(&link.server.key());
    let addresses = exposure.into_iter().flat_map(Exposure::addresses);
    let arrives = addresses.filter(|(node, _)| node.is_some() == link.to_every_node);
    arrives.map(|(_, address)| address).collect()
}
