//! Clusters to run against: a new kind cluster, an existing one, or a bare API server.

mod certificates;
mod context;
mod envtest;
mod kind;
mod node_images;
mod operators;
mod supervise;

use std::path::PathBuf;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};

pub use context::Context;
pub use envtest::Envtest;
pub(crate) use kind::own_name;
pub use kind::{Kind, KindOptions, KindPlan};
pub(crate) use operators::Operators;

use crate::error::LiveError;

/// How long a connection to the API server may take.
const CONNECT: Duration = Duration::from_secs(15);
/// How long it may say nothing.
const ANSWER: Duration = Duration::from_secs(60);

/// How to reach a cluster.
#[derive(Debug, Clone)]
pub struct Access {
    /// The kubeconfig file.
    pub kubeconfig: PathBuf,
    /// The context in it.
    pub context: String,
}

impl Access {
    /// A client for the cluster.
    ///
    /// # Errors
    /// When the kubeconfig cannot be read or names no such context.
    pub async fn client(&self) -> Result<kube::Client, LiveError> {
        let unreadable = |error: &dyn std::fmt::Display| {
            LiveError::unavailable(
                format!(
                    "cannot use context {} of {}: {error}",
                    self.context,
                    self.kubeconfig.display()
                ),
                "list the contexts with `kubectl config get-contexts`",
            )
        };
        let kubeconfig =
            Kubeconfig::read_from(&self.kubeconfig).map_err(|error| unreadable(&error))?;
        let options = KubeConfigOptions {
            context: Some(self.context.clone()),
            ..KubeConfigOptions::default()
        };
        let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &options)
            .await
            .map_err(|error| unreadable(&error))?;
        // A budget refuses an eviction with 429, and a Service without ready pods answers 503: the suite wants to see
        // both, not a later attempt that succeeds.
        config.default_retry = false;
        // An API server that went away must be noticed while somebody still waits for the run.
        config.connect_timeout = Some(CONNECT);
        config.read_timeout = Some(ANSWER);
        kube::Client::try_from(config).map_err(|error| unreadable(&error))
    }
}

/// A port of this machine that nobody listens on now.
///
/// # Errors
/// When the system gives none.
pub(crate) fn free_port() -> Result<u16, LiveError> {
    let bound = std::net::TcpListener::bind(("127.0.0.1", 0));
    bound
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| {
            LiveError::unavailable(
                format!("no free port: {error}"),
                "close programs that hold many ports",
            )
        })
}
