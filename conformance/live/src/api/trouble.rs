//! What explains why a namespace does not come up: events, states of containers, logs.

use serde_json::Value;

use super::{Api, Pod, text};
use crate::error::LiveError;

const EVENTS: usize = 12;
const LOG_LINES: usize = 12;
/// Pods whose logs are shown; more hide what matters.
const LOGGED_PODS: usize = 3;

/// The last warnings of a namespace, the state of each pod that is not ready, and the end of its log.
///
/// # Errors
/// When the API server goes away.
pub(crate) async fn explain(
    api: &Api,
    namespace: &str,
    release: &str,
) -> Result<String, LiveError> {
    let mut lines = Vec::new();
    let pods = Pod::list(api, namespace, release).await?;
    let mut troubled: Vec<&Pod> = pods.iter().filter(|pod| !pod.ready).collect();
    for pod in &troubled {
        lines.push(format!(
            "pod {}: {} (restarts {})",
            pod.name, pod.state, pod.restarts
        ));
    }
    let events = api
        .list(&format!("/api/v1/namespaces/{namespace}/events"))
        .await?;
    lines.extend(warnings(&events));
    // What was restarted has something to say; the others may just be slow.
    troubled.sort_by_key(|pod| std::cmp::Reverse(pod.restarts));
    for pod in troubled.iter().take(LOGGED_PODS) {
        for container in &pod.containers {
            // What a container said before its restart tells more than its next attempt.
            for previous in [pod.restarts > 0, false] {
                let path = format!(
                    "/api/v1/namespaces/{namespace}/pods/{}/log?tailLines={LOG_LINES}&container={container}&previous={previous}",
                    pod.name
                );
                // A container that has not started has no log.
                let Ok(log) = api.text(&path).await else {
                    continue;
                };
                lines.extend(
                    log.lines()
                        .map(|line| format!("log of {}/{container}: {line}", pod.name)),
                );
                if !log.is_empty() {
                    break;
                }
            }
        }
    }
    Ok(lines.join("\n"))
}

/// Warnings, the latest last, each once.
fn warnings(events: &[Value]) -> Vec<String> {
    let mut told: Vec<(String, String)> = events
        .iter()
        .filter(|event| text(event, "/type") == "Warning")
        .map(|event| {
            let when = [
                "/series/lastObservedTime",
                "/lastTimestamp",
                "/eventTime",
                "/metadata/creationTimestamp",
            ]
            .iter()
            .map(|pointer| text(event, pointer))
            .find(|when| !when.is_empty())
            .unwrap_or_default();
            let about = format!(
                "event {} {}: {} {}",
                text(event, "/involvedObject/kind"),
                text(event, "/involvedObject/name"),
                text(event, "/reason"),
                text(event, "/message").trim()
            );
            (when.to_owned(), about)
        })
        .collect();
    told.sort();
    let mut lines: Vec<String> = told.into_iter().map(|(_, about)| about).collect();
    lines.dedup();
    lines.split_off(lines.len().saturating_sub(EVENTS))
}

#[cfg(test)]
mod tests {
    use super::warnings;
    use serde_json::json;

    #[test]
    fn the_latest_warning_comes_last_and_normal_events_are_left_out() {
        let event = |kind: &str, at: &str, reason: &str| {
            json!({"type": kind, "lastTimestamp": at, "reason": reason, "message": "m",
                "involvedObject": {"kind": "Pod", "name": "p"}})
        };
        let events = [
            event("Warning", "2026-01-02T00:00:00Z", "Late"),
            event("Normal", "2026-01-03T00:00:00Z", "Fine"),
            event("Warning", "2026-01-01T00:00:00Z", "Early"),
        ];
        assert_eq!(
            warnings(&events),
            ["event Pod p: Early m", "event Pod p: Late m"]
        );
    }
}
