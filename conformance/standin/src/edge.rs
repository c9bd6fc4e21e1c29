//! The addresses that a component uses, what for, and who should answer there.

use std::net::Ipv4Addr;

use am_deployment_toml::effective;
use am_deployment_toml::wiring;
pub use am_product::Purpose;
use serde::{Deserialize, Serialize};

use crate::role::Role;

/// Whether a peer of this role can serve a purpose, whatever the pattern. `None`: everybody may.
pub fn is_served_by(purpose: Purpose, role: Role) -> Option<bool> {
    match role {
        _ if purpose == Purpose::Database => Some(role == Role::Database),
        Role::Component(component) => purpose.is_served_by(component),
        Role::Database | Role::IdentityServer => purpose.key().map(|_| false),
    }
}

/// Whether one of this role uses such an address at all.
pub fn is_used_by(purpose: Purpose, role: Role) -> bool {
    let component = role.component();
    component.is_none_or(|component| purpose.is_used_by(component))
}

/// What is spoken at an address of this purpose and scheme.
pub(crate) fn transport(purpose: Purpose, scheme: &str) -> Transport {
    match (purpose, scheme) {
        (
            Purpose::ThrottleDecision
            | Purpose::ThrottleDuplicate
            | Purpose::EventListening
            | Purpose::EventDuplicate,
            _,
        ) => Transport::Jms,
        (Purpose::ThrottleReceiver | Purpose::EventPublish, _) => Transport::Thrift,
        (Purpose::ThrottleAuth | Purpose::EventPublishAuth, _) => Transport::ThriftAuth,
        (_, "https") => Transport::Https,
        (_, "http") => Transport::Http,
        _ => Transport::Tcp,
    }
}

/// What is spoken at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// HTTP over TLS
    Https,
    /// HTTP
    Http,
    /// The stand-ins' frames, in place of AMQP
    Jms,
    /// The stand-ins' frames, in place of the binary databridge protocol
    Thrift,
    /// The same over TLS
    ThriftAuth,
    /// A connection is all that is tried
    Tcp,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Provenance {
    /// Written in the file.
    Written {
        /// Line in the file, from 1.
        line: usize,
    },
    /// Written in the file as `$env{…}`.
    Environment {
        /// The variable's name.
        variable: String,
    },
    /// The key is missing and the product uses another one.
    Fallback {
        /// The other key.
        from: String,
    },
    /// Inferred from another key.
    Inferred {
        /// That key.
        from: String,
    },
    /// The product's default.
    ProductDefault,
    /// The key is missing and the product silently uses the node itself.
    FallbackToSelf,
    /// Written in another file of the server home than `deployment.toml`.
    File {
        /// The file, below the home.
        path: String,
    },
}

impl From<&effective::Provenance> for Provenance {
    fn from(provenance: &effective::Provenance) -> Self {
        use effective::Provenance as P;
        match provenance {
            P::Written(span) => Self::Written { line: span.line },
            P::Env { name, .. } => Self::Environment {
                variable: name.clone(),
            },
            P::FallbackFrom { key, .. } => Self::Fallback { from: key.clone() },
            P::Inferred { from } => Self::Inferred { from: from.clone() },
            P::ProductDefault => Self::ProductDefault,
            P::FallbackToSelf => Self::FallbackToSelf,
        }
    }
}

/// An address in the effective configuration that this component uses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    /// The effective key, with the element of lists.
    pub key: String,
    /// What the component wants there.
    pub purpose: Purpose,
    /// Where the value comes from.
    pub provenance: Provenance,
    /// The URL without user names, passwords and query.
    pub url: String,
    /// What is spoken there.
    pub transport: Transport,
    /// The host as written; the node itself may be `localhost` or a placeholder of the product.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether the address is the node itself by name.
    pub own_node: bool,
}

impl Edge {
    /// The edge of a reference; `None` when the reference names no port that could be connected to.
    pub(crate) fn of(reference: &wiring::Reference) -> Option<Self> {
        let purpose = reference.purpose.kind();
        let address = &reference.address;
        let port = address.port_or_default()?;
        let path = address.path.split(['?', ';']).next().unwrap_or_default();
        Some(Self {
            key: reference.key.to_string(),
            purpose,
            provenance: Provenance::from(&reference.provenance),
            url: format!("{}://{}:{port}{path}", address.scheme, address.host),
            transport: transport(purpose, &address.scheme),
            host: address.host.clone(),
            port,
            own_node: reference.is_own_node() && !is_particular_loopback(&address.host),
        })
    }

    /// The key of the list that the address is in.
    pub(crate) fn list(&self) -> String {
        let (list, _) = self.key.rsplit_once('[').unwrap_or((&self.key, ""));
        list.to_owned()
    }

    /// The path of the URL, `/` if it has none.
    pub(crate) fn path(&self) -> &str {
        let after_scheme = self
            .url
            .split_once("://")
            .map_or(self.url.as_str(), |(_, rest)| rest);
        after_scheme.find('/').map_or("/", |at| &after_scheme[at..])
    }
}

/// Whether `host` is a loopback address other than the usual one. It is dialled as it is: on a machine with several
/// stand-ins, each can have one of its own.
pub(crate) fn is_particular_loopback(host: &str) -> bool {
    host.parse::<Ipv4Addr>()
        .is_ok_and(|ip| ip.is_loopback() && ip != Ipv4Addr::LOCALHOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str) -> Role {
        Role::from_name(name).expect("a role")
    }

    #[test]
    fn a_traffic_manager_decides_and_an_event_hub_publishes() {
        assert_eq!(
            is_served_by(Purpose::ThrottleReceiver, role("traffic-manager")),
            Some(true)
        );
        assert_eq!(
            is_served_by(Purpose::ThrottleReceiver, role("control-plane")),
            Some(false)
        );
        assert_eq!(
            is_served_by(Purpose::EventListening, role("traffic-manager")),
            Some(false)
        );
        assert_eq!(is_served_by(Purpose::Other, role("gateway")), None);
    }

    #[test]
    fn keys_that_a_component_does_not_read_are_no_edges_of_it() {
        assert!(!is_used_by(
            Purpose::ThrottleReceiver,
            role("control-plane")
        ));
        assert!(is_used_by(Purpose::EventListening, role("key-manager")));
        assert!(!is_used_by(Purpose::KeyManager, role("key-manager")));
    }
}
