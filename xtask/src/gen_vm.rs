//! `cargo xtask gen-vm`: `deploy` in short, for a pattern on virtual machines.

use std::path::PathBuf;

use am_deployments::{Vocabulary, read_inventory};
use clap::Args;

use crate::deploy::{self, Made};
use crate::exit::ExitStatus;
use crate::packages::{self, Failure};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Number of the pattern.
    #[arg(long, value_name = "N")]
    pattern: u32,
    /// The fields of one site of a deployment, without `pattern`: `vm`, `hostnames`, `database` …; `productVersion` is the newest unless given.
    #[arg(long, value_name = "FILE")]
    inventory: PathBuf,
    /// Where the files go.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Change nothing; print a unified diff and fail when the files are not up to date.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> ExitStatus {
    let result = made(arguments).and_then(|made| {
        let command = format!(
            "gen-vm --pattern {} --inventory {}",
            arguments.pattern,
            arguments.inventory.display()
        );
        deploy::make(&made, &arguments.out, arguments.check, &command)
    });
    result.unwrap_or_else(|failure| failure.tell(false))
}

fn made(arguments: &Arguments) -> Result<Made, Failure> {
    let label = arguments.inventory.display().to_string();
    let text = std::fs::read_to_string(&arguments.inventory).map_err(|error| {
        Failure::usage(format!("{label}: {error}; give the path of an inventory"))
    })?;
    let families = packages::families()?;
    let vocabulary = Vocabulary::load()?;
    let model = families.main();
    let document = read_inventory(&label, &text, arguments.pattern, model, &vocabulary)?;
    Made::new(document, families, vocabulary)
}
