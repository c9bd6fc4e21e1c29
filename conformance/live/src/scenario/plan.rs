//! The phases, in order, and the requirements that each judges.

use std::collections::BTreeSet;

use am_conformance::facts::Facts;
use am_product::Pattern;

use super::identity_server::REQUIREMENTS;
use crate::wiring::is_row;

/// A part of the scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Install,
    Upgrade,
    Wiring,
    Endpoints,
    Test,
    Story,
    Scale,
    Change,
    Disruption,
    Outage,
    Restart,
    Rollback,
    Neighbours,
    Network,
    Removal,
    Schema,
    Driver,
    Rotation,
    Enlargement,
    PatternChange,
    IdentityServer,
}

impl Phase {
    /// Everything that a pattern goes through.
    pub(crate) const ALL: [Self; 15] = [
        Self::Install,
        Self::Upgrade,
        Self::Wiring,
        Self::Endpoints,
        Self::Test,
        Self::Story,
        Self::Scale,
        Self::Change,
        Self::Rollback,
        Self::Disruption,
        Self::Outage,
        Self::Restart,
        Self::Network,
        Self::Neighbours,
        Self::Removal,
    ];

    /// What shows that a pattern as a whole is wired: each has components of its own that find each other. The other phases
    /// show what components do, wherever they are.
    pub(crate) const OF_WIRING: [Self; 6] = [
        Self::Install,
        Self::Wiring,
        Self::Endpoints,
        Self::Test,
        Self::Story,
        Self::Removal,
    ];

    /// What production adds to a pattern. A restart by Reloader is known to the workload alone, and is lost when a larger
    /// volume needs a new one: rotation comes after it.
    pub(crate) const OF_PRODUCTION: [Self; 5] = [
        Self::Schema,
        Self::Driver,
        Self::Enlargement,
        Self::Rotation,
        Self::PatternChange,
    ];

    /// What an identity server in the place of a key manager adds.
    pub(crate) const OF_IDENTITY_SERVER: [Self; 3] =
        [Self::Install, Self::Wiring, Self::IdentityServer];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Upgrade => "upgrade",
            Self::Wiring => "wiring",
            Self::Endpoints => "endpoints",
            Self::Test => "helm test",
            Self::Story => "story",
            Self::Scale => "scale",
            Self::Change => "change",
            Self::Disruption => "disruption",
            Self::Outage => "outage",
            Self::Restart => "restart",
            Self::Rollback => "rollback",
            Self::Neighbours => "neighbours",
            Self::Network => "network policies",
            Self::Removal => "removal",
            Self::Schema => "schema",
            Self::Driver => "driver",
            Self::Rotation => "rotation",
            Self::Enlargement => "enlargement",
            Self::PatternChange => "pattern change",
            Self::IdentityServer => "identity server",
        }
    }

    /// Whether the phase asks the stand-ins what they saw, which the vendor's images do not tell.
    pub(crate) fn asks_standins(self) -> bool {
        matches!(
            self,
            Self::Wiring
                | Self::Endpoints
                | Self::Outage
                | Self::Network
                | Self::Neighbours
                | Self::IdentityServer
        )
    }

    /// Whether the phase judges what only a release with a database server of its own has.
    pub(crate) fn needs_database(self) -> bool {
        matches!(self, Self::Schema | Self::Driver)
    }

    /// The requirements that the phase judges, besides those of the wiring table.
    fn requirements(self) -> &'static [&'static str] {
        match self {
            Self::Install => &[
                "AM-TOPO-001",
                "AM-TOPO-002",
                "AM-OPS-003",
                "AM-OPS-008",
                "AM-OPS-012",
                "AM-OPS-023",
                "AM-OPS-024",
                "AM-SEC-013",
                "AM-WIRE-019",
            ],
            Self::Upgrade => &[
                "AM-UPG-001",
                "AM-UPG-002",
                "AM-UPG-004",
                "AM-UPG-008",
                "AM-UPG-010",
            ],
            Self::Wiring => &[
                "AM-CONF-012",
                "AM-DIST-001",
                "AM-DIST-004",
                "AM-TOPO-003",
                "AM-TOPO-004",
            ],
            Self::Endpoints => &["AM-NET-001", "AM-NET-002"],
            Self::Test => &["AM-HELM-016"],
            Self::Story => &["AM-OPS-004", "AM-WIRE-014"],
            Self::Scale => &["AM-UPG-001", "AM-UPG-009", "AM-WIRE-013", "AM-WIRE-019"],
            Self::Change => &["AM-OPS-013", "AM-OPS-041", "AM-UPG-006", "AM-UPG-007"],
            Self::Disruption => &["AM-NET-007", "AM-OPS-001", "AM-OPS-009"],
            Self::Outage => &["AM-OPS-004", "AM-OPS-023", "AM-OPS-024"],
            Self::Restart => &["AM-OPS-001", "AM-OPS-023"],
            Self::Rollback => &["AM-UPG-005"],
            Self::Neighbours => &["AM-CONF-015", "AM-HELM-008", "AM-HELM-009"],
            Self::Network => &["AM-NET-017", "AM-NET-018", "AM-NET-066"],
            Self::Removal => &["AM-OPS-005", "AM-UPG-011"],
            Self::Schema => &["AM-OPS-059"],
            Self::Driver => &["AM-OPS-060"],
            Self::Rotation => &["AM-UPG-006", "AM-UPG-007"],
            Self::Enlargement => &["AM-UPG-009", "AM-UPG-014"],
            Self::PatternChange => &["AM-UPG-004", "AM-UPG-010", "AM-UPG-013"],
            Self::IdentityServer => &REQUIREMENTS,
        }
    }
}

