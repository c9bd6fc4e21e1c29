//! A main site and a data plane beside it, which serves on while the link is down, but starts no gateway.

use std::collections::BTreeSet;

use am_conformance::Component;
use serde_json::{Value, json};

use super::crossing::settled;
use super::deployment::{Deployment, Phase};
use super::events::{DEPLOYED, judge_deployed, judge_deployed_everywhere, judge_heard, serving};
use super::geo_regional::workload_path;
use super::site::Site;
use crate::api::{Pod, text};
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;
use crate::scenario::{judge_served, workloads};

/// Whoever listens waits for whom it listens to.
const WAITS: &str = "AM-OPS-023";
/// The API that the main site deploys while the link is down.
const MEANWHILE: &str = "meanwhile";
/// How long a new gateway has to be unready: longer than one takes to start.
const UNREADY: std::time::Duration = std::time::Duration::from_secs(25);
const POLL: std::time::Duration = std::time::Duration::from_secs(1);

pub(super) async fn play(deployment: &mut Deployment, phase: Phase) -> Result<bool, LiveError> {
    match phase {
        Phase::Events => events(deployment, "at first").await,
        Phase::Cut => cut(deployment).await,
        Phase::Healed => healed(deployment).await,
        Phase::Install | Phase::Wiring | Phase::Restart => Ok(true),
    }
}

fn main_of(deployment: &Deployment) -> usize {
    let mut sites = deployment.sites.iter();
    sites.position(|site| site.is_main).unwrap_or_default()
}

/// What happens at the main site is heard by the gateways of all.
pub(super) async fn events(deployment: &mut Deployment, when: &str) -> Result<bool, LiveError> {
    settled(deployment, true).await?;
    let main = main_of(deployment);
    let sites = &mut deployment.sites;
    judge_heard(sites, main, DEPLOYED, when).await?;
    let api = when.replace(' ', "-");
    judge_deployed_everywhere(sites, main, DEPLOYED, &api, when).await?;
    // Whoever was told shows that it listens.
    for (at, site) in sites.iter_mut().enumerate() {
        if at != main {
            let (serving, gateways) = serving(site, &format!("{api}-1")).await?;
            if serving == gateways {
                site.stage.passed(DEPLOYED);
            }
        }
    }
    Ok(true)
}

async fn cut(deployment: &mut Deployment) -> Result<bool, LiveError> {
    let when = "while the link is down";
    let still = settled(deployment, false).await?;
    let main = main_of(deployment);
    if still > 0 {
        let reason = format!("the link was cut, and {still} connections between the sites hold");
        deployment.sites[main]
            .stage
            .record
            .unsupported(DEPLOYED, reason);
        return Ok(false);
    }
    for (at, site) in deployment.sites.iter_mut().enumerate() {
        judge_served(&mut site.stage, "at-first-1", when).await?;
        if at == main {
            judge_deployed(site, MEANWHILE, when).await?;
        } else {
            judge_newcomer(site).await?;
        }
    }
    Ok(true)
}

/// The workload of a site's gateways.
async fn gateways(site: &Site) -> Result<Option<(String, u64)>, LiveError> {
    let Some(gateway) = site.stage.gateway() else {
        return Ok(None);
    };
    let is_gateway = |workload: &&Value| {
        let component = text(workload, "/metadata/labels/app.kubernetes.io~1component");
        Component::from_name(component) == Some(gateway)
    };
    let all = workloads(&site.stage, &site.stage.main).await?;
    let found = all.iter().find(is_gateway).map(|workload| {
        let replicas = workload.pointer("/spec/replicas").and_then(Value::as_u64);
        let path = workload_path(&site.stage, workload);
        (path, replicas.unwrap_or_default())
    });
    Ok(found)
}

/// One gateway more, which must not become ready.
async fn judge_newcomer(site: &mut Site) -> Result<(), LiveError> {
    let stage = &site.stage;
    let list = async || Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await;
    let before: BTreeSet<String> = list().await?.into_iter().map(|pod| pod.uid).collect();
    let Some((path, replicas)) = gateways(site).await? else {
        return Ok(());
    };
    let more = json!({"spec": {"replicas": replicas + 1}});
    stage.lab.api.change(&path, &more).await?;
    let mut waiting = Waiting::begin();
    let newcomer = loop {
        let pods = list().await?;
        let newcomer = pods.into_iter().find(|pod| !before.contains(&pod.uid));
        if waiting.is_over(UNREADY) || newcomer.as_ref().is_some_and(|pod| pod.ready) {
            break newcomer;
        }
        tokio::time::sleep(POLL).await;
    };
    match newcomer {
        None => site.stage.record.unsupported(WAITS, "no new gateway came"),
        Some(pod) if pod.ready => {
            let message = format!(
                "{} became ready while its event hub is away: it is deaf",
                pod.name
            );
            let help = "let an init container wait until the event hub accepts connections";
            site.stage
                .failed(WAITS, Fault::new(message, help).at("Pod", pod.name));
        }
        Some(_) => {
            site.stage.passed(WAITS);
            let name = site.name.clone();
            site.note(format!(
                "as docs/deployments.md says: a gateway that was added in {name} while the link was down did not become ready"
            ));
        }
    }
    Ok(())
}

/// The new gateway becomes ready by itself and knows everything; those that served on hear what happens from now on.
async fn healed(deployment: &mut Deployment) -> Result<bool, LiveError> {
    for site in &mut deployment.sites {
        if !site.stage.wait_for_main("AM-TOPO-002").await? {
            return Ok(false);
        }
    }
    for site in deployment.sites.iter_mut().filter(|site| !site.is_main) {
        let (serving, gateways) = serving(site, MEANWHILE).await?;
        let name = site.name.clone();
        if serving == 0 {
            let message = format!(
                "a gateway of {name} that started when the link was back does not know what was deployed meanwhile"
            );
            site.stage.failed(
                DEPLOYED,
                Fault::new(message, "let a gateway fetch all APIs before it is ready"),
            );
            continue;
        }
        site.stage.passed(DEPLOYED);
        site.note(format!(
            "the gateway that was added became ready by itself when the link was back; {serving} of {gateways} gateways of {name} know \
             what was deployed meanwhile: those that ran all the time do not until they are restarted (docs/runbook.md)"
        ));
    }
    events(deployment, "after the link is back").await
}
