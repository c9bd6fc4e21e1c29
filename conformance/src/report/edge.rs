//! Which findings report which edge of a topology.

use super::{Edge, EdgeVerdict};
use crate::finding::Finding;

impl Edge {
    /// Whether it is drawn as broken: it leads nowhere, or a requirement reports it.
    pub fn is_broken(&self) -> bool {
        self.verdict == EdgeVerdict::Dangles || !self.broken_by.is_empty()
    }

    /// Whether `finding` reports this edge: it points to the key that makes it, in a file of the component
    /// where it starts, and the value responsible, where the finding names one, holds its host.
    pub fn is_reported_by(&self, finding: &Finding) -> bool {
        let key = finding
            .configuration
            .as_ref()
            .map_or("", |at| at.key.as_str());
        let same_component = finding
            .object
            .as_ref()
            .is_none_or(|object| object.name.contains(self.from.name()));
        let same_host = finding
            .value
            .as_ref()
            .is_none_or(|value| value.contains(&self.host));
        !key.is_empty() && key == self.key && same_component && same_host
    }
}
