//! The ports of a role, and the keys that switch and move them (source: facts on the product's default configuration).

use am_deployment_toml::effective::Effective;
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

struct Definition {
    name: &'static str,
    number: u16,
    tls: bool,
    service: Service,
    /// The key that moves the port.
    key: &'static str,
    /// The keys that switch the port off when they are false.
    switches: &'static [&'static str],
}

const TRAFFIC_MANAGEMENT: &str = "server.enable_traffic_management";

const DEFINITIONS: [Definition; 11] = [
    Definition {
        name: "servlet-https",
        number: 9443,
        tls: true,
        service: Service::Servlet,
        key: "transport.https.properties.port",
        switches: &[],
    },
    Definition {
        name: "servlet-http",
        number: 9763,
        tls: false,
        service: Service::Servlet,
        key: "transport.http.properties.port",
        switches: &[],
    },
    Definition {
        name: "gateway-https",
        number: 8243,
        tls: true,
        service: Service::Gateway,
        key: "transport.passthru_https.listener.parameters.port",
        switches: &[],
    },
    Definition {
        name: "gateway-http",
        number: 8280,
        tls: false,
        service: Service::Gateway,
        key: "transport.passthru_http.listener.parameters.port",
        switches: &[],
    },
    Definition {
        name: "wss",
        number: 8099,
        tls: true,
        service: Service::Streaming,
        key: "apim.wss.port",
        switches: &["apim.wss.enable"],
    },
    Definition {
        name: "ws",
        number: 9099,
        tls: false,
        service: Service::Streaming,
        key: "apim.ws.port",
        switches: &["apim.ws.enable"],
    },
    Definition {
        name: "websub-https",
        number: 8021,
        tls: true,
        service: Service::Streaming,
        key: "apim.webhooks.https.port",
        switches: &["apim.webhooks.https.enable"],
    },
    Definition {
        name: "websub-http",
        number: 9021,
        tls: false,
        service: Service::Streaming,
        key: "",
        switches: &[],
    },
    Definition {
        name: "thrift",
        number: 9611,
        tls: false,
        service: Service::Thrift,
        key: "transport.binary.receiver.tcpPort",
        switches: &[TRAFFIC_MANAGEMENT],
    },
    Definition {
        name: "thrift-ssl",
        number: 9711,
        tls: true,
        service: Service::ThriftAuth,
        key: "transport.binary.receiver.sslPort",
        switches: &[TRAFFIC_MANAGEMENT],
    },
    Definition {
        name: "jms",
        number: 5672,
        tls: false,
        service: Service::Jms,
        key: "broker.transport.amqp.default_connection.port",
        switches: &[TRAFFIC_MANAGEMENT, "broker.transport.amqp.enabled"],
    },
];

/// The ports that `role` opens with this configuration.
pub(crate) fn of(role: Role, effective: &Effective, offset: u16) -> Vec<Port> {
    DEFINITIONS
        .iter()
        .filter(|definition| match definition.service {
            Service::Servlet => true,
            Service::Gateway | Service::Streaming => role.has_gateway(),
            Service::Jms | Service::Thrift | Service::ThriftAuth => {
                role.has_event_hub() || role.has_traffic_manager()
            }
            Service::Database => role == Role::Database,
        })
        .filter(|definition| {
            definition
                .switches
                .iter()
                .all(|switch| effective.is_on(switch, true))
        })
        .map(|definition| {
            let moved = effective
                .text(definition.key)
                .and_then(|text| text.trim().parse().ok());
            Port {
                name: definition.name.to_owned(),
                number: moved.unwrap_or(definition.number).saturating_add(offset),
                tls: definition.tls,
                service: definition.service,
            }
        })
        .collect()
}
