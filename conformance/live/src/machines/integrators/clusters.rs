//! Who the clusters are.

use std::collections::{BTreeMap, BTreeSet};

use am_conformance::Component;
use am_product::{Capability, Protocol};
use am_standin::services::SUPER_TENANT;

use super::super::site::Site;
use crate::integrators::{APP_ON_STREAMS, CALL, Whose, account_of, app};

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

/// The variables of Ansible with those accounts. Their names end with the cluster's and what they are.
pub(in super::super) fn accounts(site: &Site) -> BTreeMap<String, String> {
    let clusters = clusters(site);
    let value = |variable: &str| {
        clusters.iter().find_map(|cluster| {
            let (user, password) = account_of(&cluster.tenant);
            let name = cluster.name.replace('-', "_");
            let is = |what| variable.ends_with(&format!("_{name}_catalog_{what}"));
            is("username")
                .then_some(user)
                .or_else(|| is("password").then_some(password))
        })
    };
    let variables = site.secrets.iter();
    variables
        .filter_map(|name| Some((name.clone(), value(name)?)))
        .collect()
}

/// What a cluster runs, among the packs: the name of a file, and its text.
pub(in super::super) fn artifact(component: Component) -> (String, String) {
    if component.has(Capability::Integrates) {
        return app();
    }
    let (file, app) = APP_ON_STREAMS;
    (file.to_owned(), app.to_owned())
}

/// What every stand-in is told where there are clusters: who is active stands in the database, and calls for the load are not throttled.
pub(in super::super) fn behaviour_beside(site: &Site) -> &'static str {
    if clusters(site).is_empty() {
        ""
    } else {
        "STANDIN_DATABASE=true\nSTANDIN_THROTTLE_LIMIT=1000000\n"
    }
}

/// What the stand-in of a component is told. A pair beats five times as fast as its configuration says, and a node of it starts more
/// slowly than the other waits for a beat, as the product's do.
pub(in super::super) fn behaviour(component: Component) -> String {
    if component.has(Capability::Streams) {
        "STANDIN_BEAT_SCALE=0.2\nSTANDIN_STARTUP_DELAY=4s\n".to_owned()
    } else if component.has(Capability::Integrates) {
        format!("STANDIN_SERVICE_TIME={CALL}\n")
    } else {
        String::new()
    }
}

/// What users of a component call.
pub(super) fn is_called(component: Component) -> impl Fn(&&am_product::Port) -> bool {
    move |port| {
        let speaks = [Protocol::Integrations, Protocol::Streams].contains(&port.speaks);
        speaks && port.is_for_users_of(component)
    }
}
