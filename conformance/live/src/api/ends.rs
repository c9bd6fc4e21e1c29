//! When the containers of pods that leave ended.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::jiff::Timestamp;
use kube::api::{WatchEvent, WatchParams};

use super::{Api, failed};
use crate::error::LiveError;

/// A pod, and when the last of its containers ended by the clock of its Kubernetes node: whole seconds.
///
/// The container runtime takes the time (`state.terminated.finishedAt`). The kubelet tells it later, by seconds when the
/// machine is busy, so the moment at which one hears of it says little.
pub(crate) type Ends = BTreeMap<String, Timestamp>;

impl Api {
    /// Watches the pods of a release that is being removed until all are gone, for at most `patience`.
    pub(crate) async fn ends(
        &self,
        namespace: &str,
        release: &str,
        patience: Duration,
    ) -> Result<Ends, LiveError> {
        let pods: kube::Api<Pod> = kube::Api::namespaced(self.client.clone(), namespace);
        let label = format!("app.kubernetes.io/instance={release}");
        let seconds = u32::try_from(patience.as_secs()).unwrap_or(u32::MAX);
        let which = WatchParams::default().labels(&label).timeout(seconds);
        // Without a version the API server tells first what is there.
        let events = pods
            .watch(&which, "")
            .await
            .map_err(failed("watch pods of", release))?;
        let mut events = events.boxed();
        let (mut ends, mut left) = (Ends::new(), BTreeSet::new());
        while let Some(event) = events
            .try_next()
            .await
            .map_err(failed("watch pods of", release))?
        {
            match event {
                WatchEvent::Added(pod) | WatchEvent::Modified(pod) => {
                    left.insert(name(&pod));
                    note(&mut ends, &pod);
                }
                WatchEvent::Deleted(pod) => {
                    left.remove(&name(&pod));
                    note(&mut ends, &pod);
                    if left.is_empty() {
                        break;
                    }
                }
                WatchEvent::Bookmark(_) => {}
                WatchEvent::Error(status) => {
                    return Err(failed("watch pods of", release)(kube::Error::Api(status)));
                }
            }
        }
        Ok(ends)
    }
}

fn name(pod: &Pod) -> String {
    pod.metadata.name.clone().unwrap_or_default()
}

fn note(ends: &mut Ends, pod: &Pod) {
    let statuses = pod
        .status
        .iter()
        .flat_map(|status| &status.container_statuses);
    let last = statuses
        .flatten()
        .filter_map(|status| {
            status
                .state
                .as_ref()?
                .terminated
                .as_ref()?
                .finished_at
                .as_ref()
        })
        .map(|time| time.0)
        .max();
    if let Some(last) = last {
        ends.insert(name(pod), last);
    }
}
