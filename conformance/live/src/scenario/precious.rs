//! What must outlive an upgrade.

use std::collections::BTreeMap;

use serde_json::Value;

use super::stage::Stage;
use crate::api::text;
use crate::error::LiveError;
use crate::record::Fault;

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
