//! Upgrades through the product versions and to another revision of the chart; rolls a change back.

use std::collections::BTreeMap;

use serde_json::Value;

use super::change::uids;
use super::{Stage, hearing, revision};
use crate::api::text;
use crate::error::LiveError;
use crate::record::Fault;

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let steps: Vec<(String, std::path::PathBuf)> = stage.charts.iter().skip(1).cloned().collect();
    if steps.is_empty() {
        stage
            .record
            .not_applicable("AM-UPG-002", "charts of one product version were given");
        // The installation had values of its own.
        if !stage.upgrade_main(&Value::Null, "AM-UPG-001").await? {
            return Ok(false);
        }
    }
    for (version, chart) in steps {
        let before = precious(stage).await?;
        stage.main.chart = chart;
        if !stage.upgrade_main(&Value::Null, "AM-UPG-002").await? {
            return Ok(false);
        }
        stage.say(&format!("upgraded to {version}"));
        stage.passed("AM-UPG-002");
        judge_kept(stage, &before, &version).await?;
    }
    let goes_on = revision::run(stage).await?;
    // An upgrade replaces listeners and those they listen to at once.
    hearing::judge_deaf(stage, "after the upgrades").await?;
    Ok(goes_on)
}

/// What must outlive an upgrade is still there, and Secrets say the same.
pub(super) async fn judge_kept(
    stage: &mut Stage,
    before: &Precious,
    target: &str,
) -> Result<(), LiveError> {
    let after = precious(stage).await?;
    for ((kind, name), content) in before {
        let now = after.get(&(*kind, name.clone()));
        let gone = now.is_none().then(|| {
            Fault::new(
                format!("{kind} {name} is gone after the upgrade to {target}"),
                "keep names the same in every version",
            )
            .at(kind, name)
        });
        stage.check("AM-UPG-004", gone);
        if *kind == "Secret" {
            let changed = (!now.is_some_and(|now| holds(now, content))).then(|| {
                Fault::new(
                    format!("the upgrade to {target} changed Secret {name}"),
                    "read the existing Secret back with `lookup`",
                )
                .at(kind, name)
            });
            stage.check("AM-UPG-010", changed);
        }
    }
    Ok(())
}

/// Objects by kind and name, with what must not change of them. Compared, never shown.
pub(super) type Precious = BTreeMap<(&'static str, String), Value>;

/// What must outlive an upgrade.
pub(super) async fn precious(stage: &Stage) -> Result<Precious, LiveError> {
    let mut found = BTreeMap::new();
    for (kind, path, content) in [
        ("Secret", "/api/v1/namespaces/{}/secrets", "/data"),
        (
            "PersistentVolumeClaim",
            "/api/v1/namespaces/{}/persistentvolumeclaims",
            "/metadata/uid",
        ),
        ("Service", "/api/v1/namespaces/{}/services", "/metadata/uid"),
        (
            "StatefulSet",
            "/apis/apps/v1/namespaces/{}/statefulsets",
            "/metadata/uid",
        ),
    ] {
        for object in stage
            .lab
            .api
            .list(&path.replace("{}", &stage.namespace))
            .await?
        {
            // Helm keeps its own records in Secrets.
            if text(&object, "/type") == "helm.sh/release.v1" {
                continue;
            }
            let content = object.pointer(content).cloned().unwrap_or_default();
            found.insert((kind, text(&object, "/metadata/name").to_owned()), content);
        }
    }
    Ok(found)
}

/// Whether every entry of `before` is still there; a version may need more.
fn holds(now: &Value, before: &Value) -> bool {
    before.as_object().is_none_or(|before| {
        before
            .iter()
            .all(|(key, value)| now.get(key) == Some(value))
    })
}

/// Rolls the last change back, and sees that an upgrade that changes nothing restarts nothing.
pub(super) async fn roll_back(stage: &mut Stage) -> Result<bool, LiveError> {
    let done = stage
        .lab
        .helm
        .rollback(&stage.main.name, &stage.namespace)
        .await?;
    if !done.success {
        stage.helm_failed("rollback", &done, "AM-UPG-005").await?;
        return Ok(false);
    }
    if !stage.wait_for_main("AM-UPG-005").await? {
        return Ok(false);
    }
    let before = uids(stage).await?;
    if !stage.upgrade_main(&Value::Null, "AM-UPG-005").await? {
        return Ok(false);
    }
    let after = uids(stage).await?;
    for (uid, component) in before {
        let fault = (!after.contains_key(&uid)).then(|| {
            Fault::new(
                format!("an upgrade that changes nothing restarted a pod of the {component}"),
                "let the pod template depend on nothing but its inputs",
            )
        });
        stage.check("AM-UPG-005", fault);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::holds;
    use serde_json::json;

    #[test]
    fn a_secret_may_gain_entries_and_change_none() {
        let before = json!({"password": "a"});
        assert!(holds(&json!({"password": "a", "key": "b"}), &before));
        assert!(!holds(&json!({"password": "c"}), &before));
        assert!(!holds(&json!({"key": "b"}), &before));
    }
}
