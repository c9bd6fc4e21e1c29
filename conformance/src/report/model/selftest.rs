//! What the self-test proved.

use serde::{Deserialize, Serialize};

/// Result of the self-test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SelftestSummary {
    /// Mutants applied.
    pub mutants: usize,
    /// Mutants that the intended requirement reported, and no unrelated one.
    pub killed: usize,
    /// `killed` of `mutants` in percent, rounded down to a tenth.
    pub kill_rate: f64,
    /// Requirements none of whose mutants was killed: nothing proves that their checks can fail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unproved: Vec<String>,
    /// Mutants that were not killed as they should be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub survivors: Vec<Survivor>,
}

/// A mutant that was not killed by exactly the intended requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Survivor {
    /// The requirement that should have reported it.
    pub requirement: String,
    /// The mutant's name.
    pub mutant: String,
    /// What happened instead: not noticed, void, or reported by others.
    pub reason: String,
}
