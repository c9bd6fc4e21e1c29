//! Where the server of a node really listens, and where everybody else believes that it does.

use std::collections::BTreeSet;

use am_deployment_toml::{effective::Effective, environment::Environment, span::Span};
use am_product::Port;
use serde_json::Value;

use crate::{
    component::Component,
    manifest::{Container, ContainerPort, Service, TargetPort, Workload},
};

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
    /// The key that closes it although a Service or a probe leads there.
    pub closed: Option<String>,
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

/// The ports that the server of a node opens.
pub(super) fn listeners(
    services: &[Service<'_>],
    workload: &Workload<'_>,
    component: Component,
    effective: Option<&Effective>,
    settings: Option<&Value>,
) -> Vec<Listener> {
    let (declared, asked) = (declared(workload), asked(services, workload));
    let said: BTreeSet<u16> = declared
        .iter()
        .map(|port| port.number)
        .chain(asked.iter().copied())
        .collect();
    component
        .ports()
        .map(|port| {
            let listener = listener(port, effective, settings, &said);
            let closed = effective
                .filter(|_| asked.contains(&listener.said))
                .and_then(|effective| closed_by(port, effective));
            Listener { closed, ..listener }
        })
        .collect()
}

/// The key by which the file closes a port.
fn closed_by(port: &Port, effective: &Effective) -> Option<String> {
    let is_off = |key: &&String| {
        let found = effective.get(key);
        found.is_some_and(|found| found.provenance.is_written() && !found.value.is_true())
    };
    port.switched_by.iter().find(is_off).cloned()
}

/// `settings` are those of a server that reads YAML, where a port's key is a JSON pointer.
fn listener(
    port: &'static Port,
    effective: Option<&Effective>,
    settings: Option<&Value>,
    said: &BTreeSet<u16>,
) -> Listener {
    let written = |key: &str| {
        let found = effective?
            .get(key)
            .filter(|found| found.provenance.is_written())?;
        found.value.scalar_text()?.trim().parse::<u16>().ok()
    };
    let key = port.moved_by.as_deref();
    let set = |key: &str| {
        let found = settings?.pointer(key)?;
        let number = found
            .as_u64()
            .or_else(|| found.as_str()?.trim().parse().ok());
        u16::try_from(number?).ok()
    };
    let own = key.and_then(|key| written(key).or_else(|| set(key)));
    let own = own.filter(|own| *own != port.number);
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
        closed: None,
    }
}

/// The ports that containers declare.
fn declared<'a>(workload: &Workload<'a>) -> Vec<ContainerPort<'a>> {
    let containers = workload.pod.all_containers();
    containers.iter().flat_map(Container::ports).collect()
}

/// The numbers of ports to which Services and probes lead.
fn asked(services: &[Service<'_>], workload: &Workload<'_>) -> BTreeSet<u16> {
    let pod = &workload.pod;
    let declared = declared(workload);
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
            service.object.namespace() == workload.object.namespace() && service.selects(&labels)
        })
        .flat_map(Service::ports)
        .filter_map(|port| number_of(port.target));
    let containers = pod.all_containers();
    let probes = containers
        .iter()
        .flat_map(Container::probed_ports)
        .filter_map(number_of);
    targets.chain(probes).collect()
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
    pub(crate) fn key(&self, effective: Option<&Effective>) -> Option<(&str, Option<Span>)> {
        let Self::Key(key) = self else { return None };
        Some((key, effective?.get(key)?.provenance.span()))
    }
}
