//! `helm test`.

use super::Stage;
use crate::error::LiveError;

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let done = stage
        .lab
        .helm
        .test(&stage.main.name, &stage.namespace)
        .await?;
    if !done.success {
        stage.helm_failed("test", &done, "AM-HELM-016").await?;
        return Ok(true);
    }
    stage.passed("AM-HELM-016");
    Ok(true)
}
