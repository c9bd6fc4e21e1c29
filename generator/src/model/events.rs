//! `events.yaml`: events that nodes of one component mirror to each other.

use serde::{Deserialize, Serialize};

use crate::yaml::Text;

/// Who mirrors which events.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Events {
    /// Role of the component whose nodes mirror them.
    pub role: Text,
    /// The events.
    pub streams: Vec<Stream>,
}

/// An event stream of the product, and the topic on which listeners hear it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stream {
    /// Name of the product's own publisher; those for further nodes begin with it.
    pub publisher: String,
    /// Name of the stream.
    pub stream: String,
    /// Version of the stream.
    pub version: String,
    /// JMS topic.
    pub topic: String,
}
