//! What happens at one component and concerns others.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A JMS topic of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Topic {
    /// APIs deployed and undeployed.
    #[serde(rename = "notification")]
    Notification,
    /// Revoked tokens.
    #[serde(rename = "tokenRevocation")]
    TokenRevocation,
    /// Throttling decisions.
    #[serde(rename = "throttleData")]
    ThrottleData,
}

/// Something that happened; passed on until everybody concerned knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The same on every way that the event takes, so that nobody takes it twice.
    pub id: String,
    /// What happened.
    pub what: Happening,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Happening {
    /// An API was deployed to gateway environments.
    Deployed {
        /// The API.
        api: Api,
    },
    /// A token was revoked.
    Revoked {
        /// The token.
        token: String,
    },
    /// A request went through a gateway.
    Requested {
        /// The API's name.
        api: String,
        /// Who asked.
        token: String,
    },
    /// An app on streams was sent something.
    Streamed,
    /// The traffic manager decided to let no more requests pass.
    Throttled {
        /// The API's name.
        api: String,
        /// Who asked too much.
        token: String,
    },
}

/// A deployed API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Api {
    /// Its name, which is also the first segment of its path on the gateways, or the first three of a tenant's: `t/DOMAIN/NAME`.
    pub name: String,
    /// The gateway environments (labels) that it is deployed to.
    pub environments: BTreeSet<String>,
    /// Counts deployments of the same API.
    pub revision: u64,
    /// Where its calls go; without one the gateway answers itself.
    #[serde(default)]
    pub endpoint: Option<String>,
}

impl Event {
    /// A new event with an id of its own.
    pub fn new(what: Happening) -> Self {
        Self {
            id: unique_id(),
            what,
        }
    }

    /// The topic on which the event reaches subscribers; a request is only counted.
    pub fn topic(&self) -> Option<Topic> {
        match self.what {
            Happening::Deployed { .. } => Some(Topic::Notification),
            Happening::Revoked { .. } => Some(Topic::TokenRevocation),
            Happening::Throttled { .. } => Some(Topic::ThrottleData),
            Happening::Requested { .. } | Happening::Streamed => None,
        }
    }
}

/// An id that no other stand-in makes.
pub(crate) fn unique_id() -> String {
    format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..))
}
