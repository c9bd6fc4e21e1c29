//! Removes the releases and lists what is left.

use std::time::Duration;

use am_standin::role::Role;
use k8s_openapi::jiff::Timestamp;
use serde_json::Value;

use super::Stage;
use crate::api::{Ends, Pod, Resources, text};
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;

/// API versions whose objects a chart may make.
const VERSIONS: [&str; 8] = [
    "v1",
    "apps/v1",
    "autoscaling/v2",
    "batch/v1",
    "discovery.k8s.io/v1",
    "networking.k8s.io/v1",
    "policy/v1",
    "rbac.authorization.k8s.io/v1",
];
const POLL: Duration = Duration::from_secs(1);
/// Two ends that are this close may have come in either order: both are told in whole seconds.
const ROUNDING: i64 = 1;
/// Pods take their grace period to go.
const PATIENCE: Duration = Duration::from_secs(100);

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    for release in releases(stage).await? {
        let database = databases(stage, &release).await?;
        let (helm, namespace) = (stage.lab.helm.clone(), stage.namespace.clone());
        let uninstall = helm.uninstall(&release, &namespace);
        let ends = stage.lab.api.ends(&namespace, &release, PATIENCE);
        let (done, ends) = tokio::join!(uninstall, ends);
        let done = done?;
        if !done.success {
            let what = format!("uninstall {release}");
            stage.helm_failed(&what, &done, "AM-UPG-011").await?;
        }
        judge_order(stage, database, &ends?);
    }
    let mut waiting = Waiting::begin();
    let left = loop {
        let left = objects(stage).await?;
        if !left.iter().any(is_leftover) || waiting.is_over(PATIENCE) {
            break left;
        }
        tokio::time::sleep(POLL).await;
    };
    for object in left.iter().filter(|object| is_leftover(object)) {
        let (kind, name) = (text(object, "/kind"), text(object, "/metadata/name"));
        let fault = Fault::new(
            format!("{kind} {name} is left when the releases are gone, and no document says so"),
            "let Helm own it, or document it as kept",
        );
        stage.failed("AM-UPG-011", fault);
    }
    let kept = left.iter().filter(|object| is_kept_secret(object)).count();
    let lost = (kept == 0).then(|| {
        Fault::new(
            "no generated Secret is left, so the data on the volumes cannot be read any more",
            "annotate it with helm.sh/resource-policy: keep",
        )
    });
    stage.check("AM-UPG-011", lost);
    let claims = left
        .iter()
        .filter(|object| text(object, "/kind") == "PersistentVolumeClaim")
        .count();
    stage.record.passed("AM-UPG-009", claims);
    stage.say(&format!(
        "left as documented: {kept} Secrets, {claims} claims"
    ));
    Ok(true)
}

/// The pods of a release that are its bundled database.
async fn databases(stage: &Stage, release: &str) -> Result<Vec<String>, LiveError> {
    let pods = Pod::list(&stage.lab.api, &stage.namespace, release).await?;
    Ok(pods
        .into_iter()
        .filter(|pod| pod.component == Role::Database.as_str())
        .map(|pod| pod.name)
        .collect())
}

/// A bundled database stays until the last server has left: a server without database hangs until it is killed.
fn judge_order(stage: &mut Stage, databases: Vec<String>, ends: &Ends) {
    const ID: &str = "AM-OPS-005";
    if databases.is_empty() {
        stage
            .record
            .not_applicable(ID, "the release brings no database");
    }
    for database in databases {
        let Some(end) = ends.get(&database) else {
            let why = format!("nobody saw {database} end");
            stage.record.unsupported(ID, why);
            continue;
        };
        stage.check(ID, outlived(&database, *end, ends));
    }
}

