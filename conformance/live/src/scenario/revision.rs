//! Another revision of a chart for the same product version: nobody notices, and back.

use std::path::{Path, PathBuf};

use am_conformance::fixture::{Edit, copy_directory};
use serde_json::Value;

use super::Stage;
use super::change::uids;
use super::precious::{judge_kept, precious};
use crate::error::LiveError;
use crate::record::Fault;

/// A template that the revision adds, so that it changes something.
const ADDED: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-revision
data: {chart: {{ .Chart.Version | quote }}}
";

/// Upgrades the release to another revision of its chart, and rolls back.
pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let folder = tempfile::Builder::new()
        .prefix("am-live-revision-")
        .tempdir()
        .map_err(LiveError::file("create a folder in", std::env::temp_dir()))?;
    let chart = stage.main.chart.clone();
    let pods = uids(stage).await?;
    let before = precious(stage).await?;
    stage.main.chart = revised(&chart, folder.path())?;
    let upgraded = stage.upgrade_main(&Value::Null, "AM-UPG-001").await;
    stage.main.chart = chart;
    if !upgraded? {
        return Ok(false);
    }
    stage.passed("AM-UPG-001");
    judge_kept(stage, &before, "another revision of the chart").await?;
    if !roll_back(stage).await? {
        return Ok(false);
    }
    let after = uids(stage).await?;
    for (uid, component) in pods {
        let fault = (!after.contains_key(&uid)).then(|| {
            Fault::new(
                format!("another version of the chart restarted a pod of the {component}"),
                "keep the chart's version out of pod templates",
            )
        });
        stage.check("AM-UPG-008", fault);
    }
    stage.say("upgraded to another revision of the chart, and rolled back");
    Ok(true)
}

async fn roll_back(stage: &mut Stage) -> Result<bool, LiveError> {
    let helm = stage.lab.helm.clone();
    let done = helm.rollback(&stage.main.name, &stage.namespace).await?;
    if !done.success {
        stage.helm_failed("rollback", &done, "AM-UPG-001").await?;
        return Ok(false);
    }
    stage.wait_for_main("AM-UPG-001").await
}

/// A copy of a chart with another version and one template more.
fn revised(chart: &Path, folder: &Path) -> Result<PathBuf, LiveError> {
    let unusable = |error: &dyn std::fmt::Display| {
        LiveError::unavailable(
            format!("cannot make a revision of {}: {error}", chart.display()),
            "give a chart whose Chart.yaml has a version",
        )
    };
    let name = chart
        .file_name()
        .ok_or_else(|| unusable(&"it has no name"))?;
    let copy = folder.join(name);
    copy_directory(chart, &copy).map_err(|error| unusable(&error))?;
    let description = std::fs::read_to_string(copy.join("Chart.yaml"))
        .map_err(LiveError::file("read", copy.join("Chart.yaml")))?;
    let line = description
        .lines()
        .find(|line| line.starts_with("version:"))
        .ok_or_else(|| unusable(&"Chart.yaml has no version"))?;
    let edits = [
        Edit {
            file: "Chart.yaml".to_owned(),
            replace: Some(format!("\n{line}\n")),
            with: Some(format!("\nversion: {}\n", next(&line["version:".len()..]))),
            ..Edit::default()
        },
        Edit {
            file: "templates/am-live-revision.yaml".to_owned(),
            append: Some(ADDED.to_owned()),
            ..Edit::default()
        },
    ];
    for edit in edits {
        edit.apply(&copy).map_err(|error| unusable(&error))?;
    }
    Ok(copy)
}

/// A version of its own, next to the chart's.
fn next(version: &str) -> String {
    let version = version.trim().trim_matches(['"', '\'']);
    let release = version.split('+').next().unwrap_or(version);
    let joint = if release.contains('-') { '.' } else { '-' };
    format!("{release}{joint}live.1")
}

#[cfg(test)]
mod tests {
    use super::{next, revised};

    #[test]
    fn a_revision_has_a_version_of_its_own() {
        assert_eq!(next(" 0.1.0"), "0.1.0-live.1");
        assert_eq!(next(" \"1.2.3-rc.1+build\""), "1.2.3-rc.1.live.1");
    }

    #[test]
    fn a_revision_differs_in_its_version_and_by_one_template() {
        let folder = tempfile::tempdir().expect("a folder");
        let chart = folder.path().join("am");
        std::fs::create_dir_all(chart.join("templates")).expect("folders");
        std::fs::write(
            chart.join("Chart.yaml"),
            "name: am\nversion: 0.1.0\nappVersion: x\n",
        )
        .expect("a chart");
        let copy = revised(&chart, &folder.path().join("copy")).expect("a revision");
        let text = std::fs::read_to_string(copy.join("Chart.yaml")).expect("a Chart.yaml");
        assert_eq!(text, "name: am\nversion: 0.1.0-live.1\nappVersion: x\n");
        assert!(copy.join("templates/am-live-revision.yaml").is_file());
    }
}
