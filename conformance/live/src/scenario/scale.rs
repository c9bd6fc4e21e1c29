//! One node more of every component that has several, and back.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Stage, observe};
use crate::api::text;
use crate::error::LiveError;
use crate::options::Images;
use crate::record::Fault;
use crate::values::{key, replicas_key};

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let before = stage.main.nodes.clone();
    let more: Map<String, Value> = before
        .iter()
        .filter(|(_, nodes)| **nodes > 1)
        .map(|(component, nodes)| {
            let replicas = json!({replicas_key(*component): nodes + 1});
            (key(*component).to_owned(), replicas)
        })
        .collect();
    if more.is_empty() {
        for id in ["AM-UPG-001", "AM-UPG-009"] {
            stage
                .record
                .not_applicable(id, "the pattern has one node and does not scale");
        }
        return Ok(true);
    }
    for nodes in stage.main.nodes.values_mut().filter(|nodes| **nodes > 1) {
        *nodes += 1;
    }
    if !stage
        .upgrade_main(&Value::Object(more), "AM-UPG-001")
        .await?
    {
        return Ok(false);
    }
    if stage.lab.images == Images::Standin {
        judge_wiring(stage).await?;
    }
    let claims = claims(stage).await?;

    stage.main.nodes = before;
    if !stage.upgrade_main(&Value::Null, "AM-UPG-001").await? {
        return Ok(false);
    }
    stage.passed("AM-UPG-001");
    let left = self::claims(stage).await?;
    for claim in claims {
        let gone = (!left.contains(&claim)).then(|| {
            Fault::new(
                format!("claim {claim} vanished when its node was scaled away"),
                "retain claims when scaled (persistentVolumeClaimRetentionPolicy)",
            )
            .at("PersistentVolumeClaim", &claim)
        });
        stage.check("AM-UPG-009", gone);
    }
    if left.is_empty() {
        stage
            .record
            .not_applicable("AM-UPG-009", "the pattern has no claims");
    }
    Ok(true)
}

/// The nodes that came reach everybody, and everybody reaches them.
async fn judge_wiring(stage: &mut Stage) -> Result<(), LiveError> {
    let release = stage.main.clone();
    let (judgement, _) = observe::settled(stage, &release).await?;
    stage.say(&format!(
        "with one node more: {} of {} edges reached",
        judgement.reached, judgement.expected
    ));
    observe::write_down(stage, judgement);
    Ok(())
}

/// Names of the claims in the namespace.
pub(super) async fn claims(stage: &Stage) -> Result<BTreeSet<String>, LiveError> {
    let path = format!(
        "/api/v1/namespaces/{}/persistentvolumeclaims",
        stage.namespace
    );
    let claims = stage.lab.api.list(&path).await?;
    Ok(claims
        .iter()
        .map(|claim| text(claim, "/metadata/name").to_owned())
        .collect())
}
