//! Thin commands over the am-charts libraries: arguments in, library call, exit code out.

mod bench;
mod beside;
mod changelog;
mod closed_pipe;
mod conformance;
mod deploy;
mod docs;
mod exit;
mod gen_charts;
mod gen_vm;
mod machines;
mod migrate_values;
mod package;
mod packages;
mod publish;
mod recommend;
mod rendering;
mod workspace;

use std::path::PathBuf;

use clap::{CommandFactory as _, Parser, Subcommand};
use exit::ExitStatus;

pub use conformance::arguments::{Cluster, Images, Scenario};
pub use conformance::live::{BrokenCharts, LiveRun, PlayLive};
pub use machines::{IdentityServerBeside, MachineSite};

/// Judging is mostly making and dropping small texts and trees, on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Commands of the am-charts project.
///
/// Exit codes: 0 done or up to date, 1 a difference or a finding, 2 wrong usage or bad input,
/// 3 something could not be checked or written, 4 a mutant survived, 141 nobody reads on.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    /// Read everything from this copy of the workspace: model, templates, product table, requirements, facts, keys, charts,
    /// tools. What the program holds is not used, so that a component, a version or a pattern is tried without compiling.
    #[arg(long, value_name = "DIR", global = true)]
    workspace: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Generate the Helm charts from the model, or check that they are up to date.
    GenCharts(gen_charts::Arguments),
    /// Check charts: ours, a copy of them, or anybody's.
    Conformance(Box<conformance::arguments::Arguments>),
    /// Make the packages of every chart for every product version, the same bytes each time.
    Package(package::Arguments),
    /// Publish packages in an OCI registry; a version that is there is never replaced.
    Publish(Box<publish::Arguments>),
    /// Print CHANGELOG.md from generator/model/releases.yaml, write it, or check it.
    Changelog(changelog::Arguments),
    /// Turn values files of the vendor's charts into one of ours, and tell what became of each value.
    MigrateValues(migrate_values::Arguments),
    /// Recommend a pattern, a platform and a size by a few answers, and write a first deployment.
    Recommend(Box<recommend::Arguments>),
    /// Turn a deployment of one or several sites into values, scripts and instructions for each site.
    Deploy(deploy::Arguments),
    /// Turn a pattern and its machines into the files of each host and an Ansible inventory.
    GenVm(gen_vm::Arguments),
    /// Build the documentation as a site, or check and write its parts that are made of data.
    Docs(docs::Arguments),
    /// Measure the cost of generation and of the static suite against Helm in the same run.
    Bench(bench::Arguments),
}

/// The command line, to ask whether it takes what a page shows.
pub fn command_line() -> clap::Command {
    Arguments::command()
}

/// Runs the command that the arguments of this process name; `live` plays charts on a cluster. A program without it holds nothing
/// that only a cluster needs, and is compiled in half the time.
pub fn main(live: Option<PlayLive>) -> std::process::ExitCode {
    closed_pipe::quietly(|| run(live))
}

fn run(live: Option<PlayLive>) -> std::process::ExitCode {
    let arguments = Arguments::parse();
    if let Err(error) = workspace::choose(arguments.workspace.as_deref()) {
        eprintln!("error: {error}");
        return error.exit_code().into();
    }
    let status: ExitStatus = match arguments.command {
        Command::GenCharts(arguments) => gen_charts::run(&arguments),
        Command::Conformance(arguments) => return conformance::run(&arguments, live).into(),
        Command::Package(arguments) => package::run(&arguments),
        Command::Publish(arguments) => publish::run(&arguments),
        Command::Changelog(arguments) => changelog::run(&arguments),
        Command::MigrateValues(arguments) => migrate_values::run(&arguments),
        Command::Recommend(arguments) => recommend::run(&arguments),
        Command::Deploy(arguments) => deploy::run(&arguments),
        Command::GenVm(arguments) => gen_vm::run(&arguments),
        Command::Docs(arguments) => docs::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
    };
    status.into()
}
