//! Ports of the product.

use crate::capability::Capability;
use crate::component::Component;
use crate::table::{
    rows::{FurtherPort, Port},
    table,
};
use crate::words::Protocol;

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

impl FurtherPort {
    /// Every one.
    pub fn all() -> &'static [Self] {
        &table().further_ports
    }
}
