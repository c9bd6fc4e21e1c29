//! Keeps the result of the last self-test, for the reports of the same suite.

use std::{io::Write as _, path::Path};

use serde::{Deserialize, Serialize};

use crate::{error::SuiteError, report::SelftestSummary};

/// Where the result is, below the workspace.
const FILE: &str = "target/conformance/selftest.json";

#[derive(Serialize, Deserialize)]
struct Record {
    suite: String,
    summary: SelftestSummary,
}

/// Keeps the result of a self-test over all requirements, for the suite with this digest.
///
/// # Errors
/// When the file cannot be written.
pub fn store(workspace: &Path, suite: &str, summary: &SelftestSummary) -> Result<(), SuiteError> {
    let path = workspace.join(FILE);
    let cannot = |reason: String| {
        SuiteError::cannot_check(format!("cannot write {}: {reason}", path.display()))
    };
    let folder = path.parent().unwrap_or(workspace);
    std::fs::create_dir_all(folder).map_err(|error| cannot(error.to_string()))?;
    let record = Record {
        suite: suite.to_owned(),
        summary: summary.clone(),
    };
    let text = serde_json::to_string_pretty(&record).map_err(|error| cannot(error.to_string()))?;
    let mut file =
        tempfile::NamedTempFile::new_in(folder).map_err(|error| cannot(error.to_string()))?;
    writeln!(file, "{text}").map_err(|error| cannot(error.to_string()))?;
    file.persist(&path)
        .map_err(|error| cannot(error.to_string()))?;
    Ok(())
}

/// The result of the last self-test, if it was of this very suite.
pub(super) fn load(workspace: &Path, suite: &str) -> Option<SelftestSummary> {
    let text = std::fs::read_to_string(workspace.join(FILE)).ok()?;
    let record: Record = serde_json::from_str(&text).ok()?;
    (record.suite == suite).then_some(record.summary)
}

#[cfg(test)]
mod tests {
    use super::{load, store};
    use crate::report::SelftestSummary;

    #[test]
    fn a_result_is_found_again_by_the_same_suite_only() {
        let workspace = tempfile::tempdir().expect("a temporary folder can be made");
        assert_eq!(load(workspace.path(), "one"), None);
        let summary = SelftestSummary {
            mutants: 3,
            killed: 3,
            kill_rate: 100.0,
            ..SelftestSummary::default()
        };
        store(workspace.path(), "one", &summary).expect("the folder is writable");
        assert_eq!(load(workspace.path(), "one"), Some(summary));
        assert_eq!(load(workspace.path(), "another"), None);
    }
}
