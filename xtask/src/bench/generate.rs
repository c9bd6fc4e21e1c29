//! Six charts made from the model, against one chart rendered by Helm.

use std::process::Command;

use super::{
    process::{Comparison, compare_pairs},
    programs::{Error, Programs},
};

/// The chart that Helm renders: the recommended pattern.
const CHART: &str = "charts-out/am-pattern-3";

/// Every run makes all charts into an empty directory of its own, so that nothing is skipped as unchanged.
pub(super) fn compare(programs: &Programs, runs: usize) -> Result<Comparison, Error> {
    let scratch = tempfile::tempdir().map_err(Error::Temporary)?;
    let mut round = 0;
    let ours = || {
        round += 1;
        let mut command = Command::new(&programs.xtask);
        command
            .args(["gen-charts", "--out"])
            .arg(scratch.path().join(round.to_string()));
        command
    };
    let theirs = || {
        let mut command = Command::new(&programs.helm);
        command
            .args([
                "template",
                "apim",
                "--set",
                "credentials.generateWithoutCluster=true",
            ])
            .arg(programs.workspace.join(CHART));
        command
    };
    let pairs = compare_pairs(runs, ours, theirs)?;
    Ok(Comparison {
        title: "generate six charts / helm template of one".to_owned(),
        ours: "cargo xtask gen-charts",
        theirs: "helm template am-pattern-3",
        aim: 1.0,
        memory_aim: None,
        pairs,
    })
}
