//! Credentials from a store and certificates from an authority, by real operators: what they renew reaches its readers and
//! restarts nobody else.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use am_conformance::Component;
use am_conformance::component::Capability;
use serde_json::{Value, json};

use super::database_server::CREDENTIALS;
use crate::api::text;
use crate::cluster::{Access, Operators};
use crate::error::LiveError;
use crate::mask::decoded;
use crate::record::Fault;
use crate::scenario::Stage;
use crate::scenario::change::uids;
use crate::values::merge;

/// What changed restarts its readers.
const READERS: &str = "AM-UPG-006";
/// It restarts nobody else.
const OTHERS: &str = "AM-UPG-007";
const STORE: &str = "am-store";
/// The one secret of the store, each credential a property.
const KEY: &str = "apim/production";
/// What is renewed in the store.
const RENEWED: &str = "apim-db-password";
const POLL: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(60);

pub(in crate::scenario) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let Some(server) = stage.database.clone() else {
        for id in [READERS, OTHERS] {
            let reason = "the release makes its own credentials";
            stage.record.not_applicable(id, reason);
        }
        return Ok(true);
    };
    let access = Access {
        kubeconfig: stage.lab.helm.kubeconfig.clone(),
        context: stage.lab.helm.context.clone(),
    };
    let mut operators = Operators::start(&stage.lab.workspace, &access, &stage.lab.api).await?;
    let mut credentials = credentials(stage).await?;
    put_store(stage, &credentials).await?;
    let from_store = json!({"credentials": {
        "existingSecret": "",
        "externalSecret": {
            "enabled": true, "refreshInterval": "2s",
            "secretStoreRef": {"name": STORE, "kind": "SecretStore"}, "from": {"key": KEY},
        },
    }});
    merge(&mut stage.main.values, &from_store);
    merge(&mut stage.given, &from_store);
    if !stage.upgrade_main(&Value::Null, READERS).await? {
        operators.check()?;
        return Ok(false);
    }
    stage.say("credentials come from a store");

    let before = uids(stage).await?;
    let renewed = "renewed-in-the-store";
    server
        .change_password(&stage.lab.api, "apim", renewed)
        .await?;
    credentials.insert(RENEWED.to_owned(), renewed.to_owned());
    put_store(stage, &credentials).await?;
    operators.check()?;
    if !arrives(stage, renewed).await? {
        let fault = Fault::new(
            format!("{RENEWED} was renewed in the store, and no Secret of the release has it"),
            "let the ExternalSecret read every credential from the store, and again in its interval",
        );
        stage.failed(READERS, fault);
        return Ok(true);
    }
    if !stage.upgrade_main(&Value::Null, READERS).await? {
        return Ok(false);
    }
    judge_restarts(stage, &before).await
}

/// Every credential of the release, by its key.
async fn credentials(stage: &Stage) -> Result<BTreeMap<String, String>, LiveError> {
    let path = format!(
        "/api/v1/namespaces/{}/secrets/{CREDENTIALS}",
        stage.namespace
    );
    let secret = stage.lab.api.get(&path).await?;
    let data = secret.get("data").and_then(Value::as_object);
    Ok(data
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), decoded(value)?)))
        .collect())
}

/// Writes the secret into the store.
async fn put_store(stage: &Stage, credentials: &BTreeMap<String, String>) -> Result<(), LiveError> {
    let store = json!({
        "apiVersion": "external-secrets.io/v1", "kind": "SecretStore", "metadata": {"name": STORE},
        "spec": {"provider": {"fake": {"data": [{"key": KEY, "value": json!(credentials).to_string()}]}}},
    });
    let path = format!(
        "/apis/external-secrets.io/v1/namespaces/{}/secretstores/{STORE}",
        stage.namespace
    );
    match stage.lab.api.apply(&path, &store).await? {
        Ok(_) => Ok(()),
        Err(refusal) => Err(LiveError::unavailable(
            format!("cannot make a store: {}", refusal.message),
            "report this as a bug",
        )),
    }
}

/// Whether a Secret of the release gets a value within a while.
async fn arrives(stage: &Stage, value: &str) -> Result<bool, LiveError> {
    let path = format!("/api/v1/namespaces/{}/secrets", stage.namespace);
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let secrets = stage.lab.api.list(&path).await?;
        let found = secrets
            .iter()
            .filter(|secret| text(secret, "/metadata/name") != CREDENTIALS)
            .filter_map(|secret| decoded(secret.pointer("/data")?.get(RENEWED)?))
            .any(|found| found == value);
        if found {
            return Ok(true);
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(false)
}

/// Pods with the renewed credential are new, all others are the same.
async fn judge_restarts(
    stage: &mut Stage,
    before: &BTreeMap<String, String>,
) -> Result<bool, LiveError> {
    let after = uids(stage).await?;
    for (uid, component) in before {
        let reads = Component::from_name(component)
            .is_some_and(|component| component.has(Capability::SharesDatabases));
        let stayed = after.contains_key(uid);
        let fault = (stayed == reads).then(|| {
            if reads {
                Fault::new(
                    format!("a pod of the {component} still runs with the database password that was renewed in the store"),
                    "put a checksum of the credentials that it reads into the pod template",
                )
            } else {
                Fault::new(
                    format!("a renewed database password restarted a pod of the {component}, which has no database"),
                    "let checksums and mounts cover only what the component's pods read",
                )
            }
        });
        stage.check(if reads { READERS } else { OTHERS }, fault);
    }
    Ok(true)
}
