//! What other sites want of a site on machines.

use std::collections::BTreeMap;

use crate::links::Link;
use crate::ports::Ports;
use crate::sites::Placed;

/// The other sites, as the machines of one see them.
#[derive(Debug, Default)]
pub(crate) struct Beside<'m> {
    pub(crate) incoming: Vec<Incoming<'m>>,
    /// The port of a broker, and its number at each component elsewhere that has one.
    pub(crate) broker: (String, BTreeMap<&'m str, u16>),
}

/// A port by which another site reaches a component.
#[derive(Debug)]
pub(crate) struct Incoming<'m> {
    pub(crate) component: &'m str,
    pub(crate) port: &'m str,
    /// Its number at every node; none where it leads to all of them together.
    pub(crate) at_nodes: Option<u16>,
    /// Where the other site connects from.
    pub(crate) ranges: Vec<&'m str>,
    pub(crate) site: &'m str,
}

impl<'m> Beside<'m> {
    /// As the site of this number sees them.
    pub(crate) fn of(
        sites: &[Placed<'m>],
        links: &[Link<'m>],
        ports: &Ports<'_>,
        at: usize,
    ) -> Self {
        let site = &sites[at];
        let arriving = links.iter().filter(|link| link.to == at);
        let incoming = arriving.flat_map(|link| {
            let from = &sites[link.from];
            link.ports.iter().map(move |port| Incoming {
                component: link.server.name(),
                port,
                at_nodes: link.to_every_node.then(|| {
                    if ports.is_broker(port) {
                        ports.of_broker(site, &link.server)
                    } else {
                        Ports::in_pods(site, &link.server, port)
                    }
                }),
                ranges: from.site.cidrs.iter().map(|it| it.value.as_str()).collect(),
                site: from.name(),
            })
        });
        let brokers = site.rest.iter();
        let brokers = brokers.map(|part| (part.name(), ports.of_broker(site, part)));
        Self {
            incoming: incoming.collect(),
            broker: (ports.vocabulary.broker.port.clone(), brokers.collect()),
        }
    }
}
