//! Enlarges the volumes of a component as docs/upgrading.md says: the claims first, then the `StatefulSet` without its pods, which
//! Helm makes again with the new size. Nothing restarts.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::api::text;
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;
use crate::scenario::change::uids;
use crate::scenario::{Stage, wait};
use crate::values::merge;

/// A volume grows without a restart.
const GROWS: &str = "AM-UPG-014";
/// Claims stay.
const STAYS: &str = "AM-UPG-009";
const SIZE: &str = "3Gi";
const CLASSES: &str = "/apis/storage.k8s.io/v1/storageclasses";
const POLL: Duration = Duration::from_millis(500);
/// How long the cluster's own resizer may take before the suite knows that there is none.
const RESIZER: Duration = Duration::from_secs(5);

pub(in crate::scenario) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let Some(set) = with_claims(stage).await? else {
        for id in [GROWS, STAYS] {
            let reason = "no component has volumes";
            stage.record.not_applicable(id, reason);
        }
        return Ok(true);
    };
    let component = text(&set, "/metadata/labels/app.kubernetes.io~1component").to_owned();
    let claims = claims_of(stage, &set).await?;
    if !allow_expansion(stage, &claims).await? {
        for id in [GROWS, STAYS] {
            let reason = "the storage class of this cluster's volumes does not let them grow";
            stage.record.unsupported(id, reason);
        }
        return Ok(true);
    }
    let before = uids(stage).await?;
    for claim in &claims {
        grow(stage, claim).await?;
    }
    let name = text(&set, "/metadata/name");
    let path = format!(
        "/apis/apps/v1/namespaces/{}/statefulsets/{name}?propagationPolicy=Orphan",
        stage.namespace
    );
    stage.lab.api.delete(&path).await?;
    let key = am_conformance::Component::from_name(&component)
        .map_or(component.as_str(), |component| component.values_key());
    let more = json!({key: {"persistence": {"size": SIZE}}});
    // The size stays: no later upgrade may write the old one into a claim template.
    merge(&mut stage.main.values, &more);
    if !stage.upgrade_main(&Value::Null, GROWS).await? {
        return Ok(false);
    }
    judge_claims(stage, &claims).await?;
    judge_pods(stage, &before).await?;
    stage.say(&format!("{} claims of {name} enlarged", claims.len()));
    Ok(true)
}

/// The first `StatefulSet` of a component that claims volumes for its nodes.
async fn with_claims(stage: &Stage) -> Result<Option<Value>, LiveError> {
    let workloads = wait::workloads(stage, &stage.main).await?;
    let of_component = |workload: &Value| {
        let component = text(workload, "/metadata/labels/app.kubernetes.io~1component");
        am_conformance::Component::from_name(component)
            .is_some_and(|component| stage.main.nodes.contains_key(&component))
    };
    Ok(workloads.into_iter().find(|workload| {
        workload.pointer("/spec/volumeClaimTemplates/0").is_some() && of_component(workload)
    }))
}

/// The claims of a `StatefulSet`, as they are now.
async fn claims_of(stage: &Stage, set: &Value) -> Result<Vec<Value>, LiveError> {
    let name = text(set, "/metadata/name");
    let templates = set.pointer("/spec/volumeClaimTemplates");
    let starts: Vec<String> = templates
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|template| format!("{}-{name}-", text(template, "/metadata/name")))
        .collect();
    let mut claims = stage.claims().await?;
    claims.retain(|claim| {
        let name = text(claim, "/metadata/name");
        starts.iter().any(|start| name.starts_with(start.as_str()))
    });
    Ok(claims)
}

/// Whether the claims' class lets volumes grow; on a cluster of the run's own it is told to.
async fn allow_expansion(stage: &Stage, claims: &[Value]) -> Result<bool, LiveError> {
    for claim in claims {
        let class = format!("{CLASSES}/{}", text(claim, "/spec/storageClassName"));
        let allows = json!({"allowVolumeExpansion": true});
        let now = stage.lab.api.get(&class).await?;
        if now.get("allowVolumeExpansion") == Some(&Value::Bool(true)) {
            continue;
        }
        if !stage.lab.closes_nodes {
            return Ok(false);
        }
        stage.lab.api.change(&class, &allows).await?;
    }
    Ok(true)
}

/// Asks for a larger volume. Where no resizer of a driver answers, as for kind's folders on a node, which have no size, the suite
/// writes what one would.
async fn grow(stage: &Stage, claim: &Value) -> Result<(), LiveError> {
    let api = &stage.lab.api;
    let path = format!(
        "/api/v1/namespaces/{}/persistentvolumeclaims/{}",
        stage.namespace,
        text(claim, "/metadata/name")
    );
    let wanted = json!({"spec": {"resources": {"requests": {"storage": SIZE}}}});
    api.change(&path, &wanted).await?;
    let mut waiting = Waiting::begin();
    while !waiting.is_over(RESIZER) {
        if text(&api.get(&path).await?, "/status/capacity/storage") == SIZE {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
    let volume = format!(
        "/api/v1/persistentvolumes/{}",
        text(claim, "/spec/volumeName")
    );
    let capacity = json!({"capacity": {"storage": SIZE}});
    api.change(&volume, &json!({"spec": capacity})).await?;
    api.change(&format!("{path}/status"), &json!({"status": capacity}))
        .await?;
    Ok(())
}

async fn judge_claims(stage: &mut Stage, before: &[Value]) -> Result<(), LiveError> {
    let after = stage.claims().await?;
    for claim in before {
        let name = text(claim, "/metadata/name").to_owned();
        let now = after
            .iter()
            .find(|now| text(now, "/metadata/uid") == text(claim, "/metadata/uid"));
        let gone = now.is_none().then(|| {
            Fault::new(
                format!("claim {name} is not the same when its volume was enlarged"),
                "let no owner of the claim delete it, and keep its name",
            )
            .at("PersistentVolumeClaim", &name)
        });
        stage.check(STAYS, gone);
        let small = now
            .is_some_and(|now| text(now, "/status/capacity/storage") != SIZE)
            .then(|| {
                Fault::new(
                    format!("claim {name} is not enlarged"),
                    "take the size of claims from a value",
                )
                .at("PersistentVolumeClaim", &name)
            });
        stage.check(GROWS, small);
    }
    Ok(())
}

async fn judge_pods(stage: &mut Stage, before: &BTreeMap<String, String>) -> Result<(), LiveError> {
    let after = uids(stage).await?;
    for (uid, component) in before {
        let fault = (!after.contains_key(uid)).then(|| {
            Fault::new(
                format!("larger volumes restarted a pod of the {component}"),
                "keep the size of volumes out of pod templates",
            )
        });
        stage.check(GROWS, fault);
    }
    Ok(())
}
