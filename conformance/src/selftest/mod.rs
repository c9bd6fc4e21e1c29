//! Proof that every check can fail: each mutant breaks a green subject, and exactly the intended
//! requirement must report it.

pub(crate) mod mutate;
mod own;
pub mod random;
pub(crate) mod record;
mod run;
mod toml_edit;

pub use own::prove_own;
pub use record::store;
pub use run::{MutantResult, Verdict, selftest, selftest_with};
