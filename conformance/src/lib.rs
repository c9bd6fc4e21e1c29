//! Proves that rendered charts are the deployment pattern they claim to be.
//!
//! Charts are rendered by real Helm, their documents become a resource [`graph`], and every
//! [`requirement`] is judged by its check on that graph. What a check finds wrong is a [`finding`]
//! that names the line and the fix; what a run learned is a [`report`]. The self-test breaks green
//! charts on purpose and proves that each check notices.

mod base64;
pub mod chart;
pub mod checks;
pub mod component;
pub mod context;
pub mod error;
pub mod explain;
pub mod facts;
pub mod finding;
pub mod fixture;
pub mod graph;
pub mod init;
pub mod machines;
pub mod manifest;
mod mutation;
pub mod outcome;
pub mod report;
pub mod requirement;
pub mod schemas;
pub mod selftest;
pub mod subject;
pub mod suite;
pub mod upstream;
pub mod variation;
mod yaml;

pub use component::Component;
pub use error::SuiteError;
pub use finding::Finding;
pub use outcome::Outcome;
pub use report::Report;
pub use requirement::{Catalogue, Requirement};
