//! An address in a configuration, and what the node wants there.

use am_product::Purpose as Kind;
use serde::Serialize;

use super::address::Address;
use crate::effective::Provenance;
use crate::key::KeyPath;
use crate::placeholder::is_own_host;
use crate::span::Span;

/// What a node wants from the address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Purpose {
    /// The key manager's services (`apim.key_manager.service_url`).
    KeyManagerService,
    /// The throttling policies' services (`apim.throttling.service_url`).
    ThrottlingService,
    /// Where throttling events go.
    ThrottleReceiver {
        /// Number of the `url_group`, from 0.
        group: usize,
    },
    /// Where the sender of throttling events logs in.
    ThrottleAuth {
        /// Number of the `url_group`, from 0.
        group: usize,
    },
    /// The broker that tells throttle decisions.
    ThrottleDecision,
    /// The event hub's services: artifacts and data.
    EventHubService,
    /// The brokers that tell deployments and revocations.
    EventHubListening,
    /// Where the event hub's events are published.
    EventHubPublish {
        /// Number of the `url_group`, from 0.
        group: usize,
    },
    /// Where their publisher logs in.
    EventHubPublishAuth {
        /// Number of the `url_group`, from 0.
        group: usize,
    },
    /// Brokers that get a copy of throttle decisions.
    EventDuplicateThrottling,
    /// Brokers that get a copy of the event hub's events.
    EventDuplicateEventHub,
    /// The key set that signed tokens are checked with.
    JwksUrl,
    /// Where tokens are revoked.
    RevokeEndpoint,
    /// Where the `token_revocation` listener reports.
    NotificationEndpoint,
    /// The gateway environment's services.
    GatewayEnvironmentService {
        /// The environment's name.
        name: String,
    },
    /// A database.
    Database {
        /// Its table's name, such as `apim_db`.
        name: String,
    },
    /// Any other address that the file writes.
    Other,
}

impl Purpose {
    /// The same without its details, as the table of the product knows it.
    pub fn kind(&self) -> Kind {
        match self {
            Self::KeyManagerService => Kind::KeyManager,
            Self::ThrottlingService => Kind::ThrottlingService,
            Self::ThrottleReceiver { .. } => Kind::ThrottleReceiver,
            Self::ThrottleAuth { .. } => Kind::ThrottleAuth,
            Self::ThrottleDecision => Kind::ThrottleDecision,
            Self::EventHubService => Kind::EventHubService,
            Self::EventHubListening => Kind::EventListening,
            Self::EventHubPublish { .. } => Kind::EventPublish,
            Self::EventHubPublishAuth { .. } => Kind::EventPublishAuth,
            Self::EventDuplicateThrottling => Kind::ThrottleDuplicate,
            Self::EventDuplicateEventHub => Kind::EventDuplicate,
            Self::JwksUrl => Kind::Jwks,
            Self::RevokeEndpoint => Kind::Revoke,
            Self::NotificationEndpoint => Kind::Notification,
            Self::GatewayEnvironmentService { .. } => Kind::GatewayEnvironment,
            Self::Database { .. } => Kind::Database,
            Self::Other => Kind::Other,
        }
    }
}

/// An address in the effective configuration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reference {
    /// The effective key, with the element for lists: `apim.throttling.event_duplicate_url[1]`.
    pub key: KeyPath,
    /// What the node wants there.
    pub purpose: Purpose,
    /// The address, with the port placeholders filled in for the node's own offset.
    #[serde(flatten)]
    pub address: Address,
    /// The text after `$env{}` and `$ref{}`.
    pub raw: String,
    /// Where it stands in the file, or where the value stands that it falls back to.
    pub span: Option<Span>,
    /// Where it comes from.
    pub provenance: Provenance,
    /// Whether the node's switches make it use this address at all.
    pub enabled: bool,
}

impl Reference {
    /// Whether it is the node itself: `localhost`, a loopback address or a placeholder of the own address.
    pub fn is_own_node(&self) -> bool {
        is_own_host(&self.address.host)
    }
}
