//! What the nodes of a cluster tell.

use super::super::observe::collect_those;
use super::super::stage::Stage;
use super::clusters::Cluster;
use crate::error::LiveError;
use crate::wiring::Observed;

impl Cluster {
    /// What its nodes tell that answer.
    pub(super) async fn collect(&self, stage: &Stage) -> Result<Vec<Observed>, LiveError> {
        collect_those(stage, |part| part.name == self.name).await
    }
}
