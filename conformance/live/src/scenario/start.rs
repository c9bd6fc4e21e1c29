//! How servers started: who filled the database, how long they waited for others, and whether their memory is enough.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Stage;
use super::observe::collect;
use crate::api::text;
use crate::error::LiveError;
use crate::record::Fault;

/// One server goes first on an empty database.
pub(super) const FIRST_SERVER: &str = "AM-OPS-024";
/// The limit holds the heap and what is beside it.
pub(super) const MEMORY: &str = "AM-OPS-008";

/// No server hangs because another one filled the same empty database at the same time.
pub(super) async fn judge_first(stage: &mut Stage) -> Result<(), LiveError> {
    if stage.main.nodes.values().sum::<usize>() < 2 {
        let reason = "one server has the database for itself";
        stage.record.not_applicable(FIRST_SERVER, reason);
        return Ok(());
    }
    for node in collect(stage, &stage.main).await? {
        let fault = node.observations.hangs.map(|reason| {
            Fault::new(
                format!("{} hangs half started: {reason}", node.pod),
                "let an init container of every further server wait until the first one serves",
            )
            .at("Pod", &node.pod)
        });
        stage.check(FIRST_SERVER, fault);
    }
    Ok(())
}

/// The limit of each server's container holds its heap and what is beside it.
pub(super) async fn judge_memory(stage: &mut Stage) -> Result<(), LiveError> {
    const MIB: u64 = 1 << 20;
    let mut judged = false;
    for node in collect(stage, &stage.main).await? {
        let Some(memory) = node.observations.memory else {
            continue;
        };
        let (Some(limit), Some(needed)) = (memory.limit_bytes, memory.needed_bytes) else {
            continue;
        };
        judged = true;
        let fault = (limit < needed).then(|| {
            Fault::new(
                format!(
                    "the container of {} has {} MiB, and the server needs {} MiB with `{}`",
                    node.pod,
                    limit / MIB,
                    needed / MIB,
                    memory.options
                ),
                "raise the memory limit, or lower the heap",
            )
            .at("Pod", &node.pod)
            .value(format!("{}Mi", limit / MIB))
        });
        stage.check(MEMORY, fault);
    }
    if !judged {
        let reason = "no container has both a heap and a memory limit";
        stage.record.not_applicable(MEMORY, reason);
    }
    Ok(())
}

/// How long init containers waited, the longest of each component.
pub(super) async fn tell_waits(stage: &Stage) -> Result<(), LiveError> {
    let path = format!(
        "/api/v1/namespaces/{}/pods?labelSelector=app.kubernetes.io%2Finstance%3D{}",
        stage.namespace, stage.main.name
    );
    let mut longest: BTreeMap<String, i64> = BTreeMap::new();
    for pod in stage.lab.api.list(&path).await? {
        let component = text(&pod, "/metadata/labels/app.kubernetes.io~1component");
        let statuses = pod
            .pointer("/status/initContainerStatuses")
            .and_then(Value::as_array);
        for status in statuses.into_iter().flatten() {
            let Some(seconds) = seconds(status) else {
                continue;
            };
            let name = format!("{component} {}", text(status, "/name"));
            let known = longest.entry(name).or_default();
            *known = (*known).max(seconds);
        }
    }
    let told: Vec<String> = longest
        .into_iter()
        .filter(|(_, seconds)| *seconds > 0)
        .map(|(name, seconds)| format!("{name} {seconds} s"))
        .collect();
    if !told.is_empty() {
        stage.say(&format!("init containers ran: {}", told.join(", ")));
    }
    Ok(())
}

/// How long an init container ran.
fn seconds(status: &Value) -> Option<i64> {
    let at = |name: &str| {
        let time = text(status, &format!("/state/terminated/{name}"));
        time.parse::<k8s_openapi::jiff::Timestamp>().ok()
    };
    Some(at("finishedAt")?.as_second() - at("startedAt")?.as_second())
}

#[cfg(test)]
mod tests {
    use super::seconds;
    use serde_json::json;

    #[test]
    fn a_wait_is_as_long_as_its_container_ran() {
        let ended = json!({"state": {"terminated": {
            "startedAt": "2026-01-01T00:00:58Z", "finishedAt": "2026-01-01T00:01:03Z"}}});
        assert_eq!(seconds(&ended), Some(5));
        assert_eq!(seconds(&json!({"state": {"running": {}}})), None);
    }
}
