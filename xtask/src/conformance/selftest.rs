//! `cargo xtask conformance selftest`: prove that the checks can fail.

use am_conformance::SuiteError;
use am_conformance::selftest::{MutantResult, Verdict};
use am_conformance::suite::Options;

/// Applies the mutants and returns the exit code.
pub(super) fn run(options: &Options) -> Result<u8, SuiteError> {
    let mut progress = |result: &MutantResult| {
        let word = match &result.verdict {
            Verdict::Killed => "killed".to_owned(),
            Verdict::Unnoticed => "SURVIVED: its requirement did not report it".to_owned(),
            Verdict::AlsoBy(others) => format!("NOT ALONE: also reported by {}", others.join(", ")),
            Verdict::Void(reason) => format!("VOID: {reason}"),
        };
        eprintln!("{} {}: {word}", result.requirement, result.mutant);
    };
    let summary = am_conformance::selftest::selftest(options, &mut progress)?;
    println!(
        "{} of {} mutants killed ({} %)",
        summary.killed, summary.mutants, summary.kill_rate
    );
    for survivor in &summary.survivors {
        println!(
            "  {} {}: {}",
            survivor.requirement, survivor.mutant, survivor.reason
        );
    }
    Ok(if summary.survivors.is_empty() { 0 } else { 4 })
}
