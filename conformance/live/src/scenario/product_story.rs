//! The story with the genuine product, by its own REST interfaces: an API is made and called, a client throttled, a token
//! revoked; and who hears nothing is known by its connections.

use std::time::Duration;

use am_conformance::Component;
use am_product::{Port, Protocol};
use serde_json::Value;

use super::Stage;
use super::hearing::LISTENERS_WAIT;
use super::stage::NO_GATEWAY;
use super::story;
use crate::api::{Pod, text};
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::product::{Curl, Journey, PER_MINUTE, is_connected_to};
use crate::record::Fault;

/// The product polls, pulls and compiles; a deployment was seen after 6 s, a revocation after one (facts:
/// observed-on-the-product.md).
const PATIENCE: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_secs(1);
/// The gateway environment of the charts' configuration.
const ENVIRONMENT: &str = "Default";
/// The row of the wiring table by which tokens are revoked.
const REVOKE: &str = "AM-WIRE-003";

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let (api, namespace) = (stage.lab.api.clone(), stage.namespace.clone());
    let curl = Curl {
        api: &api,
        namespace: &namespace,
    };
    let (Some(portals), Some(admin)) = (story::hub(stage).await?, admin(stage).await?) else {
        let fault = Fault::new(
            "there is no ready server with portals, or no Secret with its administrator",
            "see what the installation says",
        );
        stage.failed("AM-WIRE-014", fault);
        return Ok(false);
    };
    let name = format!("amlive{}", std::process::id());
    let journey = match Journey::begin(&curl, &portals, admin, &name, ENVIRONMENT).await? {
        Ok(journey) => journey,
        Err(refused) => {
            let fault = Fault::new(refused, "see the log of the pod").at("Pod", portals);
            stage.failed("AM-WIRE-014", fault);
            return Ok(true);
        }
    };
    let Some(gateway) = stage.gateway() else {
        stage.record.not_applicable("AM-WIRE-014", NO_GATEWAY);
        return Ok(true);
    };
    let gateways = pods(stage, gateway).await?;
    let steps = [
        (
            "AM-WIRE-014",
            200,
            "does not serve an API that was deployed at the portals",
        ),
        (
            "AM-OPS-004",
            429,
            "does not throttle a client that asks too often",
        ),
    ];
    for (requirement, status, what) in steps {
        judge(
            stage,
            &curl,
            &journey,
            &gateways,
            (requirement, status, what),
        )
        .await?;
    }
    let key_manager = match key_manager(stage) {
        Some(component) => pods(stage, component).await?.into_iter().next(),
        None => None,
    };
    let revoked = match key_manager {
        Some(pod) => journey.revoke(&curl, &pod).await?,
        None => None,
    };
    let fault = (revoked != Some(200)).then(|| {
        Fault::new(
            format!("the key manager takes no token back: it answers {revoked:?}"),
            "see its log",
        )
    });
    stage.check("AM-OPS-004", fault);
    let step = (
        "AM-OPS-004",
        401,
        "goes on serving a token that was revoked",
    );
    judge(stage, &curl, &journey, &gateways, step).await?;
    Ok(true)
}

/// Calls the API at each gateway until it answers with a status.
async fn judge(
    stage: &mut Stage,
    curl: &Curl<'_>,
    journey: &Journey,
    gateways: &[String],
    (requirement, status, what): (&str, u16, &str),
) -> Result<(), LiveError> {
    for gateway in gateways {
        let mut waiting = Waiting::begin();
        let last = loop {
            let mut last = None;
            // Enough within a minute that the policy's limit is passed.
            for _ in 0..=PER_MINUTE {
                last = journey.call(curl, gateway).await?;
                if last == Some(status) {
                    break;
                }
            }
            if last == Some(status) || waiting.is_over(PATIENCE) {
                break last;
            }
            tokio::time::sleep(POLL).await;
        };
        let fault = (last != Some(status)).then(|| {
            Fault::new(
                format!("{gateway} {what}: it answers {last:?} and not {status}"),
                "see whether it is connected to the event hub and to whoever throttles",
            )
            .at("Pod", gateway)
        });
        stage.check(requirement, fault);
    }
    Ok(())
}

/// A listener without a connection to a broker hears nothing, and is ready all the same.
pub(super) async fn judge_deaf(stage: &mut Stage) -> Result<(), LiveError> {
    let listeners = stage.listeners_of_every_hub_node();
    if listeners.is_empty() {
        let reason = "nobody listens to another server";
        stage.record.not_applicable(LISTENERS_WAIT, reason);
    }
    for component in listeners {
        let jms = Port::speaking(Protocol::Jms, false).number;
        for pod in pods(stage, component).await? {
            let table = stage
                .lab
                .api
                .execute(
                    &stage.namespace,
                    &pod,
                    component.name(),
                    &["cat", "/proc/net/tcp", "/proc/net/tcp6"],
                    "",
                )
                .await?;
            let Some(table) = table else {
                let reason = "the connections of a pod cannot be read";
                stage.record.unsupported(LISTENERS_WAIT, reason);
                continue;
            };
            let fault = (!is_connected_to(&table, jms)).then(|| {
                Fault::new(
                    format!(
                        "{pod} is deaf: it is ready and has no connection to port {jms} of anybody"
                    ),
                    "let an init container wait until the event hub accepts connections",
                )
                .at("Pod", &pod)
            });
            stage.check(LISTENERS_WAIT, fault);
        }
    }
    Ok(())
}

async fn pods(stage: &Stage, component: Component) -> Result<Vec<String>, LiveError> {
    let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
    Ok(pods
        .into_iter()
        .filter(|pod| pod.component == component.name() && pod.ready)
        .map(|pod| pod.name)
        .collect())
}

fn key_manager(stage: &Stage) -> Option<Component> {
    stage
        .lab
        .facts
        .edges
        .iter()
        .filter(|edge| edge.requirement == REVOKE)
        .find_map(|edge| edge.peers.get(&stage.pattern).copied())
}

/// The administrator of the release, from the Secret that holds it.
async fn admin(stage: &Stage) -> Result<Option<(String, String)>, LiveError> {
    let path = format!("/api/v1/namespaces/{}/secrets", stage.namespace);
    let secrets = stage.lab.api.list(&path).await?;
    let decoded = |secret: &Value, key: &str| {
        let encoded = secret.pointer(&format!("/data/{key}"))?.clone();
        let bytes: k8s_openapi::ByteString = serde_json::from_value(encoded).ok()?;
        String::from_utf8(bytes.0).ok()
    };
    Ok(secrets
        .iter()
        .filter(|secret| text(secret, "/type") != "helm.sh/release.v1")
        .find_map(|secret| {
            Some((
                decoded(secret, "admin-username")?,
                decoded(secret, "admin-password")?,
            ))
        }))
}
