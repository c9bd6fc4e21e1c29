//! Operators that restart pods when something that they read changes.

use crate::{facts::Facts, manifest::Workload};

/// Whether one is told to restart the pods of a workload.
pub(super) fn is_reloaded(facts: &Facts, workload: &Workload<'_>) -> bool {
    let on_object = workload.object.annotations();
    let on_pods = workload.pod.annotations();
    on_object.keys().chain(on_pods.keys()).any(|name| {
        let mut known = facts.restarting_annotations.iter();
        known.any(|part| name.contains(part.as_str()))
    })
}
