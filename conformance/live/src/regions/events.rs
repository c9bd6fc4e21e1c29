//! What happens in one site, and who hears of it.

use std::collections::BTreeSet;

use am_conformance::component::Capability;
use serde_json::{Value, json};

use super::site::Site;
use crate::error::LiveError;
use crate::record::Fault;
use crate::scenario::{Deployment, Stage, ask, collect, deploy, unheard, until};

/// That an API reaches the gateways.
pub(super) const DEPLOYED: &str = "AM-WIRE-014";
/// An event that crosses while a connection is made anew is lost, and is told once more.
const ATTEMPTS: usize = 2;

/// Tells every event hub node of `from` of a revoked token of its own; the nodes, and the events' ids.
async fn revoke(from: &Stage, what: &str) -> Result<Vec<(String, String)>, LiveError> {
    let mut posted = Vec::new();
    for node in collect(from, &from.main).await? {
        if !node.observations.identity.role.has(Capability::EventHub) {
            continue;
        }
        let token = format!("{what}-{}-{}", from.namespace, node.pod);
        let answer = ask(from, &node.pod, "/standin/notify", &json!({"token": token})).await?;
        if let Some(Value::String(id)) = answer.as_ref().and_then(|answer| answer.get("event")) {
            posted.push((node.pod, id.clone()));
        }
    }
    Ok(posted)
}

/// Revokes a token at each event hub node of a site: every listener of the others must hear of each. What is not heard goes to
/// `requirement` of the site where it happened.
pub(super) async fn judge_heard(
    sites: &mut [Site],
    from: usize,
    requirement: &str,
    when: &str,
) -> Result<(), LiveError> {
    let (mut missed, mut heard) = (Vec::new(), 0);
    for attempt in 1..=ATTEMPTS {
        let what = format!("{when}-{attempt}").replace(' ', "-");
        let posted = revoke(&sites[from].stage, &what).await?;
        missed.clear();
        for to in sites.iter() {
            let none = BTreeSet::new();
            let unheard = unheard(&to.stage, &posted, &none).await?;
            missed.extend(unheard.into_iter().map(|pair| (to.name.clone(), pair)));
        }
        heard = posted.len();
        if missed.is_empty() && heard > 0 {
            break;
        }
    }
    let site = &mut sites[from];
    if heard == 0 {
        let message = format!(
            "{when}, no event hub node of {} takes a revocation",
            site.name
        );
        site.stage
            .failed(requirement, Fault::new(message, "see their logs"));
        return Ok(());
    }
    if missed.is_empty() {
        site.stage.record.passed(requirement, heard);
        site.stage.say(&format!(
            "{when}: a revocation at each of {heard} event hub nodes is heard by every listener of every site"
        ));
    }
    for (there, (hub, listener)) in missed {
        let fault = Fault::new(
            format!("{when}, a revocation at {hub} of {} is never heard by {listener} of {there}", site.name),
            "let each event hub node publish to, or be listened to by, every node of the other site",
        )
        .at("Pod", listener)
        .peer(hub);
        site.stage.failed(requirement, fault);
    }
    Ok(())
}

/// Deploys an API in a site, whose own gateways must serve it.
pub(super) async fn judge_deployed(
    site: &mut Site,
    api: &str,
    when: &str,
) -> Result<bool, LiveError> {
    let message = match deploy(&site.stage, api).await? {
        Deployment::Everywhere { .. } => {
            site.stage.passed(DEPLOYED);
            return Ok(true);
        }
        Deployment::NoHub => "no event hub node is ready".to_owned(),
        Deployment::Refused { hub } => format!("{hub} does not take an API"),
        Deployment::Missing { hub, gateway, why } => {
            format!("an API deployed at {hub} does not reach {gateway}, {why}")
        }
    };
    let message = format!("{when}, {message}");
    let help = "see the events before it: a site goes on by itself";
    site.stage.failed(DEPLOYED, Fault::new(message, help));
    Ok(false)
}

/// Deploys an API in a site; every gateway of the others must serve it, too.
pub(super) async fn judge_deployed_everywhere(
    sites: &mut [Site],
    from: usize,
    requirement: &str,
    api: &str,
    when: &str,
) -> Result<(), LiveError> {
    let (mut missing, nobody) = (None, BTreeSet::new());
    for attempt in 1..=ATTEMPTS {
        let api = format!("{api}-{attempt}");
        if !judge_deployed(&mut sites[from], &api, when).await? {
            return Ok(());
        }
        missing = None;
        for to in sites.iter() {
            let served = until(&to.stage, &nobody, |story| story.apis.contains_key(&api));
            if let Some(gateway) = served.await? {
                missing = Some((gateway, to.name.clone()));
            }
        }
        if missing.is_none() {
            break;
        }
    }
    let site = &mut sites[from];
    let fault = missing.map(|(gateway, there)| {
        let message = format!(
            "{when}, an API deployed in {} does not reach {gateway} of {there}",
            site.name
        );
        let help =
            "let its event hub be told, or listened to, and offer the environment of its gateways";
        Fault::new(message, help).at("Pod", gateway)
    });
    site.stage.check(requirement, fault);
    Ok(())
}

/// How many of a site's gateways serve an API, and how many gateways it has.
pub(super) async fn serving(site: &Site, api: &str) -> Result<(usize, usize), LiveError> {
    let nodes = collect(&site.stage, &site.stage.main).await?;
    let gateways = nodes.iter().filter(|node| {
        let role = node.observations.identity.role;
        role.has(Capability::ServesTraffic)
    });
    let serves: Vec<bool> = gateways
        .map(|node| node.observations.story.apis.contains_key(api))
        .collect();
    let serving = serves.iter().filter(|serves| **serves).count();
    Ok((serving, serves.len()))
}

/// How many publishers of a site say that they dropped what told of an API.
pub(super) async fn dropped(site: &Site, api: &str) -> Result<usize, LiveError> {
    let nodes = collect(&site.stage, &site.stage.main).await?;
    let warnings = nodes.iter().flat_map(|node| &node.observations.warnings);
    let told = format!("event deployed/{api}/");
    let is_drop = |text: &&String| text.contains(&told) && text.ends_with("is dropped");
    Ok(warnings.filter(is_drop).count())
}
