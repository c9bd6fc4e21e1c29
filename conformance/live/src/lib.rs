//! Runs the conformance suite against a real cluster.
//!
//! [`run`] installs every pattern on a cluster with real Helm, with a stand-in in every pod that tells what it reached,
//! and judges the requirements that the static suite judges from documents: same ids, same findings, same reports, with
//! evidence from the cluster. On a bare API server ([`Envtest`]) it judges admission and validation only. [`selftest`]
//! proves that it can fail: it installs broken charts, and each must be caught and named.

mod admission;
mod api;
mod charts;
pub mod cluster;
mod database_pod;
mod document;
mod elsewhere;
mod error;
mod helm;
mod images;
mod integration;
mod integrators;
mod machines;
mod mask;
mod memory;
mod options;
mod patience;
mod process;
mod product;
pub mod progress;
mod published;
mod record;
mod regions;
mod registration;
mod rendering;
mod report;
mod run;
mod runtime;
mod scenario;
mod selftest;
mod session;
mod side_by_side;
mod topology;
mod values;
mod wiring;

pub use cluster::{Context, Envtest, Kind, KindOptions};
pub use error::LiveError;
pub use machines::{IdentityServerBeside, MachineSite};
pub use memory::MemoryUse;
pub use options::{Cluster, Images, Options, Scenario};
pub use progress::{Progress, Timing};
pub use report::LiveReport;
pub use run::run;
pub use selftest::{CaseResult, LiveSelftest, Verdict, selftest};
