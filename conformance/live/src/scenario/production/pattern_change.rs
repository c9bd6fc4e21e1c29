//! Moves the release to the next pattern's chart and back, in one release: its pods come up, its data and credentials stay.

use am_product::Pattern;
use serde_json::Value;

use crate::charts::charts_of;
use crate::error::LiveError;
use crate::scenario::Stage;
use crate::scenario::precious::{judge_kept, precious};

/// A release can move from pattern to pattern.
const MOVES: &str = "AM-UPG-013";

pub(in crate::scenario) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let Some(other) = next(stage)? else {
        for id in [MOVES, "AM-UPG-004", "AM-UPG-010"] {
            let reason = "it is the last pattern";
            stage.record.not_applicable(id, reason);
        }
        return Ok(true);
    };
    // Services and workloads of a component that only one of the patterns has come and go.
    let mut before = precious(stage).await?;
    before.retain(|(kind, _), _| ["Secret", "PersistentVolumeClaim"].contains(kind));

    let pattern = other.pattern;
    let own = std::mem::replace(&mut stage.main, other.main);
    if !stage.upgrade_main(&Value::Null, MOVES).await? {
        return Ok(false);
    }
    stage.say(&format!("moved to pattern {pattern}"));
    judge_kept(stage, &before, &format!("pattern {pattern}")).await?;

    stage.main = own;
    let helm = stage.lab.helm.clone();
    let done = helm.rollback(&stage.main.name, &stage.namespace).await?;
    if !done.success {
        stage.helm_failed("rollback", &done, MOVES).await?;
        return Ok(false);
    }
    if !stage.wait_for_main(MOVES).await? {
        return Ok(false);
    }
    judge_kept(stage, &before, "its own pattern again").await?;
    stage.passed(MOVES);
    Ok(true)
}

/// The same release of the pattern with the next number.
fn next(stage: &Stage) -> Result<Option<Stage>, LiveError> {
    let Pattern::Numbered(number) = stage.pattern else {
        return Ok(None);
    };
    let pattern = Pattern::Numbered(number + 1);
    if !stage.lab.facts.patterns.contains_key(&pattern) {
        return Ok(None);
    }
    let version = stage.charts.last().map(|(version, _)| version.as_str());
    let mut charts = charts_of(&stage.lab.charts, pattern)?;
    charts.retain(|(of, _)| Some(of.as_str()) == version);
    let next = Stage::new(stage.lab.clone(), pattern, "", charts);
    Ok(Some(next.with_values(&stage.given)))
}
