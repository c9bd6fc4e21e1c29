//! `cargo xtask conformance mutate`: look for faults that no check sees.

use std::io::Write as _;

use am_conformance::SuiteError;
use am_conformance::selftest::random::{Fate, RandomMutant, mutate};
use am_conformance::suite::Options;
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Seed of the random draw; the same seed and count give the same mutants.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of mutants to draw.
    #[arg(long, default_value_t = 300)]
    count: usize,
    /// Format of the result on standard output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// Applies random mutants and returns the exit code.
pub(super) fn run(arguments: &Arguments, options: &Options) -> Result<u8, SuiteError> {
    let mut done = 0;
    let mut progress = |mutant: &RandomMutant, fate: &Fate| {
        done += 1;
        if *fate == Fate::Survived {
            eprintln!("SURVIVED {mutant}");
        }
        if done % 100 == 0 {
            eprintln!("{done} of {} mutants judged", arguments.count);
        }
    };
    let report = mutate(options, arguments.seed, arguments.count, &mut progress)?;
    let text = match arguments.format {
        Format::Human => report.human(),
        Format::Json => {
            serde_json::to_string_pretty(&report)
                .map_err(|error| SuiteError::cannot_check(error.to_string()))?
                + "\n"
        }
    };
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| SuiteError::cannot_check(format!("cannot write: {error}")))?;
    Ok(report.exit_code())
}
