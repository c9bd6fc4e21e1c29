//! `events.yaml`: events that nodes of one component mirror to each other, and publish to other regions.

use serde::{Deserialize, Serialize};

use crate::yaml::Text;

/// Who mirrors which events.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Events {
    /// Role of the component whose nodes mirror them.
    pub role: Text,
    /// What each node tells further nodes of the same region.
    pub streams: Vec<Stream>,
    /// What each node tells every node of other regions.
    pub regions: Vec<RegionStream>,
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

/// An event stream that crosses to other regions. Its publishers are called after the topic.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RegionStream {
    /// JMS topic.
    pub topic: String,
    /// Name of the stream.
    pub stream: String,
    /// Version of the stream.
    pub version: String,
    /// Product versions that have it; every version when missing.
    #[serde(default)]
    pub versions: Option<Vec<Text>>,
}
