//! `cargo xtask changelog`: CHANGELOG.md from the model's releases.

use am_generator::changelog::changelog;
use clap::Args;

use crate::exit::ExitStatus;
use crate::packages::{self, Failure};
use crate::workspace;

/// The file below the workspace.
const FILE: &str = "CHANGELOG.md";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Write CHANGELOG.md instead of printing its text.
    #[arg(long, conflicts_with = "check")]
    write: bool,
    /// Change nothing; fail when CHANGELOG.md is not up to date.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> ExitStatus {
    execute(arguments).unwrap_or_else(|failure| failure.tell(false))
}

fn execute(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let (model, _) = packages::load()?;
    let text = changelog(&model);
    let file = workspace::root().join(FILE);
    if arguments.write {
        packages::write(&file, &text)?;
        println!("wrote {FILE}");
    } else if arguments.check {
        let present = std::fs::read_to_string(&file)
            .map_err(|error| Failure::unable(format!("could not read {FILE}: {error}")))?;
        if present != text {
            eprintln!("{FILE} is not up to date; run `cargo xtask changelog --write`");
            return Ok(ExitStatus::Failure);
        }
        println!("{FILE} is up to date");
    } else {
        print!("{text}");
    }
    Ok(ExitStatus::Success)
}
