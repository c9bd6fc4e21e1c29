//! What makes `cargo xtask conformance` end with 1.

use am_conformance::Report;
use clap::ValueEnum;

/// The least finding that fails a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailLevel {
    /// A broken MUST.
    Must,
    /// A warning, too.
    Should,
    /// No finding; what could not be checked still fails.
    None,
}

impl FailLevel {
    /// The exit code for a report, and what to say where its last line says something else.
    pub(super) fn code(self, report: &Report) -> (u8, Option<String>) {
        let warned = report.statistics().warned;
        match (self, report.exit_code()) {
            (Self::Should, 0) if warned > 0 => (
                1,
                Some(format!(
                    "failed: warnings fail a run with --fail-level should ({warned})"
                )),
            ),
            (Self::None, 1) => (
                0,
                Some("passed: no finding fails a run with --fail-level none".to_owned()),
            ),
            (_, code) => (code, None),
        }
    }
}
