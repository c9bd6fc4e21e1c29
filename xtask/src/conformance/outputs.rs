//! The reports that a run writes.

use std::path::Path;

use am_conformance::SuiteError;
use am_conformance::report::{self, Format, Output, Report};

use super::arguments::Arguments;
use crate::workspace;

/// Where the report for machines goes unless `--report` says otherwise.
const REPORT: &str = "target/conformance/report.json";

/// Writes the reports that were asked for, and the one that the next run may ask for.
pub(super) fn write(arguments: &Arguments, report: &Report) -> Result<(), SuiteError> {
    let mut outputs = arguments.report.clone();
    if json_report(arguments).is_none() {
        outputs.push(Output {
            format: Format::Json,
            path: workspace::root().join(REPORT),
        });
    }
    report::write(report, &outputs).map_err(|error| SuiteError::cannot_check(error.to_string()))
}

/// The JSON file that the user named.
fn json_report(arguments: &Arguments) -> Option<&Path> {
    let is_file = |output: &&Output| output.format == Format::Json && output.path != Path::new("-");
    let output = arguments.report.iter().find(is_file)?;
    Some(&output.path)
}
