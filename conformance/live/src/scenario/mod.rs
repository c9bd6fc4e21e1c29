//! What happens to a pattern on a cluster: installed, watched, upgraded, disturbed, removed.

mod attempts;
mod change;
mod disruption;
mod drain;
mod endpoints;
mod forbidden;
mod hearing;
mod identity_server;
mod install;
mod neighbours;
mod network;
mod newcomer;
mod observe;
mod outage;
mod plan;
mod play;
mod policies;
mod precious;
mod prober;
mod product_story;
mod production;
mod release;
mod removal;
mod representatives;
mod restart;
mod revision;
mod scale;
mod spread;
mod stage;
mod start;
mod story;
mod stranger;
mod testing;
mod upgrade;
mod wait;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use am_conformance::facts::Facts;
use am_conformance::suite::ChartDirectory;
use am_conformance::{Catalogue, Component};
use serde_json::{Value, json};

pub(crate) use hearing::{missed, unheard};
pub(crate) use identity_server::pattern as identity_server_pattern;
pub(crate) use install::{judge_nodes, judge_security};
pub(crate) use observe::{collect, judge_identities, write_down};
pub(crate) use outage::judge_served;
pub(crate) use plan::{Phase, phases_for, planned, wiring as wiring_rows};
pub(crate) use policies::all as policies_of;
pub(crate) use production::Kind as DatabaseKind;
pub(crate) use representatives::representatives;
pub(crate) use stage::Stage;
pub(crate) use story::{Deployment, ask, deploy, deploy_as, hub, statuses, until};
pub(crate) use stranger::reaches;
pub(crate) use wait::workloads;

use crate::api::Api;
use crate::error::LiveError;
use crate::helm::Helm;
use crate::options::Images;
use crate::progress::Progress;

/// A stage, and what is played on it.
pub(crate) type Part = (Stage, Vec<Phase>);

/// What all patterns of a run share.
#[derive(Clone)]
pub(crate) struct Lab {
    pub(crate) api: Api,
    pub(crate) helm: Helm,
    pub(crate) facts: Arc<Facts>,
    pub(crate) catalogue: Catalogue,
    pub(crate) images: Images,
    /// The workspace: where `tools/` are.
    pub(crate) workspace: PathBuf,
    /// The charts of the run, of every pattern and version.
    pub(crate) charts: Arc<[ChartDirectory]>,
    pub(crate) progress: Arc<dyn Progress>,
    /// What the names of this run's namespaces start with.
    pub(crate) prefix: String,
    /// Leave namespaces behind.
    pub(crate) keep: bool,
    /// Whether nodes of the cluster may be closed for a while: not on one that may be somebody's.
    pub(crate) closes_nodes: bool,
    /// Whoever closes a node of the cluster writes; whoever needs all of them open reads.
    pub(crate) nodes: Arc<tokio::sync::RwLock<()>>,
}

/// One release on the cluster and what it should be.
#[derive(Debug, Clone)]
pub(crate) struct Release {
    pub(crate) name: String,
    pub(crate) chart: PathBuf,
    /// Overlay of the chart, if any.
    pub(crate) overlay: Option<&'static str>,
    /// Values files over it.
    pub(crate) values_files: Vec<PathBuf>,
    pub(crate) values: Value,
    /// Nodes of each component.
    pub(crate) nodes: BTreeMap<Component, usize>,
}

/// The label that says which run a namespace belongs to.
pub(crate) const RUN_LABEL: &str = "am-live/run";

/// Makes a namespace of a run, which enforces the restricted level of Pod Security.
pub(crate) async fn make_namespace(api: &Api, name: &str, run: &str) -> Result<(), LiveError> {
    let namespace = json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": name, "labels": {
            "pod-security.kubernetes.io/enforce": "restricted",
            "app.kubernetes.io/managed-by": "am-live",
            RUN_LABEL: run,
        }},
    });
    match api.create("/api/v1/namespaces", &namespace).await? {
        Ok(_) => Ok(()),
        Err(refusal) => Err(LiveError::unavailable(
            format!("cannot make namespace {name}: {}", refusal.message),
            "remove what is left of an earlier run, or use an account that may make namespaces",
        )),
    }
}
