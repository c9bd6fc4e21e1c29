//! Ports of the product.

use serde::{Deserialize, Serialize};

use crate::capability::Capability;
use crate::component::Component;
use crate::table::table;

/// What is spoken on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// HTTP of the server's own web applications: portals, REST APIs, `/services`, `/oauth2`, `/internal`.
    Servlets,
    /// HTTP of APIs.
    Apis,
    /// `WebSocket` APIs.
    Websockets,
    /// Events of `WebSub` APIs.
    Webhooks,
    /// The binary receiver of events.
    Thrift,
    /// Where its senders log in.
    ThriftAuth,
    /// The broker.
    Jms,
}

impl Protocol {
    /// Every one.
    pub(crate) const ALL: [Self; 7] = [
        Self::Servlets,
        Self::Apis,
        Self::Websockets,
        Self::Webhooks,
        Self::Thrift,
        Self::ThriftAuth,
        Self::Jms,
    ];

    /// Whether it is an inner protocol of events, which answers no HTTP request.
    pub fn is_of_events(self) -> bool {
        matches!(self, Self::Thrift | Self::ThriftAuth | Self::Jms)
    }
}

/// A port of the product.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Port {
    /// Our name for it, the same in every chart.
    pub name: String,
    /// Number before the offset.
    pub number: u16,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// What is spoken on it.
    pub speaks: Protocol,
    /// The key of a `deployment.toml` that moves it.
    pub moved_by: Option<String>,
    /// Keys that close it when they are false.
    #[serde(default)]
    pub switched_by: Vec<String>,
    /// Components that have one of these are reached on it by users and their browsers.
    #[serde(default)]
    users: Vec<Capability>,
}

impl Port {
    /// Every port, in the order of the table.
    pub fn all() -> &'static [Self] {
        &table().ports
    }

    /// The port on which a protocol is spoken, with TLS or without where there are both.
    pub fn speaking(protocol: Protocol, tls: bool) -> &'static Self {
        let all = Self::all();
        let spoken = || all.iter().filter(|port| port.speaks == protocol);
        // Reading the table refuses a protocol that no port speaks.
        spoken()
            .find(|port| port.tls == tls)
            .or_else(|| spoken().next())
            .unwrap_or(&all[0])
    }

    /// Whether users and their browsers reach a component on it.
    pub fn is_for_users_of(&self, component: Component) -> bool {
        let is_wanted = |capability: &Capability| component.has(*capability);
        component.ports().any(|port| port == self) && self.users.iter().any(is_wanted)
    }
}
