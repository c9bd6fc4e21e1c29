//! Does the work of a run on threads of its own, until it is done or interrupted.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use crate::error::LiveError;
use crate::options::Options;
use crate::progress::Progress;
use crate::session::Session;

/// Runs a future on threads of its own.
pub(crate) fn block_on<T>(
    work: impl Future<Output = Result<T, LiveError>>,
) -> Result<T, LiveError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(LiveError::file("start threads of", "this process"))?
        .block_on(work)
}

/// Opens a session, works in it, and closes it whatever came of the work, interruption included.
pub(crate) async fn with_session<T>(
    options: &Options,
    progress: &Arc<dyn Progress>,
    work: impl AsyncFnOnce(&Session) -> Result<T, LiveError>,
) -> Result<T, LiveError> {
    // Dropping the future of an opening session drops its cluster.
    let session = until_interrupted(Session::open(options, progress)).await??;
    let done = until_interrupted(work(&session)).await;
    let closed = session.close().await;
    let done = done??;
    closed.map(|()| done)
}

/// Does it, unless the run is interrupted before.
pub(crate) async fn until_interrupted<T>(work: impl Future<Output = T>) -> Result<T, LiveError> {
    tokio::select! {
        done = pin!(work) => Ok(done),
        error = interrupted() => Err(error),
    }
}

async fn interrupted() -> LiveError {
    use tokio::signal::unix::{SignalKind, signal};
    let handlers = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    let (Ok(mut interrupt), Ok(mut terminate)) = handlers else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    LiveError::Interrupted
}
