//! Who of a group of nodes is active: rows of a database that every node renews.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::records::{Answer, Member};

/// The rows of one group. A node is known by its id alone, so that two of one id are the same to it (facts: integration.yaml,
/// `streaming_integrator.config`).
#[derive(Debug, Default)]
pub(super) struct Group {
    active: String,
    beats: BTreeMap<String, (Member, Instant)>,
}

impl Group {
    /// Takes a node's beat at a time: the first node becomes active, and whoever beats first after the active one is gone.
    pub(super) fn beat(&mut self, member: Member, patience_ms: u64, now: Instant) -> Answer {
        let patience = Duration::from_millis(patience_ms);
        let id = member.id.clone();
        self.beats.insert(id.clone(), (member, now));
        self.beats
            .retain(|_, (_, last)| now.saturating_duration_since(*last) <= patience);
        if !self.beats.contains_key(&self.active) {
            self.active = id;
        }
        Answer::Members {
            active: self.active.clone(),
            members: self.beats.values().map(|(it, _)| it.clone()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Answer, Group, Member};

    fn beat(group: &mut Group, id: &str, after: Instant) -> (String, usize) {
        let member = Member {
            id: id.to_owned(),
            host: id.to_owned(),
            port: 1,
        };
        match group.beat(member, 10, after) {
            Answer::Members { active, members } => (active, members.len()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_passive_node_takes_over_when_the_active_one_has_not_beaten_for_too_long() {
        let mut group = Group::default();
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(beat(&mut group, "a", at(100)), ("a".to_owned(), 1));
        assert_eq!(beat(&mut group, "b", at(101)), ("a".to_owned(), 2));
        assert_eq!(beat(&mut group, "b", at(110)), ("a".to_owned(), 2));
        assert_eq!(beat(&mut group, "b", at(111)), ("b".to_owned(), 1));
        // The one that comes back is passive.
        assert_eq!(beat(&mut group, "a", at(112)), ("b".to_owned(), 2));
    }
}
