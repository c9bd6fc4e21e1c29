//! What the release knows of the identity server: what its Job registered, and where that leads.

use std::time::Duration;

use serde_json::Value;

use super::server::{Server, USERNAME, ask};
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;
use crate::registration::{
    COMPLETE, ITS_OWN, addresses, asks, differences, leads_elsewhere, registered,
};
use crate::scenario::{Stage, collect};

const POLL: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn judge(stage: &mut Stage, server: &Server) -> Result<(), LiveError> {
    let nodes = collect(stage, &stage.main).await?;
    let name = server.registration["name"].as_str().unwrap_or_default();
    let Some(registered) = registered(&nodes, name) else {
        let fault = Fault::new(
            format!("no node with the portals knows {name}, though its Job ended"),
            "let the Job register it at the Admin API",
        );
        stage.failed(COMPLETE, fault.at("ConfigMap", &server.told_by));
        return Ok(());
    };
    judge_document(stage, server, &registered);
    let places = addresses(&registered);
    let (mut all, mut waiting) = (true, Waiting::begin());
    for node in nodes.iter().filter(|node| asks(node)) {
        for (place, url) in &places {
            let mut answer = ask(stage, &stage.namespace, &node.pod, url).await?;
            // A new Service is known to every node of the cluster a moment later.
            while answer["by"].is_null() && !waiting.is_over(PATIENCE) {
                tokio::time::sleep(POLL).await;
                answer = ask(stage, &stage.namespace, &node.pod, url).await?;
            }
            let leads_there = answer["by"] == server.pod.as_str();
            all &= leads_there;
            let fault = (!leads_there).then(|| {
                leads_elsewhere(place, &node.pod, url, &answer).at("ConfigMap", &server.told_by)
            });
            stage.check(ITS_OWN, fault);
        }
    }
    if all {
        stage.say(&format!(
            "the identity server is registered and answers at {} addresses",
            places.len()
        ));
    }
    Ok(())
}

/// What is registered is what the release says, with the account filled in.
fn judge_document(stage: &mut Stage, server: &Server, registered: &Value) {
    let differs = differences(&server.registration, registered, USERNAME);
    let fault = (!differs.is_empty()).then(|| {
        Fault::new(
            format!(
                "what is registered differs from the registration in {}",
                differs.join(", ")
            ),
            "let the Job send registration.json with the account filled in",
        )
        .at("ConfigMap", &server.told_by)
    });
    stage.check(COMPLETE, fault);
}
