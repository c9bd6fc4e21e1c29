//! What a stand-in saw, as JSON for whoever asks: the contract between the stand-in and the live suite.
//!
//! Times are milliseconds since 1970. No value of a `$env{…}` expression and no password is ever in here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::edge::{Edge, Provenance, Purpose, Transport};
use crate::identity::Identity;
use crate::ports::Port;
use crate::protocol::{Api, Topic};

/// Everything that a stand-in tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observations {
    /// Version of this format.
    pub schema: u32,
    /// Who tells.
    pub identity: Identity,
    /// When the process started.
    pub started_ms: u64,
    /// Whether the ports are open.
    pub open: bool,
    /// What the gateway's start-up health check says; for other roles, the same as `open`.
    pub ready: bool,
    /// The ports that this node opens.
    pub ports: Vec<Port>,
    /// What the file sets and what the product falls back to.
    pub effective: Vec<EffectiveEntry>,
    /// The addresses that the configuration names, and what was found there.
    pub edges: Vec<EdgeObservation>,
    /// Who connected to this node.
    pub inbound: Vec<InboundObservation>,
    /// What this node knows of the story.
    pub story: StoryObservation,
    /// What a product's log would warn of.
    pub warnings: Vec<String>,
}

/// The version of the format that this crate writes.
pub const SCHEMA: u32 = 1;

/// A value of the effective configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectiveEntry {
    /// The key.
    pub key: String,
    /// The value as written, so that `$env{…}` stays `$env{…}`; `***` for what is secret by its name.
    pub value: String,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// What came of the connections to one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgeObservation {
    /// The address and what it is for.
    #[serde(flatten)]
    pub edge: Edge,
    /// The judgement of the last attempt.
    pub verdict: Verdict,
    /// What the name resolved to at the last attempt.
    pub addresses: BTreeSet<String>,
    /// How often a connection was tried.
    pub attempts: u64,
    /// How often it ended with the verdict `reached`.
    pub reached: u64,
    /// When the verdict was first `reached`.
    pub first_reached_ms: Option<u64>,
    /// When it was last.
    pub last_reached_ms: Option<u64>,
    /// When it was last tried.
    pub last_attempt_ms: Option<u64>,
    /// The last error, kept when a later attempt succeeds.
    pub last_error: Option<String>,
    /// Everybody who ever answered.
    pub peers: Vec<PeerObservation>,
}

/// The result of connecting to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Not tried yet.
    Untried,
    /// The address answers, and who answers can serve the purpose.
    Reached,
    /// The address answers, but whoever answers does not tell who it is (no stand-in).
    Unknown,
    /// A component answers that cannot serve the purpose.
    WrongRole,
    /// The name has no address.
    Unresolved,
    /// Nobody listens there.
    Refused,
    /// No answer in time; also what a network policy does.
    Timeout,
    /// Somebody listens, but does not speak what the address promises (TLS, HTTP, frames).
    WrongProtocol,
}

/// Somebody who answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerObservation {
    /// Who.
    pub identity: Identity,
    /// How often.
    pub count: u64,
    /// First time.
    pub first_ms: u64,
    /// Last time.
    pub last_ms: u64,
}

/// Somebody who connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundObservation {
    /// Name of the port.
    pub port: String,
    /// Address of the client; all strangers of one port count together as `stranger`.
    pub from: String,
    /// Who, if it was a stand-in.
    pub identity: Option<Identity>,
    /// How often.
    pub count: u64,
    /// First time.
    pub first_ms: u64,
    /// Last time.
    pub last_ms: u64,
}

/// What a node knows of the story.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StoryObservation {
    /// Gateways: the APIs that are served. Event hubs: the APIs that are deployed. By name.
    pub apis: BTreeMap<String, Api>,
    /// Tokens known to be revoked.
    pub revoked_tokens: BTreeSet<String>,
    /// Pairs `api token` that are throttled.
    pub throttled: BTreeSet<String>,
    /// Traffic managers: requests counted, by pair `api token`.
    pub requests: BTreeMap<String, u64>,
    /// Topics that this node is subscribed to.
    pub subscriptions: Vec<LinkObservation>,
    /// Where this node publishes events.
    pub publishers: Vec<LinkObservation>,
    /// Events that this node received from a topic, by topic.
    pub events: BTreeMap<Topic, u64>,
}

/// A connection that is kept up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkObservation {
    /// What for.
    pub purpose: Purpose,
    /// The address.
    pub url: String,
    /// What is spoken there.
    pub transport: Transport,
    /// Who is at the other end; `None` while there is no connection.
    pub peer: Option<Identity>,
    /// How often the connection was made.
    pub connections: u64,
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}
