//! Waits for a release, and knows when waiting is in vain.

use std::time::Duration;

use serde_json::Value;

use super::{Release, Stage};
use crate::api::{Pod, explain, text};
use crate::error::LiveError;
use crate::options::Images;
use crate::patience::Waiting;

const POLL: Duration = Duration::from_millis(500);
/// How long nothing may change before waiting ends.
const STALL: Duration = Duration::from_secs(120);
/// How long nothing may change when a pod is beyond hope.
const LAST_CHANCE: Duration = Duration::from_secs(45);
/// How long nothing may change before servers are asked whether they hang.
const QUIET: Duration = Duration::from_secs(20);
/// How often they are asked then, in polls.
const ASKED_EVERY: usize = 10;
/// How long anything may take.
const LONGEST: Duration = Duration::from_secs(300);
/// How much longer the vendor's images take, which are pulled and start in minutes.
const SLOWER: u32 = 8;
/// Restarts after which a container will not come up by itself.
const RESTARTS: u64 = 2;
/// States of a container whose image cannot be had.
const NO_IMAGE: [&str; 4] = [
    "ImagePullBackOff",
    "ErrImagePull",
    "ErrImageNeverPull",
    "InvalidImageName",
];
/// Other states that do not pass.
const HOPELESS: [&str; 2] = ["CreateContainerConfigError", "CreateContainerError"];

/// How waiting ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Waited {
    /// Every workload has all of its pods, of its newest revision, ready; nothing is leaving.
    Ready,
    /// It will not become so; the text explains why.
    Trouble(String),
    /// An image cannot be had, which says nothing of the chart: the pod's state.
    NoImage(String),
}

