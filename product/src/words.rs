//! Words of the table that code knows: what the product does, speaks and wants.

use serde::{Deserialize, Serialize};

use crate::data::File;

const DEPLOYMENT_YAML: File = File::new(
    "product/data/deployment-yaml.schema.json",
    include_str!("../data/deployment-yaml.schema.json"),
);

/// Something that the product does from some version on. The words are closed: each is asked for somewhere in code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// Gateways fetch the list of tenants when they start.
    GatewaysFetchTenants,
    /// Internal data is encrypted with one key, which every node must have.
    EncryptionKey,
    /// The image's entrypoint passes SIGTERM on to the server.
    EntrypointForwardsSigterm,
    /// The engine puts values of `$env{}` in as they are; before, `$` and `\` in them mean something.
    LiteralVariables,
}

/// What the configuration of a distribution is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConfigurationFormat {
    /// A `deployment.toml`, whose keys are in a catalogue.
    Toml,
    /// A `deployment.yaml`, which the engine does not read.
    Yaml,
}

impl ConfigurationFormat {
    /// The JSON schema of its sections and keys, where no catalogue has them.
    pub fn schema(self) -> Option<File> {
        match self {
            Self::Toml => None,
            Self::Yaml => Some(DEPLOYMENT_YAML),
        }
    }

    /// The format of a file, by the end of its name.
    pub(crate) fn of_file(path: &str) -> Option<Self> {
        match path.rsplit_once('.')?.1 {
            "toml" => Some(Self::Toml),
            "yaml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

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
    /// HTTP of integrations.
    Integrations,
    /// HTTP of a server's inner business: health, metrics, management.
    Inner,
    /// Events that apps take in.
    Streams,
    /// What the nodes of a cluster tell each other.
    Cluster,
}

impl Protocol {
    /// Every one.
    pub(crate) const ALL: [Self; 11] = [
        Self::Servlets,
        Self::Apis,
        Self::Websockets,
        Self::Webhooks,
        Self::Thrift,
        Self::ThriftAuth,
        Self::Jms,
        Self::Integrations,
        Self::Inner,
        Self::Streams,
        Self::Cluster,
    ];

    /// Whether it is an inner protocol of events, which answers no HTTP request.
    pub fn is_of_events(self) -> bool {
        matches!(
            self,
            Self::Thrift | Self::ThriftAuth | Self::Jms | Self::Streams | Self::Cluster
        )
    }
}

/// What a component wants at an address. The words are closed, because code knows how each is spoken to; which key says the address,
/// who serves it and who uses it is in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The key manager's services.
    KeyManager,
    /// The keys that sign tokens.
    Jwks,
    /// Where tokens are revoked.
    Revoke,
    /// Where revoked tokens are reported.
    Notification,
    /// The services of a gateway environment.
    GatewayEnvironment,
    /// The services of throttling policies.
    ThrottlingService,
    /// Where throttling events go.
    ThrottleReceiver,
    /// Where their sender logs in.
    ThrottleAuth,
    /// The broker that tells throttle decisions.
    ThrottleDecision,
    /// Brokers that get a copy of throttle decisions.
    ThrottleDuplicate,
    /// The event hub's services: artifacts and data.
    EventHubService,
    /// The brokers that tell deployments and revocations.
    EventListening,
    /// Where the event hub publishes.
    EventPublish,
    /// Where its publisher logs in.
    EventPublishAuth,
    /// Brokers that get a copy of the event hub's events.
    EventDuplicate,
    /// A database.
    Database,
    /// Any other address that a configuration writes.
    Other,
}
