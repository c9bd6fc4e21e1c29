//! A pod of the release that has no policy of its own, such as a Job that an operator adds: what denies the rest to every pod of
//! the release must block all that it sends and all that is sent to it.

use std::collections::BTreeMap;
use std::time::Duration;

use am_conformance::checks::{Connection, blocked_by};
use am_standin::settings::OBSERVATIONS_PORT;
use serde_json::json;

use super::stranger::{Stranger, reaches};
use super::{Stage, policies};
use crate::api::Pod;
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;

/// Policies govern every pod of a release.
pub(super) const GOVERNED: &str = "AM-NET-066";
const NAME: &str = "am-live-newcomer";
/// The labels that every pod of a release has, and by which a policy can mean all of them.
const OF_EVERY_POD: [&str; 2] = ["app.kubernetes.io/name", "app.kubernetes.io/instance"];
/// How long a network plugin may take on a busy machine to see another label.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_secs(1);

/// Which ways there are between the newcomer and a stranger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ways {
    /// The newcomer can connect to the stranger.
    out: bool,
    /// The stranger can connect to the newcomer.
    back: bool,
}

const OPEN: Ways = Ways {
    out: true,
    back: true,
};
const CLOSED: Ways = Ways {
    out: false,
    back: false,
};

/// Lets a pod join the release of `member` and judges what gets through to it and from it.
pub(super) async fn judge(
    stage: &mut Stage,
    stranger: &Stranger,
    member: &Pod,
) -> Result<(), LiveError> {
    let newcomer = Stranger::start(stage, NAME, &member.image).await?;
    let judged = watch(stage, stranger, &newcomer, member).await;
    newcomer.leave(stage).await?;
    judged
}

async fn watch(
    stage: &mut Stage,
    stranger: &Stranger,
    newcomer: &Stranger,
    member: &Pod,
) -> Result<(), LiveError> {
    // What cannot be connected to before it joins proves nothing later.
    if settled(stage, stranger, newcomer, OPEN).await? != OPEN {
        let reason = "two pods of no release cannot connect to each other";
        stage.record.unsupported(GOVERNED, reason);
        return Ok(());
    }
    let mut labels: BTreeMap<String, String> = member.labels.clone();
    labels.retain(|name, _| OF_EVERY_POD.contains(&name.as_str()));
    let path = format!("/api/v1/namespaces/{}/pods/{NAME}", stage.namespace);
    let joined = json!({"metadata": {"labels": labels}});
    stage.lab.api.change(&path, &joined).await?;
    let ways = settled(stage, stranger, newcomer, CLOSED).await?;
    let policies = policies::all(stage).await?;
    labels.extend(Stranger::labels());
    let others = Stranger::labels();
    let mut blocked = 0;
    for (is_open, client, server, what) in [
        (
            ways.out,
            &labels,
            &others,
            "connects to a pod of no release",
        ),
        (
            ways.back,
            &others,
            &labels,
            "is connected to by a pod of no release",
        ),
    ] {
        if !is_open {
            blocked += 1;
            continue;
        }
        let connection = Connection {
            namespace: &stage.namespace,
            client,
            server,
            port: OBSERVATIONS_PORT,
            port_name: None,
        };
        if let Some(denied) = blocked_by(&policies, &connection) {
            stage.say(&format!(
                "a pod that joins the release {what}, which NetworkPolicy {} denies: the network plugin lets it through",
                denied.policy
            ));
            continue;
        }
        let fault = Fault::new(
            format!("a pod of the release that has no NetworkPolicy of its own {what}"),
            "deny the rest to all pods of the release, by a policy whose podSelector has only the labels that all of them have",
        )
        .at("Pod", NAME);
        stage.failed(GOVERNED, fault);
    }
    if blocked == 0 {
        let reason = "no connection of a pod that joins the release was seen to be blocked";
        stage.record.unsupported(GOVERNED, reason);
    }
    stage.record.passed(GOVERNED, blocked);
    Ok(())
}

/// The ways as they are once they are as wanted, or patience ends.
async fn settled(
    stage: &Stage,
    stranger: &Stranger,
    newcomer: &Stranger,
    wanted: Ways,
) -> Result<Ways, LiveError> {
    let mut waiting = Waiting::begin();
    loop {
        let back = reaches(stage, &stranger.name, &newcomer.ip, OBSERVATIONS_PORT).await?;
        let ways = Ways {
            out: newcomer
                .connects(stage, &stranger.ip, OBSERVATIONS_PORT)
                .await?,
            back: back == Some(true),
        };
        if ways == wanted || waiting.is_over(PATIENCE) {
            return Ok(ways);
        }
        tokio::time::sleep(POLL).await;
    }
}
