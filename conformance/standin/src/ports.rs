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
    /// `WebSocket` and `WebSub` listeners: they say who they are and nothing else.
    Streaming,
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
            Protocol::Apis | Protocol::Integrations => Self::Gateway,
            Protocol::Websockets | Protocol::Webhooks => Self::Streaming,
            Protocol::Jms => Self::Jms,
            Protocol::Thrift | Protocol::Streams | Protocol::Cluster => Self::Thrift,
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
            Port {
                name: port.name.clone(),
                number: moved.unwrap_or(port.number).saturating_add(offset),
                tls: port.tls,
                service: port.speaks.into(),
            }
        })
        .collect()
}
