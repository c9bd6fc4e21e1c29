//! What a component can do: the words in which code asks about components.

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::unknown::Unknown;

/// Something that a component does or is. The words are closed: each is asked for somewhere in code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Serves API traffic: it deploys APIs and calls their backends.
    ServesTraffic,
    /// Has the portals and the management APIs.
    Portals,
    /// Issues, validates and revokes tokens, as a key manager does.
    IssuesTokens,
    /// The place where APIs are deployed and events start.
    EventHub,
    /// Takes throttling decisions.
    Throttles,
    /// Its nodes are addressed one by one and keep their names.
    StableNodes,
    /// Works on the databases that its like share; one with its own would disagree with the others.
    SharesDatabases,
    /// Opens the databases of APIs and users.
    ApiDatabases,
    /// Serves `/internal/data/v1` to gateways.
    InternalData,
    /// Answers the start-up health check of gateways.
    StartUpCheck,
    /// Is what it is without a `server_role`.
    RoleOptional,
    /// Needs no other component: everything that it talks to it may find in itself.
    WholeProduct,
    /// Runs integrations, which gateways call as backends.
    Integrates,
    /// Runs apps on streams of events.
    Streams,
}

/// The word of each in data.
const WORDS: [(&str, Capability); 14] = [
    ("serves-traffic", Capability::ServesTraffic),
    ("portals", Capability::Portals),
    ("issues-tokens", Capability::IssuesTokens),
    ("event-hub", Capability::EventHub),
    ("throttles", Capability::Throttles),
    ("stable-nodes", Capability::StableNodes),
    ("shares-databases", Capability::SharesDatabases),
    ("api-databases", Capability::ApiDatabases),
    ("internal-data", Capability::InternalData),
    ("start-up-check", Capability::StartUpCheck),
    ("role-optional", Capability::RoleOptional),
    ("whole-product", Capability::WholeProduct),
    ("integrates", Capability::Integrates),
    ("streams", Capability::Streams),
];

impl Capability {
    /// Every word.
    pub fn words() -> impl Iterator<Item = &'static str> {
        WORDS.iter().map(|(word, _)| *word)
    }

    /// The capability of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        let mut words = WORDS.iter();
        words.find(|(known, _)| *known == word).map(|(_, it)| *it)
    }
}

impl<'de> Deserialize<'de> for Capability {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::from_word(&word)
            .ok_or_else(|| D::Error::custom(Unknown::new("capability", &word, Self::words())))
    }
}
