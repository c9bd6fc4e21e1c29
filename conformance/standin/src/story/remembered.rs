//! What a node remembers of a story.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Ids of events that are remembered, so that none is taken twice.
const REMEMBERED: usize = 2048;

/// What a node must remember to play its part.
#[derive(Default)]
pub(crate) struct Remembered {
    /// Events that its broker has passed on.
    pub(super) brokered: Seen,
    /// Events that it took from a topic.
    pub(super) taken: Seen,
    /// Revisions that a gateway heard of and must find at the event hub.
    pub(crate) announced: BTreeMap<String, u64>,
}

/// Ids of events, the oldest of which are forgotten.
#[derive(Default)]
pub(super) struct Seen {
    order: VecDeque<String>,
    ids: BTreeSet<String>,
}

impl Seen {
    /// Whether an event is seen for the first time.
    pub(super) fn is_new(&mut self, id: &str) -> bool {
        if !self.ids.insert(id.to_owned()) {
            return false;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}
