//! Credentials from a store and certificates from an authority, by real operators: what they renew reaches its readers and
//! restarts nobody else.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::database_server::CREDENTIALS;
use crate::api::{is_of_hook, text};
use crate::cluster::{Access, Operators};
use crate::error::LiveError;
use crate::mask::decoded;
use crate::patience::Waiting;
use crate::record::Fault;
use crate::scenario::{Stage, wait};
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
const AUTHORITY: &str = "am-authority";
/// By these annotations Reloader knows whom to restart for which Secrets.
const RELOADED_FOR: &str = "/metadata/annotations/secret.reloader.stakater.com~1reload";
const POLL: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(60);

pub(in crate::scenario) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    if stage.database.is_none() {
        for id in [READERS, OTHERS] {
            let reason = "the release makes its own credentials";
            stage.record.not_applicable(id, reason);
        }
        return Ok(true);
    }
    let access = Access {
        kubeconfig: stage.lab.helm.kubeconfig.clone(),
        context: stage.lab.helm.context.clone(),
    };
    let mut operators = Operators::start(&stage.lab.workspace, &access, &stage.lab.api).await?;
    let done = credentials(stage).await? && certificates(stage).await?;
    operators.check()?;
    // Later upgrades need them again: the schema Job takes its accounts from the store.
    stage.operators = Some(operators);
    Ok(done)
}

/// The release takes its credentials from a store, in which one is renewed.
async fn credentials(stage: &mut Stage) -> Result<bool, LiveError> {
    let mut credentials = given(stage).await?;
    credentials.insert(
        "tls-keystore-password".to_owned(),
        "of-the-keystore".to_owned(),
    );
    put_store(stage, &credentials).await?;
    let from_store = json!({
        "credentials": {
            "existingSecret": "",
            "externalSecret": {
                "enabled": true, "refreshInterval": "2s",
                "secretStoreRef": {"name": STORE, "kind": "SecretStore"}, "from": {"key": KEY},
            },
        },
        "restarts": {"operator": "reloader"},
    });
    if !give(stage, &from_store).await? {
        return Ok(false);
    }
    stage.say("credentials come from a store");

    let renewed = "renewed-in-the-store";
    if let Some(server) = stage.database.clone() {
        server
            .change_password(&stage.lab.api, "apim", renewed)
            .await?;
    }
    credentials.insert(RENEWED.to_owned(), renewed.to_owned());
    put_store(stage, &credentials).await?;
    let has = |secret: &Value| {
        let value = secret.pointer("/data").and_then(|data| data.get(RENEWED));
        value.and_then(decoded).as_deref() == Some(renewed)
    };
    let Some(secret) = secret_that(stage, has).await? else {
        let fault = Fault::new(
            format!("{RENEWED} was renewed in the store, and no Secret of the release has it"),
            "let the ExternalSecret read every credential from the store, and again in its interval",
        );
        stage.failed(READERS, fault);
        return Ok(true);
    };
    judge_restarts(stage, &secret).await
}

