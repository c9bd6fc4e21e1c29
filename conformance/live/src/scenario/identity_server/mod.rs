//! An identity server in the place of a key manager: a stand-in in a namespace of its own, registered by the release's Job, heard by
//! its gateways, and alone at the notification endpoint.

mod known;
mod server;

use am_conformance::component::Capability;
use am_conformance::facts::{Facts, IdentityServer};
use am_product::Pattern;
use serde_json::{Value, json};

use self::server::Server;
use super::{Lab, Release, Stage, collect, hearing, stranger::Stranger};
use crate::api::Pod;
use crate::charts::charts_of;
use crate::error::LiveError;
use crate::record::Fault;
use crate::registration::{COMPLETE, ITS_OWN, NOTIFIED};

/// Policies know the identity server.
const LET_THROUGH: &str = "AM-NET-072";
/// Policies allow nothing more.
const NOTHING_MORE: &str = "AM-NET-018";
/// What the phase judges.
pub(super) const REQUIREMENTS: [&str; 5] = [COMPLETE, ITS_OWN, NOTIFIED, LET_THROUGH, NOTHING_MORE];
/// The token that is revoked at the identity server.
const TOKEN: &str = "revoked-at-the-identity-server";
/// A pod of the release's namespace that is not of the release.
const STRANGER: &str = "am-live-stranger";

/// A pattern whose key manager an identity server replaces, and the pattern that is left: the one of the fewest nodes.
pub(crate) fn pattern(facts: &Facts) -> Option<Pattern> {
    let replaced = |(pattern, _): &(&Pattern, _)| left_of(facts, **pattern).is_some();
    let nodes = |(_, nodes): &(&Pattern, &std::collections::BTreeMap<_, usize>)| {
        nodes.values().sum::<usize>()
    };
    let found = facts.patterns.iter().filter(replaced).min_by_key(nodes);
    found.map(|(pattern, _)| *pattern)
}

/// The key managers of a pattern, and the pattern that is left without them.
fn left_of(facts: &Facts, pattern: Pattern) -> Option<(IdentityServer, Pattern)> {
    let components = facts.patterns.get(&pattern)?.keys().copied();
    let replaces: Vec<_> = components
        .filter(|component| component.has(Capability::IssuesTokens))
        .filter(|component| !component.has(Capability::Portals))
        .collect();
    let server = IdentityServer {
        at: String::new(),
        replaces,
    };
    let left = facts.left_of(pattern, Some(&server)).ok()?;
    (left != pattern).then_some((server, left))
}

impl Stage {
    /// A stage for a pattern with an identity server in the place of its key manager.
    pub(crate) fn with_identity_server(
        lab: Lab,
        pattern: Pattern,
        name: &str,
        charts: Vec<(String, std::path::PathBuf)>,
    ) -> Result<Self, LiveError> {
        let Some((server, left)) = left_of(&lab.facts, pattern) else {
            return Err(LiveError::usage(format!(
                "an identity server takes nobody's place in pattern {pattern}; play one with a key manager"
            )));
        };
        let namespace = format!("{}-{name}", lab.prefix);
        let mut values = server::values(&namespace);
        for component in &server.replaces {
            values[component.values_key()] = json!({"enabled": false});
        }
        let main = Release {
            name: "am".to_owned(),
            chart: charts
                .last()
                .map(|(_, chart)| chart.clone())
                .unwrap_or_default(),
            overlay: Some("dev"),
            values_files: Vec::new(),
            values: Value::Null,
            nodes: std::collections::BTreeMap::new(),
        };
        let stage = Self::of_release(lab, left, namespace, charts, main, &values);
        Ok(stage
            .called(&format!("am-pattern-{pattern} with an identity server"))
            .with_secrets(&server::account())
            .with_values(&values))
    }

    /// The one that a run plays, of the newest product version.
    pub(crate) fn of_identity_server(lab: &Lab, pattern: Pattern) -> Result<Self, LiveError> {
        let mut charts = charts_of(&lab.charts, pattern)?;
        let newest = charts.split_off(charts.len().saturating_sub(1));
        Self::with_identity_server(
            lab.clone(),
            pattern,
            &format!("p{pattern}-identity"),
            newest,
        )
    }
}

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let Some(server) = Server::start(stage).await? else {
        for id in REQUIREMENTS {
            stage
                .record
                .not_applicable(id, "no identity server is registered");
        }
        return Ok(true);
    };
    let judged = judge(stage, &server).await;
    server.leave(stage).await?;
    judged
}

