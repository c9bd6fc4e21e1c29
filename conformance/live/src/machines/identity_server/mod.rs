//! An identity server in the place of a key manager, beside the machines: configured by the tree's part of its `deployment.toml`,
//! registered by the tree's command as an operator runs it, heard by all gateways, and not helped by an open port.

mod known;
mod server;

use std::collections::BTreeSet;
use std::time::Duration;

use am_product::{Port, Protocol};

use self::server::Server;
use super::lab::{CLIENT, IDENTITY_SERVER as MACHINE};
use super::observe;
use super::stage::Stage;
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;
use crate::registration::{COMPLETE, ITS_OWN, NOTIFIED};
use crate::scenario::missed;

/// Firewalls let in nobody more.
const NOTHING_MORE: &str = "AM-NET-018";
/// What the phase judges.
pub(super) const REQUIREMENTS: [&str; 4] = [COMPLETE, ITS_OWN, NOTIFIED, NOTHING_MORE];
/// An event takes well below a second; a gateway that lost its connection takes some.
const PATIENCE: Duration = Duration::from_secs(6);
const ATTEMPTS: usize = 3;
const POLL: Duration = Duration::from_millis(300);

/// The phase.
pub(super) async fn judge(stage: &mut Stage) -> Result<bool, LiveError> {
    let Some(beside) = stage.given.identity_server.clone() else {
        return Ok(true);
    };
    let server = Server::start(stage, &beside).await?;
    known::judge(stage, &server).await?;
    judge_revocation(stage, &server).await?;
    judge_others(stage).await?;
    Ok(true)
}

/// A token that is revoked at the identity server: it tells the event hub, and every listener hears of it.
async fn judge_revocation(stage: &mut Stage, server: &Server) -> Result<(), LiveError> {
    let mut told = serde_json::Value::Null;
    let mut unheard = Vec::new();
    for attempt in 1..=ATTEMPTS {
        told = server
            .revoke(stage, &format!("revoked-there-{attempt}"))
            .await?;
        let Some(event) = told["event"].as_str() else {
            continue;
        };
        let hub = told["by"].as_str().unwrap_or_default().to_owned();
        let posted = [(hub, event.to_owned())];
        let mut waiting = Waiting::begin();
        loop {
            unheard = missed(&observe::collect(stage).await?, &posted, &BTreeSet::new());
            if unheard.is_empty() || waiting.is_over(PATIENCE) {
                break;
            }
            tokio::time::sleep(POLL).await;
        }
        if unheard.is_empty() {
            stage.record.passed(NOTIFIED, 1);
            stage.say("a token revoked at the identity server is heard by every listener");
            return Ok(());
        }
    }
    let url = told["url"].as_str().unwrap_or("nobody");
    if told["event"].is_null() {
        let is_taken = told["status"] == 200;
        let what = match (told["status"].as_u64(), told["error"].as_str()) {
            (Some(status), _) => format!("is answered {status}"),
            (None, Some(error)) => format!("is not answered: {error}"),
            (None, None) => "is told to notify nobody".to_owned(),
        };
        let fault = Fault::new(
            format!("the identity server notifies {url} of a revoked token and {what}"),
            "let the notification endpoint be the event hub's, and the header say who notifies, with an account of API Manager",
        );
        let id = if is_taken { COMPLETE } else { NOTIFIED };
        stage.check(id, MACHINE, Some(fault));
    }
    for (hub, listener) in unheard {
        let fault = Fault::new(
            format!(
                "{listener} never hears of a token that was revoked at the identity server, which told {hub}"
            ),
            "let the notification endpoint be the event hub's, and the listener listen to it",
        );
        stage.check(NOTIFIED, &listener, Some(fault.peer(hub)));
    }
    Ok(())
}

/// Nobody but the site's own machines connects to the event hub where it is notified: notifications come by the load balancer.
async fn judge_others(stage: &mut Stage) -> Result<(), LiveError> {
    let Some(balancer) = stage.site.load_balancers().next().cloned() else {
        let reason =
            "there is no load balancer: users and the identity server come to the nodes themselves";
        stage.record.not_applicable(NOTHING_MORE, reason);
        return Ok(());
    };
    let hubs: Vec<_> = stage
        .site
        .parts()
        .filter(|(_, part)| server::is_hub(part.component))
        .map(|(host, part)| (host.clone(), part.offset))
        .collect();
    let number = Port::speaking(Protocol::Servlets, true).number;
    let mut all_closed = true;
    for (hub, offset) in hubs {
        let url = format!(
            "https://{}:{}/services/Version",
            hub.address,
            number.saturating_add(offset)
        );
        // Whatever is closed for everybody proves nothing.
        if !server::reaches(stage, stage.lab.get(&balancer.name)?, &url).await? {
            let fault = Fault::new(
                format!(
                    "{} does not reach {url}, where it takes notifications",
                    balancer.name
                ),
                "let the firewall accept the port from the load balancer",
            );
            stage.check(NOTIFIED, &hub.name, Some(fault));
            continue;
        }
        for other in [CLIENT, MACHINE] {
            let is_open = server::reaches(stage, stage.lab.get(other)?, &url).await?;
            all_closed &= !is_open;
            let fault = is_open.then(|| {
                Fault::new(
                    format!(
                        "{other} is no machine of the site and connects to {url}, where {} is notified",
                        hub.name
                    ),
                    "let the firewall accept the port from who uses it only",
                )
                .peer(other)
            });
            stage.check(NOTHING_MORE, &hub.name, fault);
        }
    }
    if all_closed {
        stage.say(
            "no foreign machine gets to the notification endpoint but through the load balancer",
        );
    }
    Ok(())
}
