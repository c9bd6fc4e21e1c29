//! The phases, in order, and the requirements that each judges: those of clusters, by what machines show of them.

use am_conformance::facts::Facts;
use am_product::{Capability, Pattern};

use super::site::{MachineSite, Site};
use super::{identity_server, integrators};
use crate::integrators::{catalogue, pair};
use crate::scenario::wiring_rows;
use crate::wiring::is_row;

/// A part of the scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Install,
    Nodes,
    Wiring,
    Endpoints,
    Firewall,
    IdentityServer,
    Services,
    Tenants,
    Again,
    Failure,
    Events,
    Clusters,
    Move,
    Upgrade,
    Rollback,
}

impl Phase {
    pub(super) const ALL: [Self; 15] = [
        Self::Install,
        Self::Nodes,
        Self::Wiring,
        Self::Endpoints,
        Self::Firewall,
        Self::IdentityServer,
        Self::Services,
        Self::Tenants,
        Self::Again,
        Self::Failure,
        Self::Events,
        Self::Clusters,
        Self::Move,
        Self::Upgrade,
        Self::Rollback,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Nodes => "nodes",
            Self::Wiring => "wiring",
            Self::Endpoints => "endpoints",
            Self::Firewall => "firewall",
            Self::IdentityServer => "identity server",
            Self::Services => "catalogue and calls",
            Self::Tenants => "tenants apart",
            Self::Again => "second run",
            Self::Failure => "failure",
            Self::Events => "events",
            Self::Clusters => "failure of integrators",
            Self::Move => "moved address",
            Self::Upgrade => "upgrade",
            Self::Rollback => "rollback",
        }
    }

    fn requirements(self) -> &'static [&'static str] {
        match self {
            Self::Install => &["AM-TOPO-001"],
            Self::Nodes => &["AM-TOPO-002"],
            Self::Wiring => &["AM-CONF-012", "AM-DIST-001", "AM-DIST-004", "AM-TOPO-004"],
            Self::Endpoints | Self::Move => &["AM-NET-001"],
            Self::Firewall => &["AM-NET-018"],
            Self::IdentityServer => &identity_server::REQUIREMENTS,
            Self::Services => &catalogue::REQUIREMENTS,
            Self::Tenants => &integrators::tenants::REQUIREMENTS,
            Self::Events => &pair::REQUIREMENTS,
            // What becomes of events then is told by the same ids as before.
            Self::Clusters => &integrators::failure::REQUIREMENTS,
            Self::Again => &["AM-UPG-005"],
            Self::Failure => &["AM-OPS-001", "AM-OPS-013"],
            Self::Upgrade | Self::Rollback => &["AM-UPG-002"],
        }
    }

    /// Whether it shows something of a site. What happens to API Manager's nodes is the same with an identity server or integrators
    /// and without: the pattern's own example shows it.
    fn concerns(self, site: &Site, given: &MachineSite) -> bool {
        let is_beside = given.identity_server.is_some();
        let integrate = |capability| !integrators::clusters_that(site, capability).is_empty();
        let mut parts = site.parts();
        match self {
            Self::Services => integrate(Capability::Integrates),
            Self::Events => integrate(Capability::Streams),
            Self::Tenants | Self::Clusters => parts.any(|(_, part)| part.is_beside()),
            Self::IdentityServer => is_beside,
            Self::Again => !is_beside,
            Self::Failure => {
                let alone = !is_beside && !site.parts().any(|(_, part)| part.is_beside());
                alone && parts.any(|(_, part)| site.nodes(part.component).len() > 1)
            }
            Self::Upgrade | Self::Rollback => given.versions.len() > 1,
            Self::Move => site.shared_by().len() > 1,
            _ => true,
        }
    }
}

/// The phases that show something of a site.
pub(super) fn phases(site: &Site, given: &MachineSite) -> Vec<Phase> {
    Phase::ALL
        .into_iter()
        .filter(|phase| phase.concerns(site, given))
        .collect()
}

/// Everything that the phases must judge.
pub(super) fn planned<'f>(facts: &'f Facts, phases: &[Phase], pattern: Pattern) -> Vec<&'f str> {
    let mut ids: Vec<&str> = phases
        .iter()
        .flat_map(|phase| phase.requirements().iter().copied())
        .collect();
    if phases.contains(&Phase::Wiring) {
        ids.extend(wiring_rows(facts, pattern));
    }
    ids
}

/// The phases that judge certain requirements on machines that run, in order.
pub(super) fn phases_for<'r>(
    facts: &Facts,
    requirements: impl IntoIterator<Item = &'r str>,
) -> Vec<Phase> {
    let judges = |phase: Phase, id: &str| {
        phase == Phase::Wiring && is_row(facts, id) || phase.requirements().contains(&id)
    };
    let wanted: Vec<&str> = requirements.into_iter().collect();
    Phase::ALL
        .into_iter()
        .filter(|phase| wanted.iter().any(|id| judges(*phase, id)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Phase, phases_for, planned};
    use am_conformance::Catalogue;
    use am_conformance::facts::Facts;
    use am_product::Pattern;

    #[test]
    fn every_planned_requirement_exists() {
        let facts = Facts::load().expect("the committed tables parse");
        let catalogue = Catalogue::load().expect("the committed requirements parse");
        for id in planned(&facts, &Phase::ALL, Pattern::Numbered(4)) {
            assert!(catalogue.get(id).is_ok(), "{id}");
        }
    }

    #[test]
    fn rows_of_the_wiring_table_are_judged_by_the_wiring() {
        let facts = Facts::load().expect("the committed tables parse");
        assert_eq!(phases_for(&facts, ["AM-WIRE-008"]), [Phase::Wiring]);
        assert_eq!(
            phases_for(&facts, ["AM-NET-018", "AM-TOPO-002"]),
            [
                Phase::Nodes,
                Phase::Firewall,
                Phase::IdentityServer,
                Phase::Tenants
            ]
        );
    }
}
