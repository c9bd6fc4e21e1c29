//! Proof that every check can fail: each mutant breaks a green subject, and exactly the intended
//! requirement must report it.

pub mod random;
mod run;

pub use run::{MutantResult, Verdict, selftest, selftest_with};
