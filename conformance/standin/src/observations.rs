//! What a stand-in saw, as JSON for whoever asks: the contract between the stand-in and the live suite.
//!
//! Times are milliseconds since 1970. No value of a `$env{…}` expression and no password is ever in here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::database::Records;
use crate::edge::{Edge, Provenance, Purpose, Transport};
use crate::event::{Api, Topic};
use crate::identity::Identity;
use crate::ports::Port;

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
    /// Why the server hangs half started, with its ports closed until it is killed.
    pub hangs: Option<String>,
    /// What memory the container was given.
    pub memory: Option<MemoryObservation>,
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
pub const SCHEMA: u32 = 2;

/// The memory of a container and what the product would need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryObservation {
    /// The container's limit, if it has one.
    pub limit_bytes: Option<u64>,
    /// The heap that the options allow, if they say so.
    pub heap_bytes: Option<u64>,
    /// The Java options for memory.
    pub options: String,
    /// What the limit must hold: the heap and what is beside it.
    pub needed_bytes: Option<u64>,
}

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
    /// Gateways: the APIs that are served, by name.
    pub apis: BTreeMap<String, Api>,
    /// Gateways: tokens that are refused because they are revoked.
    pub revoked_tokens: BTreeSet<String>,
    /// Event hubs: what is in the database, as far as this node looked.
    pub database: Records,
    /// Pairs `api token` that are throttled.
    pub throttled: BTreeSet<String>,
    /// Traffic managers: requests counted, by pair `api token`.
    pub requests: BTreeMap<String, u64>,
    /// Topics that this node listens to: one connection for each list of endpoints.
    pub subscriptions: Vec<LinkObservation>,
    /// Where this node publishes events: one connection for each thrift receiver and each list of brokers.
    pub publishers: Vec<LinkObservation>,
    /// Ids of the last events that this node heard from a topic, oldest first: `deployed/<api>/<revision>`,
    /// `revoked/<token>`, `throttled/<api>/<token>/<requests>`.
    pub heard: BTreeMap<Topic, VecDeque<String>>,
    /// Servers of integrations: what the service catalogue answered; nothing where it was not asked, or cannot be reached.
    #[serde(default)]
    pub registered: Option<u16>,
    /// Servers of apps on streams.
    #[serde(default)]
    pub streams: Option<StreamsObservation>,
}

/// What a node of a server of apps on streams tells.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StreamsObservation {
    /// The id by which it beats.
    pub id: String,
    /// Its group; none for a node that is alone.
    pub group: Option<String>,
    /// Where the other node is, once it is known.
    pub other: Option<String>,
    /// Whether its sources are open.
    pub active: bool,
    /// From when to when it was active, in milliseconds since 1970; the last one may still last.
    pub periods: Vec<(u64, Option<u64>)>,
    /// Events that its sources took, oldest first.
    pub taken: Vec<String>,
    /// Events that the active node told it of.
    pub copied: Vec<String>,
    /// Why it could not tell the other node, or ask the database, the last time.
    pub last_error: Option<String>,
}

/// A connection that is kept up, to one of a list of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkObservation {
    /// What for.
    pub purpose: Purpose,
    /// The key that lists the addresses, or the name of the event publisher.
    pub key: String,
    /// The addresses, in the order in which they are tried.
    pub urls: Vec<String>,
    /// What is spoken there.
    pub transport: Transport,
    /// The address that is connected to; `None` while there is no connection.
    pub url: Option<String>,
    /// Who is at the other end; `None` while there is no connection.
    pub peer: Option<Identity>,
    /// How often the connection was made.
    pub connections: u64,
    /// Listeners: how many frames the broker sent, signs of life among them.
    pub frames: u64,
    /// A listener whose first connection failed: it never tries again and hears nothing, and its node is ready.
    pub deaf: bool,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}
