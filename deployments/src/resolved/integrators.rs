//! Servers beside API Manager, as files tell of them.

use am_generator::chart::Part;
use am_generator::model::Loaded;
use serde::Serialize;

use super::release::{HostName, Release, Secret, keys};
use crate::document::Deployment;
use crate::integrators::{Cluster, addresses};
use crate::machines::layout::Layout;
use crate::machines::{CREDENTIALS, Said};
use crate::site_values::SiteValues;
use crate::sites::Placed;
use crate::vocabulary::Vocabulary;

/// A cluster of servers beside API Manager.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Integrator {
    /// Its kind.
    pub(crate) kind: String,
    pub(crate) title: String,
    pub(crate) version: String,
    pub(crate) chart_version: String,
    /// The version of API Manager beside which its chart is made.
    pub(crate) beside: String,
    /// Domain of the tenant; everybody's without one.
    pub(crate) tenant: Option<String>,
    pub(crate) nodes: u32,
    /// What it is called: its release, or on machines its unit.
    pub(crate) name: String,
    /// None where it runs on machines.
    pub(crate) release: Option<Release>,
    /// Its unit of systemd, where it runs on machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unit: Option<String>,
    /// Where gateways call it: one address, the host of each node, or a port of the load balancer for each of its own.
    pub(crate) addresses: Vec<String>,
    /// In a cluster of Kubernetes where each node is called: the ports of every host, with their numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) ports: Vec<String>,
    /// On machines, ranges of addresses of those who call it besides gateways.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) clients: Vec<String>,
    /// It registers its services in API Manager's catalogue.
    pub(crate) registers: bool,
    /// On machines, the variable of Ansible with the user who registers them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) registers_as: Option<String>,
    pub(crate) hostnames: Vec<HostName>,
    pub(crate) secrets: Vec<Secret>,
    /// The database by which its nodes find each other.
    pub(crate) database: Option<OwnDatabase>,
}

/// The database of a cluster, on the site's server.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnDatabase {
    pub(crate) name: String,
    /// What makes its tables, unless the server does.
    pub(crate) script: Option<String>,
}

/// What is told of a cluster.
pub(super) fn integrator(
    document: &Loaded<Deployment>,
    site: &Placed<'_>,
    machines: Option<&Layout<'_, '_>>,
    vocabulary: &Vocabulary,
    (cluster, values): &(Cluster<'_>, SiteValues),
) -> Integrator {
    let kind = &cluster.said.kind.value;
    let version = &cluster.chart.version.version.value;
    let beside = cluster.chart.version.beside.as_ref();
    let endpoints = cluster.chart.endpoints();
    let hostnames = cluster.said.hostnames.iter().filter_map(|(key, host)| {
        let mut endpoints = endpoints.iter();
        let (_, endpoint, _) = endpoints.find(|(_, it, _)| it.hostname.value == key.value)?;
        Some(HostName {
            host: cluster.text(host),
            serves: format!("{} ({})", endpoint.title, cluster.called()),
        })
    });
    let script = site.site.database.as_ref().and_then(|database| {
        let row = site.chart.model.databases.get(&database.kind.value)?;
        let own = row.schema.as_ref()?.script.trim_end_matches(".sql");
        Some(cluster.kind.script.as_ref()?.replace("{name}", own))
    });
    let database = cluster.said.coordination.as_ref().map(|it| OwnDatabase {
        name: cluster.text(&it.database),
        script,
    });
    Integrator {
        kind: kind.clone(),
        title: cluster.part.component.title.clone(),
        version: version.clone(),
        chart_version: cluster
            .chart
            .model
            .chart_version(version)
            .unwrap_or_default(),
        beside: beside.map(|it| it.value.clone()).unwrap_or_default(),
        tenant: cluster.tenant.map(|it| it.domain().to_owned()),
        nodes: cluster.nodes(),
        name: cluster.called().to_owned(),
        release: release(site, cluster),
        unit: machines.map(|layout| layout.data.paths.unit_of(&cluster.name)),
        addresses: match machines {
            Some(layout) => layout.addresses(cluster),
            None => addresses(cluster, values),
        },
        ports: match (machines, &cluster.kind.called_at) {
            (None, None) => ports(cluster),
            _ => Vec::new(),
        },
        clients: match machines {
            Some(_) => cluster
                .client_ranges()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            None => Vec::new(),
        },
        registers: cluster.kind.registers,
        registers_as: machines.filter(|_| cluster.kind.registers).map(|layout| {
            let key = (cluster.name.clone(), "catalog-username".to_owned());
            Said::new(layout, CREDENTIALS).secret(&key)
        }),
        hostnames: hostnames.collect(),
        secrets: match machines {
            Some(_) => Vec::new(),
            None => secrets(document, cluster, vocabulary),
        },
        database,
    }
}

/// The ports at which each of its nodes is called.
fn ports(cluster: &Cluster<'_>) -> Vec<String> {
    let ports = cluster.ports().into_iter();
    ports
        .map(|(port, number)| format!("{port} {number}"))
        .collect()
}

fn release(site: &Placed<'_>, cluster: &Cluster<'_>) -> Option<Release> {
    let kubernetes = site.site.kubernetes.as_ref()?;
    let kind = &cluster.said.kind.value;
    let platform = kubernetes.platform.iter();
    let platform = platform.map(|platform| format!("{}.{kind}.values.yaml", platform.value));
    Some(Release {
        name: cluster.release.clone(),
        chart: cluster.chart.name().to_owned(),
        context: kubernetes.context.as_ref().map(|it| it.value.clone()),
        namespace: kubernetes.namespace.value.clone(),
        values: platform
            .chain([format!("{}.values.yaml", cluster.release)])
            .collect(),
    })
}

/// The Secrets that must be there, with the keys that its servers read.
fn secrets(
    document: &Loaded<Deployment>,
    cluster: &Cluster<'_>,
    vocabulary: &Vocabulary,
) -> Vec<Secret> {
    let mut secrets = Vec::new();
    if let Some(credentials) = &cluster.said.credentials {
        let unread: &[(&str, bool)] = &[
            ("catalog-", cluster.kind.registers),
            ("coordination-db-", cluster.said.coordination.is_some()),
        ];
        let parts: &[Part<'_>] = &[cluster.part];
        let mut names = keys(document, &cluster.chart, parts, vocabulary);
        names.retain(|name| {
            let mut unread = unread.iter();
            unread.all(|(start, is_read)| *is_read || !name.starts_with(start))
        });
        secrets.push(Secret {
            name: cluster.text(&credentials.existing_secret),
            keys: names,
        });
    }
    if let Some(keystores) = &document.keystores {
        secrets.push(Secret {
            name: keystores.existing_secret.value.clone(),
            keys: Vec::new(),
        });
    }
    secrets
}
