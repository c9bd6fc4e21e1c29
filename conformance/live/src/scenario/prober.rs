//! Asks the gateway's Service all the time, as its clients do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::Stage;
use crate::error::LiveError;

const INTERVAL: Duration = Duration::from_millis(250);

/// A running prober.
pub(super) struct Prober {
    stop: Arc<AtomicBool>,
    task: JoinHandle<Seen>,
}

/// What a prober saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Requests sent.
    pub(super) requests: usize,
    /// Requests that nobody answered.
    pub(super) failures: Vec<String>,
}

impl Prober {
    /// Asks a Service's servlet port through the API server, which picks a ready endpoint as kube-proxy does.
    pub(super) fn start(stage: &Stage, service: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let path = format!(
            "/api/v1/namespaces/{}/services/http:{service}:servlet-http/proxy/services/Version",
            stage.namespace
        );
        let (api, stopped) = (stage.lab.api.clone(), Arc::clone(&stop));
        let task = tokio::spawn(async move {
            let mut seen = Seen::default();
            while !stopped.load(Ordering::Relaxed) {
                seen.requests += 1;
                if let Err(error) = api.text(&path).await {
                    seen.failures.push(error.to_string());
                }
                tokio::time::sleep(INTERVAL).await;
            }
            seen
        });
        Self { stop, task }
    }

    /// Ends it.
    pub(super) async fn stop(self) -> Result<Seen, LiveError> {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.map_err(|error| {
            LiveError::unavailable(
                format!("the prober broke off: {error}"),
                "report this as a bug",
            )
        })
    }
}