/// Waits for every workload of a release.
pub(crate) async fn ready(stage: &Stage, release: &Release) -> Result<Waited, LiveError> {
    let mut all = Waiting::begin();
    let mut since_change = Waiting::begin();
    let mut last = Vec::new();
    let mut polls = 0_usize;
    loop {
        polls += 1;
        let workloads = workloads(stage, release).await?;
        let pods = Pod::list(&stage.lab.api, &stage.namespace, &release.name).await?;
        // A pod that was deleted just now is missed by nobody yet: workloads count a moment later.
        let settled = !workloads.is_empty()
            && pods.len() == workloads.iter().map(wanted).sum::<usize>()
            && workloads.iter().all(is_settled)
            && pods.iter().all(|pod| pod.ready && !pod.leaving);
        if settled {
            return Ok(Waited::Ready);
        }
        let seen: Vec<_> = pods
            .iter()
            .map(|pod| (pod.uid.clone(), pod.ready, pod.leaving))
            .collect();
        if seen != last {
            last = seen;
            since_change = Waiting::begin();
            let ready = pods.iter().filter(|pod| pod.ready).count();
            stage.say(&format!(
                "{}: {ready} of {} pods ready",
                release.name,
                pods.len()
            ));
        }
        // A cluster that still makes volumes is slow, and nobody waits in vain.
        if since_change.is_over(STALL) && awaits_volumes(stage).await? {
            since_change = Waiting::begin();
        }
        if polls.is_multiple_of(ASKED_EVERY)
            && since_change.is_over(QUIET)
            && hangs(stage, &pods).await?
        {
            return trouble(stage, release, &workloads).await;
        }
        // Those that can still come up may then tell why the others cannot.
        let others_came_up = pods.iter().all(|pod| pod.ready || is_hopeless(pod));
        let hopeless = (pods.iter().any(is_hopeless) || refused(&workloads).is_some())
            && (others_came_up || since_change.is_over(LAST_CHANCE));
        let slower = match stage.lab.images {
            Images::Standin => 1,
            Images::Real => SLOWER,
        };
        if hopeless || since_change.is_over(STALL * slower) || all.is_over(LONGEST * slower) {
            if stage.lab.images == Images::Real
                && let Some(pod) = pods.iter().find(|pod| has_no_image(pod))
            {
                return Ok(Waited::NoImage(format!("{}: {}", pod.name, pod.state)));
            }
            return trouble(stage, release, &workloads).await;
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn trouble(
    stage: &Stage,
    release: &Release,
    workloads: &[Value],
) -> Result<Waited, LiveError> {
    let mut why = explain(&stage.lab.api, &stage.namespace, &release.name).await?;
    if let Some(refused) = refused(workloads) {
        why = format!("{refused}\n{why}");
    }
    Ok(Waited::Trouble(why))
}

/// Whether a server says that it hangs half started. It stays so until its start-up probe kills it, after which nobody can tell
/// any more.
async fn hangs(stage: &Stage, pods: &[Pod]) -> Result<bool, LiveError> {
    if stage.lab.images == Images::Real {
        return Ok(false);
    }
    for pod in pods.iter().filter(|pod| !pod.ready) {
        let told = stage.observations(&pod.name).await?;
        if told.is_some_and(|told| told.hangs.is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a claim of the namespace has no volume yet.
async fn awaits_volumes(stage: &Stage) -> Result<bool, LiveError> {
    let claims = stage.claims().await?;
    Ok(claims
        .iter()
        .any(|claim| text(claim, "/status/phase") == "Pending"))
}

/// The workloads of a release.
pub(crate) async fn workloads(stage: &Stage, release: &Release) -> Result<Vec<Value>, LiveError> {
    let mut found = Vec::new();
    for (kind, plural) in [
        ("Deployment", "deployments"),
        ("StatefulSet", "statefulsets"),
    ] {
        let path = format!(
            "/apis/apps/v1/namespaces/{}/{plural}?labelSelector=app.kubernetes.io%2Finstance%3D{}",
            stage.namespace, release.name
        );
        for mut workload in stage.lab.api.list(&path).await? {
            // Lists leave it out.
            workload["kind"] = Value::from(kind);
            found.push(workload);
        }
    }
    Ok(found)
}

fn wanted(workload: &Value) -> usize {
    let replicas = workload.pointer("/spec/replicas").and_then(Value::as_u64);
    usize::try_from(replicas.unwrap_or(0)).unwrap_or(usize::MAX)
}

fn is_settled(workload: &Value) -> bool {
    let number = |pointer: &str| {
        workload
            .pointer(pointer)
            .and_then(Value::as_u64)
            .unwrap_or(0)
    };
    let wanted = number("/spec/replicas");
    number("/status/observedGeneration") >= number("/metadata/generation")
        && number("/status/replicas") == wanted
        && number("/status/updatedReplicas") == wanted
        && number("/status/readyReplicas") == wanted
}

fn is_hopeless(pod: &Pod) -> bool {
    pod.restarts >= RESTARTS
        || has_no_image(pod)
        || HOPELESS.iter().any(|state| pod.state.contains(state))
}

fn has_no_image(pod: &Pod) -> bool {
    NO_IMAGE.iter().any(|state| pod.state.contains(state))
}

/// What the API server refused to a workload's controller, such as a pod that breaks Pod Security.
fn refused(workloads: &[Value]) -> Option<String> {
    workloads.iter().find_map(|workload| {
        let conditions = workload.pointer("/status/conditions")?.as_array()?;
        let failure = conditions.iter().find(|condition| {
            text(condition, "/type") == "ReplicaFailure" && text(condition, "/status") == "True"
        })?;
        Some(text(failure, "/message").to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::is_settled;
    use serde_json::json;

    #[test]
    fn an_old_generation_or_a_missing_pod_is_not_settled() {
        let workload = |generation: u64, ready: u64| {
            json!({
                "metadata": {"generation": 2}, "spec": {"replicas": 2},
                "status": {"observedGeneration": generation, "replicas": 2, "updatedReplicas": 2, "readyReplicas": ready},
            })
        };
        assert!(is_settled(&workload(2, 2)));
        assert!(!is_settled(&workload(1, 2)));
        assert!(!is_settled(&workload(2, 1)));
    }
}
