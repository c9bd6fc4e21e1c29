//! Nodes of a component run on different Kubernetes nodes, so that one of those can fail.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Stage;
use crate::api::{Api, Pod, text};
use crate::error::LiveError;
use crate::record::Fault;

/// The taint by which a cordoned node keeps pods away.
const CORDONED: &str = "node.kubernetes.io/unschedulable";

/// Names of the Kubernetes nodes that take pods of any application.
pub(super) async fn workers(api: &Api) -> Result<Vec<String>, LiveError> {
    let nodes = api.list("/api/v1/nodes").await?;
    Ok(nodes
        .iter()
        .filter(|node| takes_pods(node))
        .map(|node| text(node, "/metadata/name").to_owned())
        .collect())
}

fn takes_pods(node: &Value) -> bool {
    let taints = node.pointer("/spec/taints").and_then(Value::as_array);
    // The taint of a cordoned node goes a moment after the node is open again.
    let keeps_away = taints.into_iter().flatten().any(|taint| {
        text(taint, "/effect") != "PreferNoSchedule" && text(taint, "/key") != CORDONED
    });
    !keeps_away && node.pointer("/spec/unschedulable") != Some(&Value::Bool(true))
}

/// No Kubernetes node holds all nodes of a component.
pub(super) async fn judge(stage: &mut Stage) -> Result<(), LiveError> {
    const ID: &str = "AM-OPS-012";
    let workers = workers(&stage.lab.api).await?;
    if workers.len() < 2 {
        let reason = "one Kubernetes node takes pods, so nothing can be spread";
        stage.record.unsupported(ID, reason);
        return Ok(());
    }
    let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
    let several = stage.main.nodes.clone();
    let mut judged = false;
    for (component, _) in several.into_iter().filter(|(_, nodes)| *nodes > 1) {
        judged = true;
        let used: BTreeSet<&str> = pods
            .iter()
            .filter(|pod| pod.component == component.name())
            .map(|pod| pod.node.as_str())
            .collect();
        let fault = (used.len() < 2).then(|| {
            Fault::new(
                format!(
                    "all nodes of the {} run on {}, though {} Kubernetes nodes take pods",
                    component.title(),
                    used.into_iter().collect::<Vec<_>>().join(", "),
                    workers.len()
                ),
                "add a topology spread constraint or a pod anti-affinity over kubernetes.io/hostname",
            )
            .at("Pod", format!("{}-{component}", stage.main.name))
        });
        stage.check(ID, fault);
    }
    if !judged {
        stage
            .record
            .not_applicable(ID, "no component of the pattern has several nodes");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::takes_pods;
    use serde_json::json;

    #[test]
    fn a_control_plane_and_a_cordoned_node_take_no_pods() {
        let taint = |effect: &str| json!({"spec": {"taints": [{"key": "k", "effect": effect}]}});
        assert!(takes_pods(&json!({"spec": {}})));
        assert!(takes_pods(&taint("PreferNoSchedule")));
        assert!(!takes_pods(&taint("NoSchedule")));
        assert!(!takes_pods(&json!({"spec": {"unschedulable": true}})));
    }
}
