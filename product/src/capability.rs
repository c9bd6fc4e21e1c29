//! What a component can do: the words in which code asks about components.

use serde::Deserialize;

/// Something that a component does or is. The words are closed: each is asked for somewhere in code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Serves API traffic: it deploys APIs and calls their backends.
    ServesTraffic,
    /// Has the portals and the management APIs.
    Portals,
    /// Issues, validates and revokes tokens.
    KeyManager,
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
}
