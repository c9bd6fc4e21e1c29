//! The JDBC driver: in the components that have a database and in no others, and never one that is not what was asked for.

use std::time::Duration;

use am_conformance::Component;
use am_conformance::component::Capability;
use serde_json::{Value, json};

use super::database_server::{self, DatabaseServer};
use crate::api::{Pod, text};
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;
use crate::scenario::Stage;

/// The driver is where it is needed, and is the right one.
pub(in crate::scenario) const RIGHT_DRIVER: &str = "AM-OPS-060";
const POLL: Duration = Duration::from_secs(1);
/// How long a pod may take to say that its driver is the wrong one.
const PATIENCE: Duration = Duration::from_secs(90);

pub(in crate::scenario) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let Some(server) = stage.database.clone() else {
        let reason = "the images bring the driver of the release's own database";
        stage.record.not_applicable(RIGHT_DRIVER, reason);
        return Ok(true);
    };
    judge_places(stage).await?;
    judge_wrong_checksum(stage, &server).await
}

/// Which pods have a driver in the folder where the product looks for it.
async fn judge_places(stage: &mut Stage) -> Result<(), LiveError> {
    let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
    for pod in pods {
        let Some(component) = Component::from_name(&pod.component) else {
            continue;
        };
        let listed = stage
            .lab
            .api
            .execute(
                &stage.namespace,
                &pod.name,
                component.name(),
                &[
                    "/bin/bash",
                    "-c",
                    "ls \"$WSO2_SERVER_HOME\"/repository/components/lib",
                ],
                "",
            )
            .await?;
        let jars = listed.unwrap_or_default();
        let has = jars.contains(".jar");
        let needs = component.has(Capability::SharesDatabases);
        let fault = (has != needs).then(|| {
            let (what, help) = if needs {
                (
                    "has no driver",
                    "give the driver to every component with a database",
                )
            } else {
                ("has a driver that it does not need", "leave it out")
            };
            Fault::new(
                format!(
                    "{} {what} in repository/components/lib: {}",
                    pod.name,
                    jars.trim()
                ),
                help,
            )
            .at("Pod", &pod.name)
        });
        stage.check(RIGHT_DRIVER, fault);
    }
    Ok(())
}

/// A driver whose checksum is another one stops the pods that need it with a message; the old ones stay.
async fn judge_wrong_checksum(
    stage: &mut Stage,
    server: &DatabaseServer,
) -> Result<bool, LiveError> {
    let wrong = "0".repeat(64);
    // Without the Job, which would end the upgrade before any pod is replaced.
    let other = json!({"database": {
        "driverJar": {"url": server.driver_url(), "sha256": wrong, "image": {"repository": ""}, "path": ""},
        "schemaJob": {"enabled": false},
    }});
    let installation = stage.installation(&stage.main, &other);
    let done = stage.lab.helm.upgrade(&installation).await?;
    if !done.success {
        stage.helm_failed("upgrade", &done, RIGHT_DRIVER).await?;
        return Ok(false);
    }
    if refusal(stage, &wrong).await?.is_some() {
        stage.passed(RIGHT_DRIVER);
    } else {
        let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
        let taker = pods.into_iter().find(|pod| {
            let component = Component::from_name(&pod.component);
            component.is_some_and(|component| component.has(Capability::SharesDatabases))
        });
        let fault = Fault::new(
            "a driver with another checksum than the values ask for stops no pod with a message that names the checksum",
            "compare the checksum in the init container, and end it with a message",
        )
        .at("Pod", taker.map(|pod| pod.name).unwrap_or_default());
        stage.failed(RIGHT_DRIVER, fault);
    }
    stage.upgrade_main(&Value::Null, RIGHT_DRIVER).await
}

/// What the init container that refused the driver said.
async fn refusal(stage: &Stage, checksum: &str) -> Result<Option<String>, LiveError> {
    let api = &stage.lab.api;
    let path = format!("/api/v1/namespaces/{}/pods", stage.namespace);
    let mut waiting = Waiting::begin();
    while !waiting.is_over(PATIENCE) {
        for pod in api.list(&path).await? {
            let name = text(&pod, "/metadata/name");
            let statuses = pod.pointer("/status/initContainerStatuses");
            let failed = statuses
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .find(|status| {
                    status.pointer("/lastState/terminated").is_some()
                        || status
                            .pointer("/state/terminated/exitCode")
                            .and_then(Value::as_u64)
                            > Some(0)
                });
            let Some(failed) = failed else { continue };
            let container = text(failed, "/name");
            let log = api
                .text(&format!("{path}/{name}/log?container={container}"))
                .await
                .unwrap_or_default();
            if log.contains(checksum) {
                stage.say(&format!("{name}: {}", log.trim()));
                return Ok(Some(log));
            }
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(None)
}

/// The values by which a release takes the driver from the image that the suite brings.
pub(super) fn from_image(kind: database_server::Kind, image: &str) -> Value {
    let (repository, tag) = image.rsplit_once(':').unwrap_or((image, ""));
    json!({"database": {"driverJar": {
        "image": {"registry": "", "repository": repository, "tag": tag}, "path": kind.driver(),
    }}})
}
