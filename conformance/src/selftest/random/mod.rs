//! Random mutation: faults that nobody thought of, applied to rendered documents.
//!
//! The declared mutants prove that each check can fail; random ones look for faults that no check sees. A run is
//! made by its seed and count: the same two draw the same mutants from the same charts.

#[cfg(test)]
mod any_input;
mod draw;
mod equivalents;
mod judge;
mod lines;
mod mutation;
mod report;
mod run;
mod toml;
mod words;

pub use equivalents::{Equivalent, Equivalents};
pub use mutation::{Change, Mutation, Place};
pub use report::{Fate, MutationReport, RandomMutant};
pub use run::mutate;
