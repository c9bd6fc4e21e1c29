//! The phases, in order, and the requirements that each judges.

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
    Rollback,
    Neighbours,
    Network,
    Removal,
}

impl Phase {
    /// Everything that a pattern goes through.
    pub(crate) const ALL: [Self; 13] = [
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
        Self::Network,
        Self::Neighbours,
        Self::Removal,
    ];

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
            Self::Rollback => "rollback",
            Self::Neighbours => "neighbours",
            Self::Network => "network policies",
            Self::Removal => "removal",
        }
    }

    /// The requirements that the phase judges, besides those of the wiring table.
    fn requirements(self) -> &'static [&'static str] {
        match self {
            Self::Install => &["AM-TOPO-001", "AM-TOPO-002", "AM-OPS-003", "AM-SEC-013"],
            Self::Upgrade => &["AM-UPG-002", "AM-UPG-004", "AM-UPG-010"],
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
            Self::Scale => &["AM-UPG-001", "AM-UPG-009"],
            Self::Change => &["AM-OPS-013", "AM-OPS-014", "AM-UPG-006", "AM-UPG-007"],
            Self::Disruption => &["AM-NET-007", "AM-OPS-001", "AM-OPS-009"],
            Self::Rollback => &["AM-UPG-005"],
            Self::Neighbours => &["AM-CONF-015", "AM-HELM-008", "AM-HELM-009"],
            Self::Network => &["AM-NET-017", "AM-NET-018"],
            Self::Removal => &["AM-UPG-011"],
        }
    }
}

/// The rows of the wiring table that ask for something in a pattern. Those of pairs ask for nothing where there is
/// one node only.
fn wiring(pattern: u8) -> &'static [&'static str] {
    match pattern {
        0 => &[
            "AM-WIRE-001",
            "AM-WIRE-002",
            "AM-WIRE-003",
            "AM-WIRE-004",
            "AM-WIRE-005",
        ],
        1 => &[
            "AM-WIRE-001",
            "AM-WIRE-002",
            "AM-WIRE-003",
            "AM-WIRE-004",
            "AM-WIRE-005",
            "AM-WIRE-007",
            "AM-WIRE-008",
            "AM-WIRE-009",
            "AM-WIRE-011",
            "AM-WIRE-012",
            "AM-WIRE-013",
        ],
        2 | 5 => &[
            "AM-WIRE-001",
            "AM-WIRE-002",
            "AM-WIRE-003",
            "AM-WIRE-004",
            "AM-WIRE-005",
            "AM-WIRE-006",
            "AM-WIRE-007",
            "AM-WIRE-008",
            "AM-WIRE-010",
            "AM-WIRE-011",
        ],
        3 => &[
            "AM-WIRE-001",
            "AM-WIRE-002",
            "AM-WIRE-003",
            "AM-WIRE-005",
            "AM-WIRE-006",
            "AM-WIRE-007",
            "AM-WIRE-008",
            "AM-WIRE-009",
            "AM-WIRE-010",
            "AM-WIRE-011",
            "AM-WIRE-012",
            "AM-WIRE-013",
        ],
        _ => &[
            "AM-WIRE-001",
            "AM-WIRE-002",
            "AM-WIRE-003",
            "AM-WIRE-004",
            "AM-WIRE-005",
            "AM-WIRE-006",
            "AM-WIRE-007",
            "AM-WIRE-008",
            "AM-WIRE-009",
            "AM-WIRE-010",
            "AM-WIRE-011",
            "AM-WIRE-012",
            "AM-WIRE-013",
        ],
    }
}

/// Everything that the phases must judge on a pattern.
pub(crate) fn planned(phases: &[Phase], pattern: u8) -> Vec<&'static str> {
    let mut ids: Vec<&str> = phases
        .iter()
        .flat_map(|phase| phase.requirements().iter().copied())
        .collect();
    if phases.contains(&Phase::Wiring) {
        ids.extend(wiring(pattern));
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::{Phase, planned, wiring};
    use am_conformance::Catalogue;
    use am_conformance::facts::Facts;

    #[test]
    fn every_planned_requirement_exists() {
        let catalogue = Catalogue::load().expect("the committed requirements parse");
        for id in planned(&Phase::ALL, 4) {
            assert!(catalogue.get(id).is_ok(), "{id}");
        }
    }

    #[test]
    fn the_plan_holds_exactly_the_rows_of_the_wiring_table() {
        let facts = Facts::load().expect("the committed tables parse");
        for (pattern, components) in &facts.patterns {
            let mut asked: Vec<&str> = facts
                .edges
                .iter()
                .filter(|edge| edge.peers.contains_key(pattern))
                .filter(|edge| !edge.highly_available || components[&edge.on] > 1)
                .map(|edge| edge.requirement.as_str())
                .collect();
            asked.sort_unstable();
            asked.dedup();
            assert_eq!(wiring(*pattern), asked, "pattern {pattern}");
        }
    }
}
