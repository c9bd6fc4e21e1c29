//! The components of the pattern, their nodes, and nothing else.

mod addresses;
mod aspects;
mod equal;
mod identity;
mod settings;

use crate::checks::FamilyChecks;

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-TOPO-006", addresses::nodes_have_addresses),
    ("AM-TOPO-010", equal::nodes_are_equal),
];
