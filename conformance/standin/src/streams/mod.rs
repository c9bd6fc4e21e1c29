//! A server of apps on streams: which of two nodes is active, and what its sources take.
//!
//! Both nodes beat in the coordination database. The first is active; the other takes its place when it has not beaten for as long as
//! the configuration allows. The passive node has its sources closed and is told by the active one what that took (facts:
//! integration-and-vm.md, 2.3).

mod deployment_yaml;
mod pair;
mod sender;

use serde::{Deserialize, Serialize};

pub use deployment_yaml::Settings;
pub(crate) use deployment_yaml::{DATA_SOURCES, read};
pub(crate) use pair::{start, take, told};
pub(crate) use sender::send;

/// What a node of such a server tells.
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
