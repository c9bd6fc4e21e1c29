//! Admission and validation of every render by a bare API server.

use std::sync::Arc;

use crate::cluster::Access;
use crate::error::LiveError;
use crate::options::Options;
use crate::progress::Progress;
use crate::run::LiveReport;

/// Applies every render.
pub(crate) async fn run(
    _options: &Options,
    _access: &Access,
    _progress: &Arc<dyn Progress>,
) -> Result<LiveReport, LiveError> {
    Err(LiveError::usage("not yet"))
}
