//! The definitions of custom resources, defaults and CEL rules included, made by `tools/schemas/update`.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::api::{Api, text};
use crate::error::LiveError;
use crate::patience::Waiting;

const FILE: &str = "fixtures/schemas/definitions.json";
const PATH: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const POLL: Duration = Duration::from_millis(100);
/// The API server serves a new kind within a second.
const PATIENCE: Duration = Duration::from_secs(30);

/// Installs every definition, and waits until all are served. Those that are there already stay as they are.
pub(crate) async fn install(api: &Api, workspace: &Path) -> Result<(), LiveError> {
    let definitions = read(workspace)?.map_err(|error| broken(&error.to_string()))?;
    let mut new = Vec::new();
    for definition in definitions {
        let name = text(&definition, "/metadata/name");
        match api.create(PATH, &definition).await? {
            Ok(_) => new.push(format!("{PATH}/{name}")),
            Err(refusal) if refusal.code == 409 => {}
            Err(refusal) => return Err(broken(&format!("{name}: {}", refusal.message))),
        }
    }
    for path in new {
        wait(api, &path).await?;
    }
    Ok(())
}

/// The API groups that have definitions.
pub(super) fn groups(workspace: &Path) -> Result<BTreeSet<String>, LiveError> {
    let definitions = read(workspace)?.map_err(|error| broken(&error.to_string()))?;
    let groups = definitions
        .iter()
        .map(|definition| text(definition, "/spec/group").to_owned());
    Ok(groups.collect())
}

fn broken(what: &str) -> LiveError {
    LiveError::unavailable(
        format!("{FILE}: {what}"),
        "make it again with tools/schemas/update",
    )
}

fn read(workspace: &Path) -> Result<serde_json::Result<Vec<Value>>, LiveError> {
    let path = workspace.join(FILE);
    let content = std::fs::read(&path).map_err(LiveError::file("read", &path))?;
    Ok(serde_json::from_slice(&content))
}

async fn wait(api: &Api, path: &str) -> Result<(), LiveError> {
    let mut waiting = Waiting::begin();
    loop {
        let object = api.get(path).await?;
        let conditions = object
            .pointer("/status/conditions")
            .and_then(Value::as_array);
        let established = conditions.into_iter().flatten().any(|condition| {
            text(condition, "/type") == "Established" && text(condition, "/status") == "True"
        });
        if established {
            return Ok(());
        }
        if waiting.is_over(PATIENCE) {
            return Err(LiveError::unavailable(
                format!("{path} is not served: {}", object["status"]),
                "make the schemas again with tools/schemas/update",
            ));
        }
        tokio::time::sleep(POLL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::api::text;
    use std::path::Path;

    #[test]
    fn the_definitions_keep_the_rules_that_schemas_cannot_say() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let definitions = read(&workspace)
            .expect("a file")
            .expect("a list of definitions");
        let routes = definitions
            .iter()
            .find(|definition| text(definition, "/spec/names/kind") == "HTTPRoute")
            .expect("the Gateway API's routes");
        let said = routes.to_string();
        assert!(said.contains("x-kubernetes-validations"), "no CEL rule");
        assert!(said.contains("\"default\""), "no defaults");
        assert!(!said.contains("\"description\""), "nobody reads its texts");
    }
}
