//! Takes pods away: one of each component by force, then by eviction as a drained node does.

use std::time::Duration;

use am_conformance::Component;
use serde_json::Value;

use super::{Stage, drain};
use crate::api::{Pod, text};
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;

const POLL: Duration = Duration::from_millis(500);
/// The disruption controller counts pods a moment after they became ready.
const BUDGET_PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    for component in components(stage) {
        let pods = pods_of(stage, component).await?;
        if let Some(pod) = pods.first() {
            stage.kill(&pod.name).await?;
        }
    }
    if !stage.wait_for_main("AM-OPS-001").await? {
        return Ok(false);
    }
    stage.passed("AM-OPS-001");
    for component in components(stage) {
        judge_budget(stage, component).await?;
    }
    if !stage.wait_for_main("AM-OPS-009").await? {
        return Ok(false);
    }
    drain::run(stage).await
}

/// A budget must be there, let one pod go, and hold the next.
async fn judge_budget(stage: &mut Stage, component: Component) -> Result<(), LiveError> {
    let mut waiting = Waiting::begin();
    let (budget, pods) = loop {
        let Some(budget) = budget_of(stage, component).await? else {
            let fault = Fault::new(
                format!("no PodDisruptionBudget protects the {}", component.title()),
                "let a budget select its pods",
            );
            stage.failed("AM-NET-007", fault);
            return Ok(());
        };
        let number = |pointer: &str| budget.pointer(pointer).and_then(Value::as_u64);
        let allowed = number("/status/disruptionsAllowed").unwrap_or(0);
        let protected = number("/status/expectedPods").and_then(|count| count.try_into().ok());
        let pods = pods_of(stage, component).await?;
        let counted = allowed > 0 && protected == Some(pods.len());
        if counted || waiting.is_over(BUDGET_PATIENCE) {
            break (budget, pods);
        }
        tokio::time::sleep(POLL).await;
    };
    let name = text(&budget, "/metadata/name").to_owned();
    let expected = budget
        .pointer("/status/expectedPods")
        .and_then(Value::as_u64)
        .unwrap_or(0);
    let idle = (usize::try_from(expected).unwrap_or(usize::MAX) != pods.len()).then(|| {
        Fault::new(
            format!(
                "PodDisruptionBudget {name} protects {expected} of {} pods",
                pods.len()
            ),
            "let its selector match the labels of the component's pods",
        )
        .at("PodDisruptionBudget", &name)
    });
    stage.check("AM-NET-007", idle);

    let mut held = None;
    for (index, pod) in pods.iter().enumerate() {
        // A budget may let pods go that are not ready anyway.
        let now = pods_of(stage, component).await?;
        if !now.iter().any(|other| other.uid == pod.uid && other.ready) {
            continue;
        }
        match stage.lab.api.evict(&stage.namespace, &pod.name).await? {
            Ok(()) if index == 0 => stage.passed("AM-OPS-009"),
            Err(refusal) if index == 0 => {
                let fault = Fault::new(
                    format!("{} cannot be evicted: {}", pod.name, refusal.message),
                    "let the budget allow one pod to go",
                )
                .at("PodDisruptionBudget", &name);
                stage.failed("AM-OPS-009", fault);
                break;
            }
            Ok(()) => held = Some(false),
            Err(_) => {
                held = Some(true);
                break;
            }
        }
    }
    if let Some(held) = held {
        let fault = (!held).then(|| {
            Fault::new(
                format!(
                    "all nodes of the {} could be evicted at once",
                    component.title()
                ),
                "let the budget allow one pod to go, and no more",
            )
            .at("PodDisruptionBudget", &name)
        });
        stage.check("AM-OPS-009", fault);
    }
    Ok(())
}

/// The budget with the component's label.
async fn budget_of(stage: &Stage, component: Component) -> Result<Option<Value>, LiveError> {
    let path = format!(
        "/apis/policy/v1/namespaces/{}/poddisruptionbudgets?labelSelector=app.kubernetes.io%2Fcomponent%3D{component},app.kubernetes.io%2Finstance%3D{}",
        stage.namespace, stage.main.name
    );
    Ok(stage.lab.api.list(&path).await?.into_iter().next())
}

fn components(stage: &Stage) -> Vec<Component> {
    stage.main.nodes.keys().copied().collect()
}

async fn pods_of(stage: &Stage, component: Component) -> Result<Vec<Pod>, LiveError> {
    let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
    Ok(pods
        .into_iter()
        .filter(|pod| pod.component == component.name())
        .collect())
}