/// The release serves a certificate of an authority in the cluster, which is renewed.
async fn certificates(stage: &mut Stage) -> Result<bool, LiveError> {
    let authority = json!({
        "apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": {"name": AUTHORITY}, "spec": {"selfSigned": {}},
    });
    put(stage, "cert-manager.io/v1", "issuers", &authority).await?;
    let from_authority = json!({"keystores": {"certManager": {
        "enabled": true, "issuerRef": {"name": AUTHORITY},
        // The images' truststore does not know the authority.
        "internalNames": false, "dnsNames": ["apim.example.com", "localhost"],
    }}});
    if !give(stage, &from_authority).await? {
        return Ok(false);
    }
    stage.say("certificates come from an authority");

    let path = format!(
        "/apis/cert-manager.io/v1/namespaces/{}/certificates",
        stage.namespace
    );
    for certificate in stage.lab.api.list(&path).await? {
        let name = text(&certificate, "/spec/secretName").to_owned();
        let of = |secret: &Value| secret.pointer("/data/tls.crt").cloned();
        let secrets = format!("/api/v1/namespaces/{}/secrets/{name}", stage.namespace);
        let old = of(&stage.lab.api.get(&secrets).await?);
        // As `cmctl renew` does it.
        let condition = json!({
            "type": "Issuing", "status": "True", "reason": "ManuallyTriggered", "message": "renewed by the suite",
            "lastTransitionTime": k8s_openapi::jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        });
        let of_certificate = format!("{path}/{}/status", text(&certificate, "/metadata/name"));
        let change = json!({"status": {"conditions": [condition]}});
        stage.lab.api.change(&of_certificate, &change).await?;
        let is_new = |secret: &Value| {
            text(secret, "/metadata/name") == name && of(secret).is_some() && of(secret) != old
        };
        let Some(secret) = secret_that(stage, is_new).await? else {
            return Err(LiveError::unavailable(
                format!("cert-manager does not renew {name}"),
                "see its log",
            ));
        };
        if !judge_restarts(stage, &secret).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Gives the release more values for good, and waits.
async fn give(stage: &mut Stage, more: &Value) -> Result<bool, LiveError> {
    merge(&mut stage.main.values, more);
    merge(&mut stage.given, more);
    stage.upgrade_main(&Value::Null, READERS).await
}

/// Every credential of the release, by its key.
async fn given(stage: &Stage) -> Result<BTreeMap<String, String>, LiveError> {
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
    put(stage, "external-secrets.io/v1", "secretstores", &store).await
}

async fn put(stage: &Stage, version: &str, plural: &str, object: &Value) -> Result<(), LiveError> {
    let name = text(object, "/metadata/name");
    let path = format!(
        "/apis/{version}/namespaces/{}/{plural}/{name}",
        stage.namespace
    );
    match stage.lab.api.apply(&path, object).await? {
        Ok(_) => Ok(()),
        Err(refusal) => Err(LiveError::unavailable(
            format!("cannot make {name} of {plural}: {}", refusal.message),
            "report this as a bug",
        )),
    }
}

/// The name of the release's Secret that looks as wanted within a while.
async fn secret_that(
    stage: &Stage,
    is_wanted: impl Fn(&Value) -> bool,
) -> Result<Option<String>, LiveError> {
    let path = format!("/api/v1/namespaces/{}/secrets", stage.namespace);
    let mut waiting = Waiting::begin();
    while !waiting.is_over(PATIENCE) {
        let secrets = stage.lab.api.list(&path).await?;
        let mut names = secrets
            .iter()
            .filter(|secret| is_wanted(secret))
            .map(|secret| text(secret, "/metadata/name"));
        if let Some(name) = names.find(|name| *name != CREDENTIALS) {
            return Ok(Some(name.to_owned()));
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(None)
}

/// Plays Reloader, whose module no proxy has; then whoever reads the Secret is new, and all others are the same.
async fn judge_restarts(stage: &mut Stage, secret: &str) -> Result<bool, LiveError> {
    let before = pods(stage).await?;
    for workload in wait::workloads(stage, &stage.main).await? {
        if !text(&workload, RELOADED_FOR)
            .split(',')
            .any(|name| name == secret)
        {
            continue;
        }
        let plural = format!("{}s", text(&workload, "/kind").to_lowercase());
        let path = format!(
            "/apis/apps/v1/namespaces/{}/{plural}/{}",
            stage.namespace,
            text(&workload, "/metadata/name")
        );
        let restart = json!({"spec": {"template": {"metadata": {"annotations": {"reloader.stakater.com/last-reloaded-from": secret}}}}});
        stage.lab.api.change(&path, &restart).await?;
    }
    if !stage.wait_for_main(READERS).await? {
        return Ok(false);
    }
    let after = pods(stage).await?;
    let is_there = |pod: &Value| {
        let uid = text(pod, "/metadata/uid");
        after
            .iter()
            .any(|other| text(other, "/metadata/uid") == uid)
    };
    let mut restarted = 0;
    for pod in &before {
        let name = text(pod, "/metadata/name");
        let (reads, stayed) = (names(&pod["spec"], secret), is_there(pod));
        restarted += usize::from(!stayed);
        let fault = (stayed == reads).then(|| {
            if reads {
                Fault::new(
                    format!("{name} still runs with what was renewed in Secret {secret}"),
                    "annotate its workload with the Secrets that its pods read",
                )
            } else {
                Fault::new(
                    format!("what was renewed in Secret {secret} restarted {name}, which does not read it"),
                    "annotate its workload with the Secrets that its pods read, and no others",
                )
            }
            .at("Pod", name)
        });
        stage.check(if reads { READERS } else { OTHERS }, fault);
    }
    stage.say(&format!(
        "{secret} was renewed: {restarted} of {} pods restarted",
        before.len()
    ));
    Ok(true)
}

async fn pods(stage: &Stage) -> Result<Vec<Value>, LiveError> {
    let path = format!(
        "/api/v1/namespaces/{}/pods?labelSelector=app.kubernetes.io%2Finstance%3D{}",
        stage.namespace, stage.main.name
    );
    let mut pods = stage.lab.api.list(&path).await?;
    pods.retain(|pod| !is_of_hook(pod));
    Ok(pods)
}

/// Whether a part of an object names another one.
fn names(part: &Value, name: &str) -> bool {
    match part {
        Value::String(text) => text == name,
        Value::Array(items) => items.iter().any(|item| names(item, name)),
        Value::Object(fields) => fields.values().any(|value| names(value, name)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::names;
    use serde_json::json;

    #[test]
    fn a_pod_names_a_secret_in_a_variable_or_a_volume_and_not_in_a_part_of_a_word() {
        let spec = json!({"containers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "a-credentials"}}}]}]});
        assert!(names(&spec, "a-credentials"));
        assert!(!names(&spec, "credentials"));
    }
}
