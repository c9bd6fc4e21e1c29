//! `helm test`.

use super::Stage;
use crate::error::LiveError;
use crate::record::Fault;

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let done = stage
        .lab
        .helm
        .test(&stage.main.name, &stage.namespace)
        .await?;
    let fault = (!done.success).then(|| {
        Fault::new(
            format!("helm test fails: {}", done.output),
            "read the log of the test's pod",
        )
    });
    stage.check("AM-HELM-016", fault);
    Ok(true)
}
