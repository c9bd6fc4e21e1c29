//! The ports of a role, and the keys that switch and move them (source: facts on the product's default configuration).

use am_deployment_toml::effective::Effective;
use am_product::{Component, Protocol};
use serde::{Deserialize, Serialize};

use crate::role::Role;

/// What is spoken on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// Portals, `/services`, `/oauth2`, `/internal`.
    Servlet,
    /// API traffic.
    Gateway,
    /// Integrations.
    Integrations,
    /// `WebSocket` and `WebSub` listeners: they say who they are and nothing else.
    Streaming,
    /// Events for apps on streams, only while the node is the active one.
    Source,
    /// What the active node tells the other.
    Cluster,
    /// JMS topics.
    Jms,
    /// Receiver of events.
    Thrift,
    /// Where senders of events log in.
    ThriftAuth,
    /// The development database.
    Database,
}

/// A port that a component opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// The name that the charts use for it.
    pub name: String,
    /// The port number, offset included.
    pub number: u16,
    /// Whether TLS is spoken.
    pub tls: bool,
    /// What is spoken.
    pub service: Service,
}

impl From<Protocol> for Service {
    fn from(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Servlets | Protocol::Inner => Self::Servlet,
            Protocol::Apis => Self::Gateway,
            Protocol::Integrations => Self::Integrations,
            Protocol::Websockets | Protocol::Webhooks => Self::Streaming,
            Protocol::Jms => Self::Jms,
            Protocol::Thrift => Self::Thrift,
            Protocol::Streams => Self::Source,
            Protocol::Cluster => Self::Cluster,
            Protocol::ThriftAuth => Self::ThriftAuth,
        }
    }
}

/// The ports that `role` opens with this configuration.
pub(crate) fn of(role: Role, effective: &Effective, offset: u16) -> Vec<Port> {
    let known = role.component().into_iter().flat_map(Component::ports);
    known
        .filter(|port| {
            let mut switches = port.switched_by.iter();
            switches.all(|switch| effective.is_on(switch, true))
        })
        .map(|port| {
            let moved = port
                .moved_by
                .as_deref()
                .and_then(|key| effective.text(key)?.trim().parse().ok());
            let number: u16 = moved.unwrap_or(port.number);
            open(port, number.saturating_add(offset))
        })
        .collect()
}

/// The ports that `role` opens where a configuration says their numbers itself, by the key that moves each.
pub(crate) fn said(role: Role, number: impl Fn(&str) -> Option<u16>) -> Vec<Port> {
    let known = role.component().into_iter().flat_map(Component::ports);
    known
        .map(|port| {
            let moved = port.moved_by.as_deref().and_then(&number);
            open(port, moved.unwrap_or(port.number))
        })
        .collect()
}

fn open(port: &am_product::Port, number: u16) -> Port {
    Port {
        name: port.name.clone(),
        number,
        tls: port.tls,
        service: port.speaks.into(),
    }
}