/// The server that ran longest after its database had ended.
fn outlived(database: &str, end: Timestamp, ends: &Ends) -> Option<Fault> {
    let seconds = |last: &Timestamp| last.as_second() - end.as_second();
    let (server, last) = ends
        .iter()
        .max_by_key(|(_, last)| **last)
        .filter(|(_, last)| seconds(last) > ROUNDING)?;
    Some(
        Fault::new(
            format!(
                "{database} stops {} s before {server}, which needs it to stop",
                seconds(last)
            ),
            "let a preStop hook of the database wait until nobody is connected",
        )
        .at("Pod", database),
    )
}

async fn releases(stage: &Stage) -> Result<Vec<String>, LiveError> {
    let path = format!(
        "/api/v1/namespaces/{}/secrets?labelSelector=owner%3Dhelm,status%3Ddeployed",
        stage.namespace
    );
    let records = stage.lab.api.list(&path).await?;
    Ok(records
        .iter()
        .map(|record| text(record, "/metadata/labels/name").to_owned())
        .collect())
}

/// Every object in the namespace, with its kind.
async fn objects(stage: &Stage) -> Result<Vec<Value>, LiveError> {
    let resources = Resources::discover(&stage.lab.api, VERSIONS).await?;
    let mut found = Vec::new();
    for (kind, path) in resources.namespaced_lists(&stage.namespace) {
        // Kinds that only take orders cannot be listed.
        if ["Event", "Binding", "LocalSubjectAccessReview"].contains(&kind.as_str()) {
            continue;
        }
        for mut object in stage.lab.api.list(&path).await? {
            object["kind"] = Value::from(kind.clone());
            found.push(object);
        }
    }
    Ok(found)
}

/// Whether nobody said that it stays: neither Kubernetes' own, nor a claim, nor what Helm was told to keep.
fn is_leftover(object: &Value) -> bool {
    let own = matches!(
        (text(object, "/kind"), text(object, "/metadata/name")),
        ("ServiceAccount", "default") | ("ConfigMap", "kube-root-ca.crt")
    );
    let claim = text(object, "/kind") == "PersistentVolumeClaim";
    let revision = text(object, "/kind") == "ControllerRevision" && is_being_deleted(object);
    !(own || claim || revision || is_kept_secret(object))
}

fn is_being_deleted(object: &Value) -> bool {
    object.pointer("/metadata/deletionTimestamp").is_some()
}

fn is_kept_secret(object: &Value) -> bool {
    text(object, "/kind") == "Secret"
        && text(object, "/metadata/annotations/helm.sh~1resource-policy") == "keep"
}

#[cfg(test)]
mod tests {
    use super::{is_leftover, outlived};
    use crate::api::Ends;
    use k8s_openapi::jiff::Timestamp;
    use serde_json::json;

    #[test]
    fn a_database_may_not_end_before_the_last_server() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let ends = |database, server| {
            Ends::from([
                ("db-0".to_owned(), at(database)),
                ("gateway-0".to_owned(), at(server)),
            ])
        };
        let message = |ends: &Ends| outlived("db-0", ends["db-0"], ends).map(|fault| fault.message);
        assert_eq!(message(&ends(20, 14)), None);
        // 20.9 s and 21.0 s look like this.
        assert_eq!(message(&ends(20, 21)), None);
        let early = message(&ends(20, 22)).expect("a fault");
        assert_eq!(
            early,
            "db-0 stops 2 s before gateway-0, which needs it to stop"
        );
    }

    #[test]
    fn only_what_is_documented_may_stay() {
        let object = |kind: &str, name: &str| json!({"kind": kind, "metadata": {"name": name}});
        assert!(!is_leftover(&object("PersistentVolumeClaim", "data-am-0")));
        assert!(!is_leftover(&object("ConfigMap", "kube-root-ca.crt")));
        assert!(is_leftover(&object("ConfigMap", "am-gateway-config")));
        assert!(is_leftover(&object("Secret", "am-credentials")));
        assert!(!is_leftover(
            &json!({"kind": "Secret", "metadata": {"name": "am-credentials", "annotations": {"helm.sh/resource-policy": "keep"}}})
        ));
    }
}
