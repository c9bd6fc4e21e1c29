//! Clusters of integrators beside API Manager on machines: what the suite gives them, and who they are.

pub(super) mod clusters;
pub(super) mod events;
pub(super) mod failure;
mod gateways;
mod observed;
pub(super) mod services;
pub(super) mod tenants;

use am_product::Capability;
use serde_json::json;

use super::names::meant;
use super::observe::collect;
use super::site::{Host, Site};
use super::stage::Stage;
use crate::error::LiveError;
use crate::integrators::pair::told;
use crate::integrators::{account_of, api_of};
pub(super) use clusters::clusters_that;
use clusters::{Cluster, clusters};

/// The clusters that go to another pack and back: one of each kind shows it.
pub(super) fn moving(site: &Site) -> Vec<Cluster> {
    let kinds = [Capability::Integrates, Capability::Streams];
    let of_kind = |kind| clusters_that(site, kind).into_iter().next();
    kinds.into_iter().filter_map(of_kind).collect()
}

/// Their groups in the inventory; none where there are no clusters.
pub(super) fn groups(clusters: &[Cluster]) -> Option<String> {
    let groups: Vec<String> = clusters
        .iter()
        .map(|it| it.name.replace('-', "_"))
        .collect();
    (!groups.is_empty()).then(|| groups.join(","))
}

/// The runs of the installation, each with the hosts that it is about, and whether accounts are made after it: those by which servers
/// register their services, which the deployment's README asks for before these start.
pub(super) fn installations(site: &Site) -> Vec<(Option<String>, bool)> {
    if clusters(site).is_empty() {
        return vec![(None, false)];
    }
    let has_portals = |host: &&Host| {
        let mut parts = host.parts.iter();
        host.parts.is_empty() || parts.any(|part| part.component.has(Capability::Portals))
    };
    let (first, others): (Vec<&Host>, Vec<&Host>) = site.hosts.iter().partition(has_portals);
    let names = |hosts: Vec<&Host>| {
        let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
        Some(names.join(","))
    };
    vec![(names(first), true), (names(others), false)]
}

/// Makes the accounts by which services are registered.
pub(super) async fn enrol(stage: &Stage) -> Result<(), LiveError> {
    let Some(portals) = gateways::that(stage, Capability::Portals)
        .into_iter()
        .next()
    else {
        return Ok(());
    };
    for cluster in clusters(&stage.site) {
        let (user, password) = account_of(&cluster.tenant);
        let account = json!({"user": user, "password": password});
        if portals
            .ask(stage, "/standin/enrol", &account)
            .await?
            .is_none()
        {
            return Err(LiveError::unavailable(
                format!(
                    "{}: no account can be made at {}",
                    stage.about(),
                    portals.host
                ),
                "see the log of its unit",
            ));
        }
    }
    Ok(())
}

/// Ports between machines that no observed edge tells: what the active node of a pair tells the other, and what gateways call where no
/// load balancer is between.
pub(super) async fn needed(stage: &Stage) -> Result<Vec<(String, String, u16)>, LiveError> {
    let mut needed = Vec::new();
    for node in collect(stage).await? {
        let other = told(&node).other;
        let other = other.as_deref().and_then(|it| it.rsplit_once(':'));
        let Some((address, port)) = other else {
            continue;
        };
        let host = stage.site.hosts.iter().find(|it| it.address == address);
        if let (Some(host), Ok(port)) = (host, port.parse()) {
            needed.push((node.pod.clone(), host.name.clone(), port));
        }
    }
    for cluster in clusters(&stage.site) {
        for (host, ports) in tenants::nodes_without_balancer(&stage.site, &cluster) {
            let gateways = gateways::all(stage).into_iter();
            needed.extend(gateways.flat_map(|gateway| {
                let host = &host.name;
                let ports = ports.iter();
                ports.map(move |(_, port)| (gateway.host.clone(), host.clone(), *port))
            }));
        }
    }
    Ok(needed)
}

/// What clients ask all the time besides public names: the APIs of tenants.
pub(super) fn watched(stage: &Stage) -> Vec<String> {
    let names = stage.given.names.iter();
    let name = names.filter(|(key, _)| meant(key) == Some(Capability::ServesTraffic));
    let clusters = clusters_that(&stage.site, Capability::Integrates);
    name.flat_map(|(_, name)| {
        let clusters = clusters.iter();
        clusters.map(move |it| format!("https://{name}/{}/7", api_of(&it.tenant)))
    })
    .collect()
}
