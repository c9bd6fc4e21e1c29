//! Where the server of a node really listens, and where everybody else believes that it does.

use std::collections::BTreeSet;

use am_deployment_toml::{effective::Effective, environment::Environment, span::Span};
use am_product::Port;

use super::{Configuration, Graph, Member, Node};
use crate::manifest::{Container, Service, TargetPort};

/// A port of the product that a node opens.
#[derive(Debug, Clone)]
pub struct Listener {
    /// The port.
    pub port: &'static Port,
    /// The number on which the server listens.
    pub number: u16,
    /// The number that containers, probes and Services say. Whatever else is judged is judged by it, so that a server that listens
    /// elsewhere is one fault.
    pub said: u16,
    /// What moved it from its number in the table.
    pub moved: Option<Moved>,
}

/// What moves a port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moved {
    /// The port's own key, or `server.offset`.
    Key(String),
    /// `-DportOffset`.
    Property,
}

/// The key that shifts all ports unless the property does. Source: facts/ports.yaml#meta.offset
const OFFSET_KEY: &str = "server.offset";

impl Node<'_> {
    /// The number of a port of the table on this node, as everybody believes.
    pub(crate) fn number_of(&self, port: &Port) -> u16 {
        let own = self.listeners.iter().find(|listener| listener.port == port);
        own.map_or_else(
            || port.number.saturating_add(self.offset()),
            |listener| listener.said,
        )
    }

    /// The number on this node of the port that has `number` in the table.
    pub(crate) fn moved(&self, number: u16) -> u16 {
        Port::all()
            .iter()
            .find(|port| port.number == number)
            .map_or_else(
                || number.saturating_add(self.offset()),
                |port| self.number_of(port),
            )
    }

    /// The port of the table that has `number` on this node.
    pub(crate) fn port_at(&self, number: u16) -> Option<&'static Port> {
        Port::all()
            .iter()
            .find(|port| self.number_of(port) == number)
    }
}

impl<'a> Graph<'a> {
    /// A node of a workload; all of them listen alike, or AM-CONF-015 tells.
    pub(crate) fn node_of(&self, member: &Member<'_>) -> Option<&Node<'a>> {
        self.nodes
            .iter()
            .find(|node| std::ptr::eq(self.member(node.id).workload.object, member.workload.object))
    }

    /// The number of the port that has `number` in the table, on the pods of a workload.
    pub(crate) fn number_on(&self, member: &Member<'_>, number: u16) -> u16 {
        self.node_of(member)
            .map_or(number, |node| node.moved(number))
    }

    /// The port of the table that has `number` on the pods of a workload.
    pub(crate) fn port_on(&self, member: &Member<'_>, number: u16) -> Option<&'static Port> {
        match self.node_of(member) {
            Some(node) => node.port_at(number),
            None => Port::all().iter().find(|port| port.number == number),
        }
    }
}

/// The ports that the server of a node opens.
pub(super) fn listeners(
    services: &[Service<'_>],
    member: &Member<'_>,
    configuration: Option<&Configuration<'_>>,
) -> Vec<Listener> {
    let Some(component) = member.component else {
        return Vec::new();
    };
    let effective = configuration.and_then(|configuration| configuration.effective.as_ref());
    let said = said(services, member);
    component
        .ports()
        .map(|port| listener(port, effective, &said))
        .collect()
}

fn listener(port: &'static Port, effective: Option<&Effective>, said: &BTreeSet<u16>) -> Listener {
    let written = |key: &str| {
        let found = effective?
            .get(key)
            .filter(|found| found.provenance.is_written())?;
        found.value.scalar_text()?.trim().parse::<u16>().ok()
    };
    let key = port.moved_by.as_deref();
    let own = key.and_then(written).filter(|own| *own != port.number);
    let offset = effective.map_or(0, Effective::port_offset);
    let number = own.unwrap_or(port.number).saturating_add(offset);
    let by_key = written(OFFSET_KEY).unwrap_or(0);
    let meant = [
        port.number.saturating_add(offset),
        port.number.saturating_add(by_key),
        own.unwrap_or(port.number),
        port.number,
    ];
    // Declaring a port is only information; nobody may say anything at all.
    let believed = meant.into_iter().find(|meant| said.contains(meant));
    let moved = match (own, key) {
        (Some(_), Some(key)) => Some(Moved::Key(key.to_owned())),
        _ if offset == by_key && offset > 0 => Some(Moved::Key(OFFSET_KEY.to_owned())),
        _ if offset != by_key => Some(Moved::Property),
        _ => None,
    };
    Listener {
        port,
        number,
        said: believed
            .filter(|_| !said.contains(&number))
            .unwrap_or(number),
        moved,
    }
}

/// The numbers of ports that containers, probes and Services name.
fn said(services: &[Service<'_>], member: &Member<'_>) -> BTreeSet<u16> {
    let pod = &member.workload.pod;
    let containers = pod.all_containers();
    let declared: Vec<_> = containers.iter().flat_map(Container::ports).collect();
    let number_of = |target: TargetPort<'_>| match target {
        TargetPort::Number(number) => Some(number),
        TargetPort::Name(name) => declared
            .iter()
            .find(|port| port.name == Some(name))
            .map(|port| port.number),
    };
    let labels = pod.labels();
    let targets = services
        .iter()
        .filter(|service| {
            service.object.namespace() == member.workload.object.namespace()
                && service.selects(&labels)
        })
        .flat_map(Service::ports)
        .filter_map(|port| number_of(port.target));
    let probes = containers
        .iter()
        .flat_map(Container::probed_ports)
        .filter_map(number_of);
    declared
        .iter()
        .map(|port| port.number)
        .chain(targets)
        .chain(probes)
        .collect()
}

/// Java's system properties that a container is given: `-Dname=value` in the variables that Java and the start scripts read, in this
/// order, then in its command and arguments; the last one wins.
pub(super) fn with_system_properties(
    environment: Environment,
    container: &Container<'_>,
    variables: &[String],
) -> Environment {
    let of_variables = variables
        .iter()
        .filter_map(|name| environment.variable(name).flatten());
    let given: Vec<(String, String)> = of_variables
        .chain(container.arguments())
        .flat_map(|text| text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';')))
        .filter_map(|word| word.strip_prefix("-D")?.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    given
        .into_iter()
        .fold(environment, |environment, (name, value)| {
            environment.with_system_property(name, value)
        })
}

/// Where what moved a port stands: a key of the configuration, or the pod.
impl Moved {
    /// The key of the configuration, with its place.
    pub(crate) fn key<'m>(
        &'m self,
        configuration: Option<&Configuration<'_>>,
    ) -> Option<(&'m str, Option<Span>)> {
        let Self::Key(key) = self else { return None };
        let effective = configuration?.effective.as_ref()?;
        Some((key, effective.get(key)?.provenance.span()))
    }
}
