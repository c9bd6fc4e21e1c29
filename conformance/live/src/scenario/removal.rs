//! Removes the releases and lists what is left.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use am_standin::role::Role;
use serde_json::Value;

use super::Stage;
use crate::api::{Pod, Resources, text};
use crate::error::LiveError;
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
/// Time between two looks at pods that leave.
const LOOK: Duration = Duration::from_millis(500);
/// How much later than it happened one hears that a container ended. A server takes longer to stop.
const LATE_NEWS: Duration = Duration::from_secs(2);
/// Pods take their grace period to go.
const PATIENCE: Duration = Duration::from_secs(100);

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    for release in releases(stage).await? {
        let database = databases(stage, &release).await?;
        let (helm, namespace) = (stage.lab.helm.clone(), stage.namespace.clone());
        let uninstall = helm.uninstall(&release, &namespace);
        let (done, order) = tokio::join!(uninstall, leaving(stage, &release));
        let done = done?;
        if !done.success {
            let what = format!("uninstall {release}");
            stage.helm_failed(&what, &done, "AM-UPG-011").await?;
        }
        // The second release is there to show that releases do not get in each other's way; how a database leaves is judged
        // on the release of the pattern, whose servers have worked with it.
        let order = order?;
        if release == stage.main.name {
            judge_order(stage, database, &order);
        }
    }
    let start = Instant::now();
    let left = loop {
        let left = objects(stage).await?;
        if !left.iter().any(is_leftover) || start.elapsed() > PATIENCE {
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

/// The pods of a release that runs, in the order in which they were last seen running, until all are gone.
async fn leaving(stage: &Stage, release: &str) -> Result<BTreeMap<String, Duration>, LiveError> {
    let start = Instant::now();
    let mut seen = BTreeMap::new();
    loop {
        let pods = Pod::list(&stage.lab.api, &stage.namespace, release).await?;
        for pod in pods.iter().filter(|pod| pod.running) {
            seen.insert(pod.name.clone(), start.elapsed());
        }
        if pods.is_empty() || start.elapsed() > PATIENCE {
            return Ok(seen);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// A bundled database stays until the last server has left: a server without database hangs until it is killed.
fn judge_order(stage: &mut Stage, databases: Vec<String>, seen: &BTreeMap<String, Duration>) {
    const ID: &str = "AM-OPS-005";
    if databases.is_empty() {
        stage
            .record
            .not_applicable(ID, "the release brings no database");
    }
    for database in databases {
        let gone = seen.get(&database).copied().unwrap_or_default();
        let later = seen
            .iter()
            .filter(|(_, last)| **last > gone + LATE_NEWS)
            .max_by_key(|(_, last)| **last);
        let fault = later.map(|(server, last)| {
            Fault::new(
                format!(
                    "{database} stops {:.1} s before {server}, which needs it to stop",
                    last.saturating_sub(gone).as_secs_f64()
                ),
                "let a preStop hook of the database wait until nobody is connected",
            )
            .at("Pod", &database)
        });
        stage.check(ID, fault);
    }
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
    use super::is_leftover;
    use serde_json::json;

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
