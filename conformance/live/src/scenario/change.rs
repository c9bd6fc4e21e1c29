//! Changes a value of one component: its pods restart one by one, all others stay, clients notice nothing.

use std::collections::BTreeMap;

use am_conformance::Component;
use serde_json::json;

use super::Stage;
use super::prober::Prober;
use super::stage::NO_GATEWAY;
use crate::api::Pod;
use crate::error::LiveError;
use crate::record::Fault;

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let Some(gateway) = stage.gateway() else {
        stage.record.not_applicable("AM-OPS-013", NO_GATEWAY);
        return Ok(true);
    };
    let several = stage
        .main
        .nodes
        .get(&gateway)
        .is_some_and(|nodes| *nodes > 1);
    let before = uids(stage).await?;
    let service = format!("{}-{gateway}", stage.main.name);
    let prober = Prober::start(stage, &service);
    let change =
        json!({gateway.values_key(): {"config": {"apim": {"cors": {"allow_credentials": true}}}}});
    let ready = stage.upgrade_main(&change, "AM-OPS-013").await?;
    let seen = prober.stop().await?;
    if !ready {
        return Ok(false);
    }
    judge_restarts(stage, gateway, &before).await?;
    if several {
        stage.say(&format!(
            "{} requests during the rolling restart, {} failed",
            seen.requests,
            seen.failures.len()
        ));
        let fault = seen.failures.first().map(|first| {
            Fault::new(
                format!(
                    "{} of {} requests failed while the {} was restarted, first: {first}",
                    seen.failures.len(),
                    seen.requests,
                    gateway.title()
                ),
                "replace one pod at a time, and let a pod leave the Services before it stops",
            )
            .at("Service", service)
        });
        stage.check("AM-OPS-013", fault);
    } else {
        stage
            .record
            .not_applicable("AM-OPS-013", "one node cannot be replaced without a gap");
    }
    Ok(true)
}

/// Pods of the changed component are new, all others are the same.
async fn judge_restarts(
    stage: &mut Stage,
    changed: Component,
    before: &BTreeMap<String, String>,
) -> Result<(), LiveError> {
    let after = uids(stage).await?;
    if before.values().all(|component| component == changed.name()) {
        stage
            .record
            .not_applicable("AM-UPG-007", "the release has no other pods");
    }
    for (uid, component) in before {
        let stayed = after.contains_key(uid);
        if component == changed.name() {
            let fault = stayed.then(|| {
                Fault::new(
                    format!("a pod of the {component} still runs with the old configuration"),
                    "put a checksum of the configuration into the pod template",
                )
            });
            stage.check("AM-OPS-041", fault.clone());
            stage.check("AM-UPG-006", fault);
        } else {
            let fault = (!stayed).then(|| {
                Fault::new(
                    format!("a change of the {changed} restarted a pod of the {component}"),
                    "let checksums cover only what the component's pods read",
                )
            });
            stage.check("AM-UPG-007", fault);
        }
    }
    Ok(())
}

/// Unique ids of the pods, with their components.
pub(super) async fn uids(stage: &Stage) -> Result<BTreeMap<String, String>, LiveError> {
    let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
    Ok(pods
        .into_iter()
        .map(|pod| (pod.uid, pod.component))
        .collect())
}
