//! All pods go at once, as when a node or the whole cluster is restarted: all come back, and everybody hears.

use super::{Stage, hearing, product_story};
use crate::api::Pod;
use crate::error::LiveError;
use crate::options::Images;

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    for pod in Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await? {
        stage.kill(&pod.name).await?;
    }
    if !stage.wait_for_main("AM-OPS-001").await? {
        return Ok(false);
    }
    stage.passed("AM-OPS-001");
    match stage.lab.images {
        Images::Standin => hearing::judge_all(stage, "after a restart of all pods").await?,
        Images::Real => product_story::judge_deaf(stage).await?,
    }
    Ok(true)
}