/// The rows of the wiring table that ask for something in a pattern. Those of pairs ask for nothing where there is one
/// node only.
pub(crate) fn wiring(facts: &Facts, pattern: Pattern) -> BTreeSet<&str> {
    let nodes = facts.patterns.get(&pattern);
    let is_pair = |on| {
        nodes
            .and_then(|nodes| nodes.get(&on))
            .is_some_and(|nodes| *nodes > 1)
    };
    facts
        .edges
        .iter()
        .filter(|edge| edge.peers.contains_key(&pattern))
        .filter(|edge| !edge.highly_available || is_pair(edge.on))
        .map(|edge| edge.requirement.as_str())
        .collect()
}

/// Everything that the phases must judge on a pattern.
pub(crate) fn planned<'f>(facts: &'f Facts, phases: &[Phase], pattern: Pattern) -> Vec<&'f str> {
    let mut ids: Vec<&str> = phases
        .iter()
        .flat_map(|phase| phase.requirements().iter().copied())
        .collect();
    if phases.contains(&Phase::Wiring) {
        ids.extend(wiring(facts, pattern));
    }
    ids
}

/// The shortest way to judge certain requirements: the installation, the phases that alone judge one of them, and of each other one the
/// first that judges it, unless one of those does.
pub(crate) fn phases_for<'r>(
    facts: &Facts,
    requirements: impl IntoIterator<Item = &'r str>,
) -> Vec<Phase> {
    let all = || {
        let more = Phase::OF_PRODUCTION
            .into_iter()
            .chain([Phase::IdentityServer]);
        Phase::ALL.into_iter().chain(more)
    };
    let judging = |id: &str| -> Vec<Phase> {
        all()
            .filter(|phase| {
                *phase == Phase::Wiring && is_row(facts, id) || phase.requirements().contains(&id)
            })
            .collect()
    };
    let mut choices: Vec<Vec<Phase>> = requirements.into_iter().map(judging).collect();
    choices.sort_by_key(|choice| choice.len() > 1);
    let mut wanted = vec![Phase::Install];
    for choice in &choices {
        if !choice.iter().any(|phase| wanted.contains(phase)) {
            wanted.extend(choice.first());
        }
    }
    all().filter(|phase| wanted.contains(phase)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Phase, phases_for, planned, wiring};
    use am_conformance::Catalogue;
    use am_conformance::facts::Facts;
    use am_product::Pattern;

    fn facts() -> Facts {
        Facts::load().expect("the committed tables parse")
    }

    #[test]
    fn every_planned_requirement_exists() {
        let catalogue = Catalogue::load().expect("the committed requirements parse");
        for id in planned(&facts(), &Phase::ALL, Pattern::Numbered(4)) {
            assert!(catalogue.get(id).is_ok(), "{id}");
        }
    }

    #[test]
    fn rows_of_pairs_ask_for_nothing_on_a_single_node() {
        let facts = facts();
        let duplicates = "AM-WIRE-009";
        assert!(!wiring(&facts, Pattern::Numbered(0)).contains(duplicates));
        assert!(wiring(&facts, Pattern::Numbered(1)).contains(duplicates));
        assert_eq!(wiring(&facts, Pattern::Numbered(0)).len(), 5);
        assert_eq!(wiring(&facts, Pattern::Numbered(4)).len(), 13);
    }

    #[test]
    fn only_the_phases_are_played_that_judge_what_is_asked() {
        assert_eq!(
            phases_for(&facts(), ["AM-WIRE-008"]),
            [Phase::Install, Phase::Wiring]
        );
        assert_eq!(
            phases_for(&facts(), ["AM-NET-007"]),
            [Phase::Install, Phase::Disruption]
        );
        assert_eq!(phases_for(&facts(), ["AM-TOPO-002"]), [Phase::Install]);
        assert_eq!(phases_for(&facts(), ["AM-OPS-023"]), [Phase::Install]);
        assert_eq!(phases_for(&facts(), ["AM-WIRE-019"]), [Phase::Install]);
        assert_eq!(
            phases_for(&facts(), ["AM-OPS-060"]),
            [Phase::Install, Phase::Driver]
        );
        assert_eq!(
            phases_for(&facts(), ["AM-WIRE-013"]),
            [Phase::Install, Phase::Wiring]
        );
        assert_eq!(
            phases_for(&facts(), ["AM-NET-018", "AM-NET-072"]),
            [Phase::Install, Phase::IdentityServer]
        );
    }
}
