//! Upgrades through the product versions, and rolls a change back.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Stage;
use super::change::uids;
use crate::api::text;
use crate::error::LiveError;
use crate::record::Fault;

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let steps: Vec<(String, std::path::PathBuf)> = stage.charts.iter().skip(1).cloned().collect();
    if steps.is_empty() {
        for id in ["AM-UPG-002", "AM-UPG-004", "AM-UPG-010"] {
            stage
                .record
                .not_applicable(id, "charts of one product version were given");
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
        let after = precious(stage).await?;
        for ((kind, name), content) in &before {
            let fault = (!after.contains_key(&(*kind, name.clone()))).then(|| {
                Fault::new(
                    format!("{kind} {name} is gone after the upgrade to {version}"),
                    "keep names the same in every product version",
                )
                .at(kind, name)
            });
            stage.check("AM-UPG-004", fault);
            if *kind == "Secret" {
                let kept = after
                    .get(&(*kind, name.clone()))
                    .is_some_and(|now| holds(now, content));
                let changed = (!kept).then(|| {
                    Fault::new(
                        format!("the upgrade to {version} changed Secret {name}"),
                        "read the existing Secret back with `lookup`",
                    )
                    .at(kind, name)
                });
                stage.check("AM-UPG-010", changed);
            }
        }
    }
    Ok(true)
}

/// What must outlive an upgrade: by kind and name, with what must not change of it. Compared, never shown.
async fn precious(stage: &Stage) -> Result<BTreeMap<(&'static str, String), Value>, LiveError> {
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
        let fault = Fault::new(
            format!("helm rollback fails: {}", done.output),
            "run the same helm rollback by hand",
        );
        stage.failed("AM-UPG-005", fault);
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
