//! `cargo xtask conformance requirements`: the page that lists every requirement.

use std::path::Path;

use am_conformance::SuiteError;
use am_conformance::explain::{PAGE, page};
use clap::Args;

use crate::beside::write_beside;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Write the page instead of printing it.
    #[arg(long)]
    write: bool,
    /// Check that the committed page is up to date (exit code 1 if it is not).
    #[arg(long, conflicts_with = "write")]
    check: bool,
}

/// Prints, writes or checks the page, and returns the exit code.
pub(super) fn run(arguments: &Arguments, root: &Path) -> Result<u8, SuiteError> {
    let text = page()?;
    let path = root.join(PAGE);
    if arguments.write {
        write_beside(&path, &text)
            .and_then(|file| Ok(file.persist(&path)?))
            .map_err(|error| SuiteError::cannot_check(format!("cannot write {PAGE}: {error}")))?;
        println!("{PAGE} is written");
    } else if arguments.check {
        if std::fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            eprintln!(
                "{PAGE} is not up to date; run `cargo xtask conformance requirements --write`"
            );
            return Ok(1);
        }
        println!("{PAGE} is up to date");
    } else {
        print!("{text}");
    }
    Ok(0)
}
