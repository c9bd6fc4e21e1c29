//! What a component wants at an address.

use serde::{Deserialize, Serialize};

use crate::capability::Capability;
use crate::component::Component;
use crate::table::table;

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

/// What the table says of one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct PurposeRow {
    pub(crate) purpose: Purpose,
    key: String,
    served_by: Vec<Capability>,
    /// Everybody, if there is none.
    #[serde(default)]
    used_by: Vec<Capability>,
}

impl Purpose {
    /// The purposes of the addresses at a key of the wiring table; for groups, receivers first.
    pub fn at_key(key: &str) -> impl Iterator<Item = Self> {
        let rows = table().purposes.iter();
        rows.filter(move |row| row.key == key)
            .map(|row| row.purpose)
    }

    /// The key of the wiring table by which a configuration says the address, if it has one.
    pub fn key(self) -> Option<&'static str> {
        self.row().map(|row| row.key.as_str())
    }

    /// Whether a component can serve it, whatever the pattern. `None`: nothing is known of who does.
    pub fn is_served_by(self, component: Component) -> Option<bool> {
        let mut capabilities = self.row()?.served_by.iter();
        Some(capabilities.any(|capability| component.has(*capability)))
    }

    /// Whether a component uses such an address at all; the product renders some keys that nobody reads.
    pub fn is_used_by(self, component: Component) -> bool {
        self.row().is_none_or(|row| {
            let mut capabilities = row.used_by.iter();
            row.used_by.is_empty() || capabilities.any(|capability| component.has(*capability))
        })
    }

    fn row(self) -> Option<&'static PurposeRow> {
        table().purposes.iter().find(|row| row.purpose == self)
    }
}
