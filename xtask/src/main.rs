//! Thin commands over the am-charts libraries: arguments in, library call, exit code out.

mod bench;
mod conformance;
mod exit;
mod gen_charts;
mod workspace;

use clap::{Parser, Subcommand};
use exit::ExitStatus;

/// Judging is mostly making and dropping small texts and trees, on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Commands of the am-charts project.
///
/// Exit codes: 0 done or up to date, 1 a difference or a finding, 2 wrong usage or bad input,
/// 3 something could not be checked or written, 4 a mutant survived.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Generate the Helm charts from the model, or check that they are up to date.
    GenCharts(gen_charts::Arguments),
    /// Check charts: ours, a copy of them, or anybody's.
    Conformance(Box<conformance::Arguments>),
    /// Measure the cost of generation and of the static suite against Helm in the same run.
    Bench(bench::Arguments),
}

fn main() -> std::process::ExitCode {
    let arguments = Arguments::parse();
    let status: ExitStatus = match arguments.command {
        Command::GenCharts(arguments) => gen_charts::run(&arguments),
        Command::Conformance(arguments) => return conformance::run(&arguments).into(),
        Command::Bench(arguments) => bench::run(&arguments),
    };
    status.into()
}
