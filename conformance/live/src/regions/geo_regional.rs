//! Regions that publish to each other: each serves on alone, and what happens while the link is down stays unknown on the other
//! side until its gateways are restarted.

use std::collections::BTreeSet;

use am_conformance::component::{Capability, Component};
use serde_json::json;

use super::crossing::settled;
use super::deployment::{Deployment, EVERYBODY_TOLD, Phase};
use super::events::{dropped, judge_deployed, judge_deployed_everywhere, judge_heard, serving};
use crate::api::text;
use crate::error::LiveError;
use crate::record::Fault;
use crate::scenario::{Stage, judge_served, until, workloads};

/// Gateways serve what is deployed.
const SERVED: &str = "AM-OPS-004";
const DOCUMENTED: &str = "docs/regions.md";

pub(super) async fn play(deployment: &mut Deployment, phase: Phase) -> Result<bool, LiveError> {
    match phase {
        Phase::Events => events(deployment, "at first").await,
        Phase::Cut => cut(deployment).await,
        Phase::Healed => healed(deployment).await,
        Phase::Restart => restart(deployment).await,
        Phase::Install | Phase::Wiring => Ok(true),
    }
}

/// The API that a site deploys while the link is down.
fn meanwhile(site: &str) -> String {
    format!("meanwhile-{site}")
}

/// What happens in each site is heard in all.
pub(super) async fn events(deployment: &mut Deployment, when: &str) -> Result<bool, LiveError> {
    let away = settled(deployment, true).await?;
    for from in 0..deployment.sites.len() {
        let sites = &mut deployment.sites;
        if away > 0 {
            sites[from].stage.say(&format!(
                "{when}: {away} connections between the sites are not there"
            ));
        }
        judge_heard(sites, from, EVERYBODY_TOLD, when).await?;
        let api = format!("{when}-{}", sites[from].name).replace(' ', "-");
        judge_deployed_everywhere(sites, from, EVERYBODY_TOLD, &api, when).await?;
    }
    deployment.replicate().await?;
    Ok(true)
}

async fn cut(deployment: &mut Deployment) -> Result<bool, LiveError> {
    let when = "while the link is down";
    let still = settled(deployment, false).await?;
    if still > 0 {
        let reason = format!("the link was cut, and {still} connections between the sites hold");
        for site in &mut deployment.sites {
            site.stage.record.unsupported(EVERYBODY_TOLD, &reason);
        }
        return Ok(false);
    }
    let names: Vec<String> = deployment.sites.iter().map(|it| it.name.clone()).collect();
    for site in &mut deployment.sites {
        for from in &names {
            let known = format!("at-first-{from}-1");
            judge_served(&mut site.stage, &known, when).await?;
        }
        let api = meanwhile(&site.name);
        judge_deployed(site, &api, when).await?;
    }
    Ok(true)
}

/// What was deployed meanwhile is still unknown; what is deployed now is not.
async fn healed(deployment: &mut Deployment) -> Result<bool, LiveError> {
    settled(deployment, true).await?;
    for from in 0..deployment.sites.len() {
        let api = meanwhile(&deployment.sites[from].name);
        tell_lost(deployment, from, &api).await?;
    }
    events(deployment, "after the link is back").await
}

/// Says what became of an event of the meantime: it must be lost, or the link was not cut.
async fn tell_lost(deployment: &mut Deployment, from: usize, api: &str) -> Result<(), LiveError> {
    let lost = dropped(&deployment.sites[from], api).await?;
    let there = deployment.sites[from].name.clone();
    for to in (0..deployment.sites.len()).filter(|to| *to != from) {
        let (serving, gateways) = serving(&deployment.sites[to], api).await?;
        let site = &mut deployment.sites[to];
        let name = site.name.clone();
        if serving == 0 {
            site.note(format!(
                "lost, as {DOCUMENTED} says: none of {gateways} gateways of {name} knows the API that was deployed in {there} \
                 while the link was down; {lost} publishers of {there} say that they dropped its event"
            ));
        } else {
            let reason = format!(
                "{serving} of {gateways} gateways of {name} know an API that was deployed in {there} while the link was cut: \
                 either it was not, or {DOCUMENTED} is wrong"
            );
            site.stage.record.unsupported(EVERYBODY_TOLD, reason);
        }
    }
    Ok(())
}

/// Databases catch up, which changes nothing; a restart of the gateways does.
async fn restart(deployment: &mut Deployment) -> Result<bool, LiveError> {
    deployment.replicate().await?;
    let names: Vec<String> = deployment.sites.iter().map(|it| it.name.clone()).collect();
    let Some(to) = deployment.sites.last_mut() else {
        return Ok(true);
    };
    to.note(
        "not simulated: the replication of databases; the suite copied what each region's database server holds into the other's"
            .to_owned(),
    );
    let missed: Vec<String> = names
        .iter()
        .filter(|it| **it != to.name)
        .map(|it| meanwhile(it))
        .collect();
    for api in &missed {
        let (serving, gateways) = serving(to, api).await?;
        let name = to.name.clone();
        to.note(format!(
            "{serving} of {gateways} gateways of {name} know {api} once the databases have caught up: nobody tells them"
        ));
    }
    roll(&to.stage).await?;
    if !to.stage.wait_for_main("AM-TOPO-002").await? {
        return Ok(false);
    }
    let nobody = BTreeSet::new();
    for api in &missed {
        let served = until(&to.stage, &nobody, |story| story.apis.contains_key(api));
        let fault = served.await?.map(|gateway| {
            let message =
                format!("after its restart, {gateway} does not know {api}, which its database has");
            Fault::new(message, "let a gateway fetch all APIs before it is ready")
                .at("Pod", gateway)
        });
        if fault.is_none() {
            let name = to.name.clone();
            to.note(format!(
                "after a restart of its pods, every gateway of {name} serves {api}"
            ));
        }
        to.stage.check(SERVED, fault);
    }
    Ok(true)
}

/// Replaces the pods with a gateway one by one, as `kubectl rollout restart` does.
async fn roll(stage: &Stage) -> Result<(), LiveError> {
    for workload in workloads(stage, &stage.main).await? {
        let component = text(&workload, "/metadata/labels/app.kubernetes.io~1component");
        let component = Component::from_name(component);
        if !component.is_some_and(|it| it.has(Capability::ServesTraffic)) {
            continue;
        }
        let restarted = json!({"am-live/restarted": "true"});
        let change = json!({"spec": {"template": {"metadata": {"annotations": restarted}}}});
        let path = workload_path(stage, &workload);
        stage.lab.api.change(&path, &change).await?;
    }
    Ok(())
}

/// Where the API server has a workload.
pub(super) fn workload_path(stage: &Stage, workload: &serde_json::Value) -> String {
    format!(
        "/apis/apps/v1/namespaces/{}/{}s/{}",
        stage.namespace,
        text(workload, "/kind").to_lowercase(),
        text(workload, "/metadata/name")
    )
}
