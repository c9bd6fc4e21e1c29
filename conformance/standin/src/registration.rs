//! How a server of integrations registers what it runs in the service catalogue.

use std::sync::Arc;
use std::time::Duration;

use hyper::header::AUTHORIZATION;
use tokio::time::sleep;

use crate::basic;
use crate::dial::{DialError, Target};
use crate::http_client::{Question, ask};
use crate::node::Node;
use crate::services::{IMPORT, Registration, SERVICES, written};

/// What a catalogue that is not up yet answers; nothing else is asked again.
const NOT_YET: [u16; 2] = [503, 504];
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(2);

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
