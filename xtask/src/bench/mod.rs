//! `cargo xtask bench`: what our work costs, against the alternative in the same run.
//!
//! Everything is measured as whole processes, in turn (ours, theirs, ours, theirs …), so that a machine whose speed drifts
//! treats both alike. Ratios are the medians of the pairs; absolute times are for orientation only. Memory is that of one
//! process where a command is one, and of all its processes together for the suite.

mod generate;
mod incremental;
mod kubeconform;
mod memory;
mod process;
mod programs;
mod renders;
mod suite;

use am_toolchain::{StderrProgress, Tool, Toolchain};
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::{exit::ExitStatus, workspace};
use process::Comparison;
use programs::{Error, Programs};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Pairs of runs of the short comparisons.
    #[arg(long, default_value_t = 11, value_parser = clap::value_parser!(u16).range(1..=1000))]
    runs: u16,
    /// Pairs of runs of the static suite and its alternatives; one takes minutes.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=100))]
    suite_runs: u16,
    /// Measure only this. May be repeated.
    #[arg(long, value_enum)]
    only: Vec<Subject>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// The generator against one `helm template`.
    Generate,
    /// The static suite against `helm template`, alone and with kubeconform.
    Suite,
    /// The static suite on twice the subjects against once.
    Growth,
    /// The static suite with nothing and with one chart changed, against judging everything.
    Incremental,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people.
    Human,
    /// One JSON document.
    Json,
}

pub(crate) fn run(arguments: &Arguments) -> ExitStatus {
    match execute(arguments) {
        Ok(()) => ExitStatus::Success,
        Err(error) => {
            eprintln!("error: {error}");
            ExitStatus::Unable
        }
    }
}

fn execute(arguments: &Arguments) -> Result<(), Error> {
    let root = workspace::root();
    let helm = Toolchain::new(&root).ensure(Tool::Helm4, &mut StderrProgress::default())?;
    let programs = Programs {
        xtask: process::build_release(&root)?,
        workspace: root,
        helm,
    };
    let mut all = Vec::new();
    for subject in Subject::value_variants() {
        if !arguments.only.is_empty() && !arguments.only.contains(subject) {
            continue;
        }
        for comparison in measure(*subject, &programs, arguments)? {
            match arguments.format {
                // At once: a later subject may fail, and one takes minutes.
                Format::Human => println!("{comparison}"),
                Format::Json => all.push(comparison.to_json()),
            }
        }
    }
    if arguments.format == Format::Json {
        println!("{:#}", json!({ "comparisons": all }));
    }
    Ok(())
}

fn measure(
    subject: Subject,
    programs: &Programs,
    arguments: &Arguments,
) -> Result<Vec<Comparison>, Error> {
    let suite_runs = arguments.suite_runs.into();
    Ok(match subject {
        Subject::Generate => vec![generate::compare(programs, arguments.runs.into())?],
        Subject::Suite => suite::compare(programs, suite_runs)?,
        Subject::Growth => vec![suite::growth(programs, suite_runs)?],
        Subject::Incremental => incremental::compare(programs, suite_runs)?.into(),
    })
}
