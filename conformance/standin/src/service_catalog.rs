//! The service catalogue: what is in it, and how a server of integrations registers what it runs (facts: integration-and-vm.md, 1.5).

use std::sync::Arc;
use std::time::Duration;

use am_deployment_toml::effective::Effective;
use hyper::header::AUTHORIZATION;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use crate::basic;
use crate::dial::{DialError, Target};
use crate::http_client::{Question, ask};
use crate::node::Node;

/// Where the catalogue is, below the address that a configuration names.
pub(crate) const SERVICES: &str = "/api/am/service-catalog/v1/services";
/// Below that, where services are taken.
pub(crate) const IMPORT: &str = "/import";
/// The tenant of accounts that name none.
pub const SUPER_TENANT: &str = "carbon.super";

/// The first entry of `[[service_catalog]]`, the only one that is read.
const ENTRY: &str = "service_catalog[0]";
/// What a catalogue that is not up yet answers; nothing else is asked again.
const NOT_YET: [u16; 2] = [503, 504];
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(2);

/// A service of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// What tells it from others of its tenant.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where gateways call it.
    pub service_url: String,
}

/// Where a server registers its services. Account and password are as written, so that `$env{…}` stays `$env{…}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    address: String,
    username: String,
    password: String,
}

impl Registration {
    /// What a `deployment.toml` says of it, if it says anything.
    pub(crate) fn read(effective: &Effective) -> Option<Self> {
        if !effective.is_on(&format!("{ENTRY}.enable"), false) {
            return None;
        }
        let raw = |key: &str| {
            let found = effective.get(&format!("{ENTRY}.{key}"));
            found
                .and_then(|found| found.raw.scalar_text())
                .unwrap_or_default()
        };
        Some(Self {
            address: effective.text(&format!("{ENTRY}.apim_host"))?,
            username: raw("username"),
            password: raw("password"),
        })
    }
}

/// What stands behind a text of a configuration: an environment variable's value for `$env{…}`.
pub(crate) fn written(text: &str) -> String {
    let variable = text.strip_prefix("$env{");
    match variable.and_then(|rest| rest.strip_suffix('}')) {
        Some(variable) => std::env::var(variable).unwrap_or_default(),
        None => text.to_owned(),
    }
}

/// What is kept of an account's password.
pub(crate) fn digest(password: &str) -> String {
    crate::image::digest(password.as_bytes())
}

/// Registers what this node runs: once, when it has started. A faulty artifact keeps everything out, and what fails is not tried
/// again.
pub(crate) fn start(node: &Arc<Node>) {
    let Some(registration) = node.configuration.registration.clone() else {
        return;
    };
    let node = Arc::clone(node);
    tokio::spawn(async move {
        let apps = &node.apps;
        if !apps.faulty.is_empty() || apps.services.is_empty() {
            node.warn("nothing is registered in the service catalogue: an app is faulty, or none has a service");
            return;
        }
        match register(&node, &registration).await {
            Ok(status) => {
                node.state().story.registered = Some(status);
                if status != 200 {
                    node.warn(format!("the service catalogue answers {status}"));
                }
            }
            Err(error) => node.warn(format!(
                "the service catalogue at {} cannot be reached: {error}",
                registration.address
            )),
        }
    });
}

/// Reads the list, then sends the services; the status of the last answer.
async fn register(node: &Node, registration: &Registration) -> Result<u16, DialError> {
    // The product writes its path behind whatever the address is.
    let list = format!("{}{SERVICES}", registration.address.trim_end_matches('/'));
    let Some((target, path)) = Target::of_url(&list) else {
        return Ok(404);
    };
    let account = basic::header(
        &written(&registration.username),
        &written(&registration.password),
    );
    let services = serde_json::to_string(&node.apps.services).unwrap_or_default();
    let import = format!("{path}{IMPORT}?overwrite=true");
    let questions = [Question::get(path), Question::post(import, services)];
    let mut status = 404;
    for mut question in questions {
        question
            .headers
            .push((AUTHORIZATION.as_str(), account.clone()));
        for attempt in 1..=ATTEMPTS {
            status = ask(node, &target, question.clone()).await?.status;
            if !NOT_YET.contains(&status) || attempt == ATTEMPTS {
                break;
            }
            sleep(PAUSE).await;
        }
        if status != 200 {
            break;
        }
    }
    Ok(status)
}
