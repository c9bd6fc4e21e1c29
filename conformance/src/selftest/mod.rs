//! Proof that every check can fail: each mutant breaks a green subject, and exactly the intended
//! requirement must report it.

mod own;
pub mod random;
mod remembered;
mod run;
#[cfg(test)]
mod tests;

pub use own::prove_own;
pub use run::{MutantResult, Verdict, selftest};
