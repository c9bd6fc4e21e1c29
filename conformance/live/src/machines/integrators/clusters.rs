//! Who the clusters are.

use std::collections::BTreeSet;

use am_conformance::Component;
use am_product::{Capability, Protocol};
use am_standin::services::SUPER_TENANT;

use super::super::observe::collect_those;
use super::super::site::Site;
use super::super::stage::Stage;
use crate::error::LiveError;
use crate::integrators::Whose;
use crate::wiring::Observed;

/// A cluster, on the hosts that run it.
#[derive(Debug, Clone)]
pub(in super::super) struct Cluster {
    pub(in super::super) name: String,
    pub(super) tenant: String,
    pub(super) component: Component,
    pub(super) hosts: Vec<String>,
}

impl Cluster {
    /// The cluster in messages.
    pub(super) fn whose(&self) -> Whose<'_> {
        Whose {
            name: &self.name,
            tenant: &self.tenant,
        }
    }

    /// Its nodes.
    pub(super) fn own(&self) -> BTreeSet<String> {
        self.hosts.iter().cloned().collect()
    }

    pub(in super::super) fn runs_on(&self, host: &str) -> bool {
        self.hosts.iter().any(|it| it == host)
    }

    /// What its nodes tell that answer.
    pub(super) async fn collect(&self, stage: &Stage) -> Result<Vec<Observed>, LiveError> {
        collect_those(stage, |part| part.name == self.name).await
    }
}

/// All clusters, in the order of the inventory.
pub(super) fn clusters(site: &Site) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    for (host, part) in site.parts().filter(|(_, part)| part.is_beside()) {
        let known = clusters.iter_mut().find(|it| it.name == part.name);
        if let Some(cluster) = known {
            cluster.hosts.push(host.name.clone());
            continue;
        }
        clusters.push(Cluster {
            name: part.name.clone(),
            tenant: part.tenant.clone().unwrap_or(SUPER_TENANT.to_owned()),
            component: part.component,
            hosts: vec![host.name.clone()],
        });
    }
    clusters
}

/// Clusters of servers that can do something.
pub(in super::super) fn clusters_that(site: &Site, capability: Capability) -> Vec<Cluster> {
    let clusters = clusters(site).into_iter();
    clusters.filter(|it| it.component.has(capability)).collect()
}

/// What users of a component call.
pub(super) fn is_called(component: Component) -> impl Fn(&&am_product::Port) -> bool {
    move |port| {
        let speaks = [Protocol::Integrations, Protocol::Streams].contains(&port.speaks);
        speaks && port.is_for_users_of(component)
    }
}
