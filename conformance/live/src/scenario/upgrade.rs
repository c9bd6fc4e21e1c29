//! Upgrades through the product versions and to another revision of the chart; rolls a change back.

use serde_json::Value;

use super::change::uids;
use super::precious::{judge_kept, precious};
use super::{Stage, hearing, revision};
use crate::error::LiveError;
use crate::record::Fault;

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let steps: Vec<(String, std::path::PathBuf)> = stage.charts.iter().skip(1).cloned().collect();
    if steps.is_empty() {
        stage
            .record
            .not_applicable("AM-UPG-002", "charts of one product version were given");
        // The installation had values of its own.
        if !stage.upgrade_main(&Value::Null, "AM-UPG-001").await? {
            return Ok(false);
        }
    }
    for (version, chart) in steps {
        let before = precious(stage).await?;
        stage.main.chart = chart;
        if !stage.upgrade_main(&Value::Null, "AM-UPG-002").await? {
            return Ok(false);
        }
        stage.say(&format!("upgraded to {version}"));
        stage.passed("AM-UPG-002");
        judge_kept(stage, &before, &version).await?;
    }
    let goes_on = revision::run(stage).await?;
    // An upgrade replaces listeners and those they listen to at once.
    hearing::judge_deaf(stage, "after the upgrades").await?;
    Ok(goes_on)
}

/// Rolls the last change back, and sees that an upgrade that changes nothing restarts nothing.
pub(super) async fn roll_back(stage: &mut Stage) -> Result<bool, LiveError> {
    let done = stage
        .lab
        .helm
        .rollback(&stage.main.name, &stage.namespace)
        .await?;
    if !done.success {
        stage.helm_failed("rollback", &done, "AM-UPG-005").await?;
        return Ok(false);
    }
    if !stage.wait_for_main("AM-UPG-005").await? {
        return Ok(false);
    }
    let before = uids(stage).await?;
    if !stage.upgrade_main(&Value::Null, "AM-UPG-005").await? {
        return Ok(false);
    }
    let after = uids(stage).await?;
    for (uid, component) in before {
        let fault = (!after.contains_key(&uid)).then(|| {
            Fault::new(
                format!("an upgrade that changes nothing restarted a pod of the {component}"),
                "let the pod template depend on nothing but its inputs",
            )
        });
        stage.check("AM-UPG-005", fault);
    }
    Ok(true)
}
