//! The static suite again: with nothing changed, and with one chart changed, against judging everything.

use std::fs;
use std::path::Path;
use std::process::Command;

use am_conformance::fixture::copy_directory;

use super::memory::run_with_children;
use super::process::{Comparison, Cost, ProcessError};
use super::programs::{Error, Programs};

/// The chart that changes, one of six, and a file of it.
const CHANGED: &str = "am-pattern-3/templates/_common/_validation/validation.yaml";

pub(super) fn compare(programs: &Programs, pairs: usize) -> Result<[Comparison; 2], Error> {
    let scratch = tempfile::tempdir().map_err(Error::Temporary)?;
    let charts = scratch.path().join("charts-out");
    copy_directory(&programs.workspace.join("charts-out"), &charts)?;
    let template = charts.join(CHANGED);
    let original = fs::read_to_string(&template).map_err(Error::Temporary)?;

    // Fills the cache.
    run(programs, &charts, &[])?;
    let mut unchanged = Vec::new();
    let mut one_changed = Vec::new();
    for pair in 0..pairs {
        let everything = run(programs, &charts, &["--no-cache"])?;
        unchanged.push((run(programs, &charts, &[])?, everything));
        // Another text each time, so that no earlier run has judged it.
        let round = format!(
            "{original}{{{{- /* {} {pair} */ -}}}}\n",
            std::process::id()
        );
        fs::write(&template, round).map_err(Error::Temporary)?;
        one_changed.push((run(programs, &charts, &[])?, everything));
        fs::write(&template, &original).map_err(Error::Temporary)?;
    }
    let comparison = |title: &str, ours, aim, pairs| Comparison {
        title: format!("static suite with {title} since the last run / checking everything"),
        ours,
        theirs: "conformance --no-cache",
        aim,
        memory_aim: None,
        pairs,
    };
    Ok([
        comparison("nothing changed", "conformance, unchanged", 0.02, unchanged),
        comparison(
            "one chart of six changed",
            "conformance, one changed",
            0.35,
            one_changed,
        ),
    ])
}

fn run(programs: &Programs, charts: &Path, arguments: &[&str]) -> Result<Cost, ProcessError> {
    let mut command = Command::new(&programs.xtask);
    command
        .args(["conformance", "--charts"])
        .arg(charts)
        .arg("--report")
        .arg(programs.workspace.join("target/conformance/bench.json"))
        .args(arguments);
    run_with_children(command)
}
