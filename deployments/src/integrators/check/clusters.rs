//! Clusters of a site: what each needs, and what no two may share.

use am_generator::ChartTree;
use am_generator::diagnostic::Diagnostics;
use am_generator::model::Loaded;
use am_generator::model::product::Database;
use am_generator::yaml::Text;
use serde_json::Value;

use super::super::cluster::Cluster;
use super::super::placeholders::differs;
use super::super::values::has_policies;
use super::places;
use crate::document::Deployment;
use crate::document::integrators::Integrator;
use crate::names::{LONGEST_NAME, is_host};
use crate::overlay::{STORES, chart_values, own, tree_of};
use crate::sites::Placed;
use crate::vocabulary::{Topology, Vocabulary};

/// Checks the clusters of all sites; `clusters` has those of each.
pub(crate) fn check(
    document: &Loaded<Deployment>,
    topology: (&str, &Topology),
    sites: &[Placed<'_>],
    clusters: &[Vec<Cluster<'_>>],
    vocabulary: &Vocabulary,
    charts: &ChartTree,
    found: &mut Diagnostics,
) {
    tenants_are_supported(document, topology, sites, found);
    for tenant in &document.tenants {
        let mut all = clusters.iter().flatten();
        let domain = tenant.value.domain();
        if !all.any(|it| it.tenant.is_some_and(|it| it.domain() == domain)) {
            let message = format!("no integrator is the tenant's {domain}");
            let hint = "give it one (`integrators: [{kind: …, tenants: …}]` of a site), or remove it: API Manager needs nothing for a tenant";
            found.push(document.diagnose(tenant, message).hint(hint));
        }
    }
    for (site, clusters) in sites.iter().zip(clusters) {
        let Some(first) = clusters.first() else {
            continue;
        };
        if !site.rest.is_empty() {
            let message = format!(
                "site {} runs the part `{}` only: it has no service catalogue and no database",
                site.name(),
                site.part
            );
            let hint = "remove `integrators`, or say them at the main site";
            found.push(document.diagnose(&first.said.kind, message).hint(hint));
            continue;
        }
        let mut before: Vec<&Integrator> = Vec::new();
        for cluster in clusters {
            // What holds for one cluster of an integrator holds for all.
            if !before.iter().any(|it| std::ptr::eq(*it, cluster.said)) {
                before.push(cluster.said);
                places::words(document, site, cluster, found);
                needs(document, site, cluster, charts, found);
            } else if site.site.vm.is_some() {
                places::numbers(document, cluster, found);
            }
        }
        places::tenants_are_apart(document, site, clusters, vocabulary, found);
        names(document, site, clusters, found);
        shared(document, site, clusters, charts, found);
    }
}

fn tenants_are_supported(
    document: &Loaded<Deployment>,
    (name, topology): (&str, &Topology),
    sites: &[Placed<'_>],
    found: &mut Diagnostics,
) {
    let (Some(since), Some(tenant)) = (&topology.tenants_since, document.tenants.first()) else {
        return;
    };
    let Some(model) = sites.first().map(|site| site.chart.model) else {
        return;
    };
    let place = |version: &str| {
        let mut versions = model.versions.iter();
        versions.position(|it| it.version.value == version)
    };
    if place(&document.product_version.value) < place(since) {
        let message = format!(
            "in topology {name} there are no tenants before product version {since}, and this is {}",
            document.product_version.value
        );
        let hint = format!("use {since} or later, or another topology");
        found.push(document.diagnose(tenant, message).hint(hint));
    }
}

/// A database where nodes share work, and credentials where somebody else made them.
fn needs(
    document: &Loaded<Deployment>,
    site: &Placed<'_>,
    cluster: &Cluster<'_>,
    charts: &ChartTree,
    found: &mut Diagnostics,
) {
    let said = cluster.said;
    let title = &cluster.part.component.title;
    let nodes = cluster.nodes();
    places::numbers(document, cluster, found);
    match (&said.coordination, cluster.kind.alone_up_to) {
        (None, Some(alone)) if nodes > alone => {
            let message = format!(
                "{nodes} nodes of {title} find each other in a database, and none is named"
            );
            let hint = format!(
                "write `coordination: {{database: …}}`, or `replicas: {alone}` and no high availability"
            );
            found.push(document.diagnose(&said.kind, message).hint(hint));
        }
        (Some(coordination), _) if site.site.database.is_none() => {
            let message = format!("site {} has no database server", site.name());
            let hint = "say it as `database` of the site";
            found.push(
                document
                    .diagnose(&coordination.database, message)
                    .hint(hint),
            );
        }
        _ => {}
    }
    let database = site.site.database.as_ref();
    let database = database.filter(|_| said.coordination.is_some());
    let known = &cluster.kind.databases;
    let unknown = |kind: &&Text| !known.is_empty() && !known.contains(&kind.value);
    if let Some(kind) = database.map(|it| &it.kind).filter(unknown) {
        let message = format!("{title} cannot use a database of the type {}", kind.value);
        let hint = format!("accepted are: {}", known.join(", "));
        found.push(document.diagnose(kind, message).hint(hint));
    }
    let overlay = tree_of(cluster.chart.name(), site, charts);
    let has_store = STORES.iter().any(|store| {
        let own = said.values.get("credentials");
        let own = own.and_then(|own| own.pointer(&format!("/{store}/enabled")));
        own.unwrap_or(&overlay["credentials"][store]["enabled"]) == &Value::Bool(true)
    });
    let is_given = said.credentials.is_some() || has_store || site.site.vm.is_some();
    let user = match (cluster.kind.registers, said.coordination.is_some()) {
        (true, _) => Some("the user with which it registers services in API Manager's catalogue"),
        (_, true) => Some("the user of its database"),
        _ => None,
    };
    if let Some(user) = user.filter(|_| !is_given) {
        let message = format!("{title} needs {user}, which nobody makes up");
        let hint = "name its Secret: `credentials: {existingSecret: …}`";
        found.push(document.diagnose(&said.kind, message).hint(hint));
    }
    let names_some = said.artifacts.iter().any(|it| it.named().next().is_some());
    if cluster.kind.registers && !names_some && !has_artifacts_in_values(cluster) {
        let message = format!("{title} has no artifacts, and so no services to register");
        let hint = match site.site.vm {
            Some(_) => {
                "say where they come from: `artifacts: {folder: …}`, a folder among the packs"
            }
            None => {
                "say where they come from: `artifacts: {image: …}`, or `values: {artifacts: {inServerImage: true}}` where its own image has them"
            }
        };
        found.push(document.diagnose(&said.kind, message).hint(hint));
    }
    if let Some((key, host)) = said.hostnames.iter().next() {
        let policy = said.values.get("networkPolicy");
        let lets_in = ["clients", "loadBalancers"].iter().any(|key| {
            let peers = policy.and_then(|policy| policy[*key].as_array());
            peers.is_some_and(|peers| !peers.is_empty())
        });
        if has_policies(cluster, site, charts) && !lets_in {
            let message = format!(
                "only gateways may reach {title}, so that nobody would get to hostnames.{}",
                key.value
            );
            let hint = "say who leads there: `values: {networkPolicy: {clients: [{namespaceSelector: …}]}}` with the namespace of the controller";
            found.push(document.diagnose(host, message).hint(hint));
        }
    }
}

/// Whether values say where artifacts come from: what only qualifies a source is none.
fn has_artifacts_in_values(cluster: &Cluster<'_>) -> bool {
    let Some(own) = cluster.said.values.get("artifacts") else {
        return false;
    };
    let is_named = |path: &str| {
        let text = own.pointer(path).and_then(Value::as_str);
        text.is_some_and(|text| !text.is_empty())
    };
    let maps = own["configMaps"].as_array();
    own["inServerImage"] == true
        || is_named("/image/repository")
        || is_named("/existingClaim")
        || maps.is_some_and(|maps| !maps.is_empty())
}

/// Each cluster has a release and host names of its own.
fn names(
    document: &Loaded<Deployment>,
    site: &Placed<'_>,
    clusters: &[Cluster<'_>],
    found: &mut Diagnostics,
) {
    let mut releases = vec![document.name.value.clone(), site.full_name(document)];
    let of_machines = clusters.iter().filter(|_| site.site.vm.is_some());
    for cluster in of_machines.filter(|it| site.chart.model.components.contains_key(&it.name)) {
        let at = cluster.said.name.as_ref().unwrap_or(&cluster.said.kind);
        let message = format!("hosts know {} as a component of API Manager", cluster.name);
        let hint = "give the integrator a `name` of its own";
        found.push(document.diagnose(at, message).hint(hint));
    }
    let mut hosts: Vec<(String, String)> = site
        .site
        .hostnames
        .iter()
        .map(|(key, host)| (host.value.clone(), format!("hostnames.{}", key.value)))
        .collect();
    // What stands in the document once is told once, and not for each tenant.
    let mut told: Vec<&Text> = Vec::new();
    for cluster in clusters {
        let at = cluster.said.name.as_ref().unwrap_or(&cluster.said.kind);
        let release = &cluster.release;
        if release.len() > LONGEST_NAME {
            let message =
                format!("the release {release} would have more than {LONGEST_NAME} characters");
            let hint = "shorten the name of the deployment, that of the integrator, or the label of the tenant";
            found.push(document.diagnose(at, message).hint(hint));
        }
        let full_name = cluster.full_name();
        if full_name != *release && releases.contains(&full_name) {
            let message = format!(
                "two releases of site {} would call their objects {full_name}-…",
                site.name()
            );
            let at = cluster.said.values.key("fullnameOverride").unwrap_or(at);
            let hint = "give each a name of its own, such as one with {tenant}";
            found.push(document.diagnose(at, message).hint(hint));
        }
        if releases.contains(release) {
            let message = format!("two releases of site {} are called {release}", site.name());
            let hint = "give the integrator a `name` of its own";
            found.push(document.diagnose(at, message).hint(hint));
        }
        releases.push(release.clone());
        releases.push(full_name);
        for (key, host) in cluster.said.hostnames.iter() {
            let name = cluster.text(host);
            let field = format!("hostnames.{} of release {release}", key.value);
            let is_told = told.iter().any(|told| std::ptr::eq(*told, host));
            let twin = hosts.iter().find(|(known, _)| *known == name);
            let wrong = match twin {
                _ if is_told => None,
                _ if !is_host(&name) => Some((
                    format!("`{name}` is no host name"),
                    "write it in lowercase, without scheme and port",
                )),
                Some((_, other)) => Some((
                    format!("{name} is both {other} and {field}"),
                    "give each a name of its own, such as one with {tenant}",
                )),
                None => None,
            };
            if let Some((message, hint)) = wrong {
                found.push(document.diagnose(host, message).hint(hint));
                told.push(host);
            }
            hosts.push((name, field));
        }
    }
}

/// Names of the databases of the site's API Manager.
fn own_databases(site: &Placed<'_>, charts: &ChartTree) -> Vec<String> {
    let (own, chart) = (own(site), chart_values(site, charts));
    let names = [Database::Apim, Database::Shared].map(|database| {
        let path = format!("/database/{}/name", database.key());
        let name = own.pointer(&path).or_else(|| chart.pointer(&path));
        name.and_then(Value::as_str).unwrap_or_default().to_owned()
    });
    names.into()
}

/// What is a cluster's own: its database, and the account with which it registers.
fn shared(
    document: &Loaded<Deployment>,
    site: &Placed<'_>,
    clusters: &[Cluster<'_>],
    charts: &ChartTree,
    found: &mut Diagnostics,
) {
    let mut databases: Vec<(String, &Cluster<'_>)> = Vec::new();
    let own = own_databases(site, charts);
    let mut accounts: Vec<(String, &Cluster<'_>)> = Vec::new();
    let hint = |text: &Text| {
        if differs(&text.value) {
            "give each one of its own".to_owned()
        } else {
            format!(
                "write one for each tenant, such as {}-{{tenant}}",
                text.value
            )
        }
    };
    for cluster in clusters {
        if let Some(text) = cluster.said.coordination.as_ref().map(|it| &it.database) {
            let name = cluster.text(text);
            if let Some((_, other)) = databases.iter().find(|(known, _)| *known == name) {
                let message = format!(
                    "clusters {} and {} of site {} would find each other in the database {name}, and share their work",
                    other.release,
                    cluster.release,
                    site.name()
                );
                found.push(document.diagnose(text, message).hint(hint(text)));
            }
            if own.contains(&name) {
                let message = format!(
                    "{name} is a database of API Manager of site {}",
                    site.name()
                );
                let hint = "give the cluster one of its own";
                found.push(document.diagnose(text, message).hint(hint));
            }
            databases.push((name, cluster));
        }
        let account = cluster.said.credentials.as_ref();
        let account = account.filter(|_| cluster.kind.registers);
        if let Some(text) = account.map(|it| &it.existing_secret) {
            let name = cluster.text(text);
            let twin = accounts.iter().find(|(known, other)| {
                let domain = |it: &Cluster<'_>| it.tenant.map(|it| it.domain().to_owned());
                *known == name && domain(other) != domain(cluster)
            });
            if let Some((_, other)) = twin {
                let message = format!(
                    "clusters {} and {} would register with one account, and their services with one tenant",
                    other.release, cluster.release
                );
                found.push(document.diagnose(text, message).hint(hint(text)));
            }
            accounts.push((name, cluster));
        }
    }
}
