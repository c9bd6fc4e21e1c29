//! What the suite wants to know about a pod.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Api, text};
use crate::error::LiveError;

/// A pod, as the API server tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pod {
    /// Name.
    pub(crate) name: String,
    /// Unique id; the new pod of a `StatefulSet` has the old one's name.
    pub(crate) uid: String,
    /// The component's name, from its label; empty for others.
    pub(crate) component: String,
    /// Labels.
    pub(crate) labels: BTreeMap<String, String>,
    /// Phase.
    pub(crate) phase: String,
    /// Whether it is ready.
    pub(crate) ready: bool,
    /// Whether a container of it runs.
    pub(crate) running: bool,
    /// Whether it is being deleted.
    pub(crate) leaving: bool,
    /// Restarts of all containers.
    pub(crate) restarts: u64,
    /// Addresses of the pod.
    pub(crate) ip: String,
    /// The Kubernetes node that it runs on; empty while it has none.
    pub(crate) node: String,
    /// Names of the claims whose volumes it uses.
    pub(crate) claims: Vec<String>,
    /// Image of the container that is called like the component, or of the first.
    pub(crate) image: String,
    /// Names of its containers, init containers first.
    pub(crate) containers: Vec<String>,
    /// In a few words, why it is not ready: a container's state.
    pub(crate) state: String,
}

/// Whether a pod is a hook, or of a Job, which charts run as hooks.
pub(crate) fn is_of_hook(pod: &Value) -> bool {
    let owners = pod.pointer("/metadata/ownerReferences");
    let mut owners = owners.and_then(Value::as_array).into_iter().flatten();
    pod.pointer("/metadata/annotations/helm.sh~1hook").is_some()
        || owners.any(|owner| text(owner, "/kind") == "Job")
}

impl Pod {
    /// The pods of a namespace, by name; those of a hook are left out.
    pub(crate) async fn list(
        api: &Api,
        namespace: &str,
        release: &str,
    ) -> Result<Vec<Self>, LiveError> {
        let path = format!(
            "/api/v1/namespaces/{namespace}/pods?labelSelector=app.kubernetes.io%2Finstance%3D{release}"
        );
        let mut pods: Vec<Self> = api
            .list(&path)
            .await?
            .iter()
            .filter(|pod| !is_of_hook(pod))
            .map(Self::read)
            .collect();
        pods.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(pods)
    }

    fn read(pod: &Value) -> Self {
        let labels: BTreeMap<String, String> = pod
            .pointer("/metadata/labels")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect();
        let statuses = pod
            .pointer("/status/containerStatuses")
            .and_then(Value::as_array);
        let running = statuses
            .into_iter()
            .flatten()
            .any(|status| status.pointer("/state/running").is_some());
        let restarts = statuses
            .into_iter()
            .flatten()
            .filter_map(|status| status.get("restartCount")?.as_u64())
            .sum();
        let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
        let ready = conditions.into_iter().flatten().any(|condition| {
            text(condition, "/type") == "Ready" && text(condition, "/status") == "True"
        });
        Self {
            name: text(pod, "/metadata/name").to_owned(),
            uid: text(pod, "/metadata/uid").to_owned(),
            component: labels
                .get("app.kubernetes.io/component")
                .cloned()
                .unwrap_or_default(),
            labels,
            phase: text(pod, "/status/phase").to_owned(),
            ready,
            running,
            leaving: pod.pointer("/metadata/deletionTimestamp").is_some(),
            restarts,
            ip: text(pod, "/status/podIP").to_owned(),
            node: text(pod, "/spec/nodeName").to_owned(),
            claims: pod
                .pointer("/spec/volumes")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(|volume| text(volume, "/persistentVolumeClaim/claimName").to_owned())
                .filter(|claim| !claim.is_empty())
                .collect(),
            image: image(pod),
            containers: ["/spec/initContainers", "/spec/containers"]
                .iter()
                .filter_map(|list| pod.pointer(list)?.as_array())
                .flatten()
                .map(|container| text(container, "/name").to_owned())
                .collect(),
            state: state(pod),
        }
    }
}

/// The image of the container that is called like the component, or of the first.
fn image(pod: &Value) -> String {
    let component = text(pod, "/metadata/labels/app.kubernetes.io~1component");
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
    let containers = || containers.into_iter().flatten();
    containers()
        .find(|container| text(container, "/name") == component)
        .or_else(|| containers().next())
        .map(|container| text(container, "/image").to_owned())
        .unwrap_or_default()
}

/// What the first container that does not run says, or that it runs.
fn state(pod: &Value) -> String {
    for list in ["/status/initContainerStatuses", "/status/containerStatuses"] {
        let statuses = pod.pointer(list).and_then(Value::as_array);
        for status in statuses.into_iter().flatten() {
            let name = text(status, "/name");
            for kind in ["waiting", "terminated"] {
                let reason = text(status, &format!("/state/{kind}/reason"));
                if !reason.is_empty() && reason != "Completed" {
                    let message = text(status, &format!("/state/{kind}/message"));
                    return format!("{name}: {reason} {message}").trim_end().to_owned();
                }
            }
        }
    }
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    let scheduled = conditions
        .into_iter()
        .flatten()
        .find(|condition| text(condition, "/type") == "PodScheduled");
    match scheduled {
        Some(condition) if text(condition, "/status") == "False" => {
            format!("not scheduled: {}", text(condition, "/message"))
        }
        _ => text(pod, "/status/phase").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Pod, is_of_hook};
    use serde_json::json;

    #[test]
    fn pods_of_a_job_and_of_a_hook_are_no_servers() {
        let of_job =
            json!({"metadata": {"ownerReferences": [{"kind": "Job", "name": "am-schema"}]}});
        let hook = json!({"metadata": {"annotations": {"helm.sh/hook": "test"}}});
        let server = json!({"metadata": {"ownerReferences": [{"kind": "ReplicaSet", "name": "am-gateway-1"}]}});
        assert!(is_of_hook(&of_job) && is_of_hook(&hook));
        assert!(!is_of_hook(&server));
    }

    #[test]
    fn a_pod_that_cannot_start_says_why() {
        let pod = Pod::read(&json!({
            "metadata": {"name": "am-gateway-x", "labels": {"app.kubernetes.io/component": "gateway"}},
            "status": {"phase": "Pending", "containerStatuses": [
                {"name": "gateway", "restartCount": 2, "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}
            ]}
        }));
        assert_eq!(
            (pod.component.as_str(), pod.ready, pod.restarts),
            ("gateway", false, 2)
        );
        assert_eq!(pod.state, "gateway: ImagePullBackOff no such image");
    }

    #[test]
    fn a_pod_without_a_node_says_why() {
        let pod = Pod::read(&json!({
            "metadata": {"name": "a"},
            "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "message": "Insufficient memory"}]}
        }));
        assert_eq!(pod.state, "not scheduled: Insufficient memory");
    }
}