async fn judge(stage: &mut Stage, server: &Server) -> Result<bool, LiveError> {
    // A network plugin learns of a new pod a moment later: who must not get in is there before anything is asked.
    let others = match server.hub(stage).await? {
        Some(hub) => Some((Stranger::start(stage, STRANGER, &hub.image).await?, hub)),
        None => None,
    };
    known::judge(stage, server).await?;
    judge_revocation(stage, server).await?;
    if let Some((stranger, hub)) = others {
        judge_others(stage, server, stranger, &hub).await?;
    }
    Ok(true)
}

/// A token that is revoked at the identity server: it tells the event hub, and every listener hears of it.
async fn judge_revocation(stage: &mut Stage, server: &Server) -> Result<(), LiveError> {
    let told = server.revoke(stage, TOKEN).await?;
    let place = ("ConfigMap", server.told_by.clone());
    let url = told["url"].as_str().unwrap_or("nobody").to_owned();
    if told["status"].is_null() {
        let why = told["error"]
            .as_str()
            .unwrap_or("it is told to notify nobody");
        let (id, help) = if is_reached_by_nodes(stage, &url).await? {
            (LET_THROUGH, "let its peers in at the port that it notifies")
        } else {
            (
                NOTIFIED,
                "let the notification endpoint lead to the event hub",
            )
        };
        let fault = Fault::new(
            format!("the identity server cannot tell {url} of a revoked token: {why}"),
            help,
        );
        stage.failed(id, fault.at(place.0, place.1));
        return Ok(());
    }
    stage.passed(LET_THROUGH);
    let Some(event) = told["event"].as_str() else {
        let fault = Fault::new(
            format!(
                "{url} answers {} to the identity server and tells nobody of a revoked token",
                told["status"]
            ),
            "let it say by its type who notifies, with an account of API Manager",
        );
        let id = if told["status"] == 200 {
            COMPLETE
        } else {
            NOTIFIED
        };
        stage.failed(id, fault.at(place.0, place.1));
        return Ok(());
    };
    let hub = told["by"].as_str().unwrap_or_default().to_owned();
    let posted = [(hub, event.to_owned())];
    let missed = hearing::unheard(stage, &posted, &std::collections::BTreeSet::new()).await?;
    if missed.is_empty() {
        stage.passed(NOTIFIED);
        stage.say("a token revoked at the identity server is heard by every listener");
    }
    for (hub, listener) in missed {
        let fault = Fault::new(
            format!(
                "{listener} never hears of a token that was revoked at the identity server, which told {hub}"
            ),
            "let the notification endpoint be the event hub's, and the listener listen to it",
        );
        stage.failed(NOTIFIED, fault.at("Pod", listener).peer(hub));
    }
    Ok(())
}

/// Whether nodes of the release get an answer at an address: then a policy keeps others out, whether it is silent or refuses.
async fn is_reached_by_nodes(stage: &Stage, url: &str) -> Result<bool, LiveError> {
    for node in collect(stage, &stage.main).await? {
        let answer = server::ask(stage, &stage.namespace, &node.pod, url).await?;
        if answer["by"].is_string() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Who is not the identity server does not get to the notification endpoint, from its own namespace or from the release's.
async fn judge_others(
    stage: &mut Stage,
    server: &Server,
    stranger: Stranger,
    hub: &Pod,
) -> Result<(), LiveError> {
    let mut reached = Vec::new();
    for (namespace, pod) in [
        (&server.namespace, &server.neighbour),
        (&stage.namespace, &stranger.name),
    ] {
        reached.push((
            pod.clone(),
            server.reaches(stage, namespace, pod, hub).await?,
        ));
    }
    // Afterwards: what shows it keeps the stranger's answers back for a moment.
    let is_enforced = stranger.is_shielded(stage, hub).await?;
    stranger.leave(stage).await?;
    if !is_enforced {
        let reason = "the cluster's network plugin does not enforce NetworkPolicies";
        stage.record.unsupported(NOTHING_MORE, reason);
        return Ok(());
    }
    if reached.iter().all(|(_, reaches)| !reaches) {
        stage.say("no other pod gets to the notification endpoint");
    }
    for (pod, reaches) in reached {
        let fault = reaches.then(|| {
            Fault::new(
                format!(
                    "{pod} is no identity server and connects to the notification endpoint of {}",
                    hub.name
                ),
                "let in the peers of the identity server alone, at that port",
            )
            .at("Pod", &hub.name)
        });
        stage.check(NOTHING_MORE, fault);
    }
    Ok(())
}
