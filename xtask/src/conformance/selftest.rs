//! `cargo xtask conformance selftest`: prove that the checks can fail.

use am_conformance::SuiteError;
use am_conformance::report::{Format, Output, SelftestSummary};
use am_conformance::selftest::{MutantResult, Verdict};
use am_conformance::suite::Options;
use am_conformance::suite::kill_rate::store;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Write the result: FORMAT=PATH, or PATH with an ending that implies the format; json or yaml. May be repeated.
    #[arg(long, value_name = "[FORMAT=]PATH")]
    report: Vec<Output>,
}

/// Applies the mutants and returns the exit code.
pub(super) fn run(arguments: &Arguments, options: &Options) -> Result<u8, SuiteError> {
    for output in &arguments.report {
        if !matches!(output.format, Format::Json | Format::Yaml) {
            return Err(SuiteError::usage(format!(
                "the self-test writes json and yaml, not {}; an ordinary run shows its kill rate in every format",
                output.format
            )));
        }
    }
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
    for requirement in &summary.unproved {
        println!(
            "  {requirement}: no mutant was killed, so nothing proves that its check can fail"
        );
    }
    // A part of the requirements says nothing about the suite.
    if let (true, true, Some(suite)) = (
        options.only.is_empty(),
        options.skip.is_empty(),
        &options.suite,
    ) {
        store(&options.workspace, suite, &summary)?;
    }
    for output in &arguments.report {
        write(&summary, output)?;
    }
    Ok(if summary.survivors.is_empty() { 0 } else { 4 })
}

fn write(summary: &SelftestSummary, output: &Output) -> Result<(), SuiteError> {
    let path = output.path.display();
    let cannot =
        |reason: String| SuiteError::cannot_check(format!("cannot write {path}: {reason}"));
    let text = match output.format {
        Format::Yaml => {
            serde_saphyr::to_string(summary).map_err(|error| cannot(error.to_string()))?
        }
        _ => {
            serde_json::to_string_pretty(summary).map_err(|error| cannot(error.to_string()))? + "\n"
        }
    };
    let folder = output
        .path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder).map_err(|error| cannot(error.to_string()))?;
    }
    std::fs::write(&output.path, text).map_err(|error| cannot(error.to_string()))
}
