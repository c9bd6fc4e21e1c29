//! Sites, each with what it runs, and beside the others.

use am_generator::ChartTree;
use am_generator::diagnostic::Diagnostics;
use am_generator::model::Loaded;

use crate::document::Deployment;
use crate::names::sentence;
use crate::overlay;
use crate::sites::Placed;
use crate::vocabulary::{Shape, Topology, Vocabulary};

use super::{event_hub, hosts, identity_server, machines, replication};

/// Checks every site, and what sites may not have in common.
pub(crate) fn check(
    document: &Loaded<Deployment>,
    topology: &Topology,
    sites: &[Placed<'_>],
    vocabulary: &Vocabulary,
    charts: &ChartTree,
    found: &mut Diagnostics,
) {
    for (index, site) in sites.iter().enumerate() {
        machines::check(document, site, charts, found);
        node_numbers(document, site, found);
        event_hub::check(document, site, vocabulary, charts, found);
        host_names(document, site, vocabulary, found);
        database(document, site, found);
        credentials(document, site, sites.len(), charts, found);
        ranges(document, site, sites.len(), found);
        identity_server::check(document, site, charts, found);
        let before = &sites[..index];
        same_place(document, site, before, found);
        same_pattern(document, topology, site, before, found);
        if topology.shape != Shape::Mesh {
            same_environment(document, site, before, found);
        }
    }
    replication::check(document, topology, sites, vocabulary, found);
    hosts::check(document, sites, vocabulary, found);
}

fn node_numbers(document: &Loaded<Deployment>, site: &Placed<'_>, found: &mut Diagnostics) {
    for (key, number) in site.site.replicas.iter() {
        let Some(part) = site.runs.iter().find(|part| part.key() == key.value) else {
            let message = format!("site {} does not run `{}`", site.name(), key.value);
            found.push(document.diagnose(key, message).hint("remove it"));
            continue;
        };
        let (least, most) = (part.member.minimum, part.member.maximum);
        if number.value < least || most.is_some_and(|most| number.value > most) {
            let most = most.map_or(String::new(), |most| format!(" and at most {most}"));
            let message = format!(
                "pattern {} has at least {least}{most} nodes of {}, not {}",
                site.chart.pattern.number, key.value, number.value
            );
            found.push(document.diagnose(number, message));
        }
    }
}

/// Host names are those of endpoints that the site serves, and of an environment all that the portals must know.
fn host_names(
    document: &Loaded<Deployment>,
    site: &Placed<'_>,
    vocabulary: &Vocabulary,
    found: &mut Diagnostics,
) {
    let endpoints = site.chart.endpoints();
    for (key, _) in site.site.hostnames.iter() {
        let served = endpoints
            .iter()
            .any(|(_, endpoint, by)| endpoint.hostname.value == key.value && site.runs(by));
        if !served {
            let message = format!(
                "nothing that site {} runs serves `{}`",
                site.name(),
                key.value
            );
            found.push(document.diagnose(key, message).hint("remove it"));
        }
    }
    // Only the portals of another site must be told.
    let is_told = !site.is_main && !site.rest.is_empty();
    let Some(environment) = site.site.environment.as_ref().filter(|_| is_told) else {
        return;
    };
    let has = |key: &&String| site.site.hostnames.get(key).is_some();
    let missing: Vec<&String> = vocabulary
        .environment
        .required
        .iter()
        .filter(|it| !has(it))
        .collect();
    if !missing.is_empty() {
        let message = format!(
            "the portals offer the environment {} of site {}, and have no host name for its {}",
            environment.name.value,
            site.name(),
            sentence(&missing)
        );
        let fields: Vec<String> = missing.iter().map(|it| format!("hostnames.{it}")).collect();
        let diagnostic = document.diagnose(&environment.name, message);
        found.push(diagnostic.hint(format!("set {} of the site", sentence(&fields))));
    }
}

fn database(document: &Loaded<Deployment>, site: &Placed<'_>, found: &mut Diagnostics) {
    let is_whole = site.rest.is_empty();
    if let Some(database) = site.site.database.as_ref().filter(|_| !is_whole) {
        let message = format!(
            "site {} runs the part `{}` only: it has no database",
            site.name(),
            site.part
        );
        found.push(
            document
                .diagnose(&database.kind, message)
                .hint("remove `database`"),
        );
    }
    if !is_whole && site.uses_databases() {
        let at_home = |version| {
            let mut chart = site.chart;
            chart.version = version;
            let other = Placed {
                chart,
                runs: site.runs.clone(),
                rest: Vec::new(),
                replaced: Vec::new(),
                ..*site
            };
            !other.uses_databases()
        };
        let able = site
            .chart
            .model
            .versions
            .iter()
            .filter(|version| at_home(version));
        let able: Vec<&str> = able.map(|it| it.version.value.as_str()).collect();
        let message = format!(
            "in product version {} components of the part `{}` use the databases, which site {} does not have",
            document.product_version.value,
            site.part,
            site.name()
        );
        found.push(
            document
                .diagnose(&document.product_version, message)
                .hint(format!(
                    "use {}",
                    if able.is_empty() {
                        "another topology".to_owned()
                    } else {
                        able.join(" or ")
                    }
                )),
        );
    }
}

/// With several sites nothing is made up at one of them.
fn credentials(
    document: &Loaded<Deployment>,
    site: &Placed<'_>,
    count: usize,
    charts: &ChartTree,
    found: &mut Diagnostics,
) {
    // Machines take them from Ansible.
    let is_given = document.credentials.is_some()
        || site.site.vm.is_some()
        || overlay::STORES
            .iter()
            .any(|store| overlay::uses_store(site, store, charts));
    if count > 1 && !is_given {
        let message = format!(
            "credentials.existingSecret is empty, and site {} takes credentials from no store: with several sites every site must be given the same",
            site.name()
        );
        found.push(document.diagnose(&site.site.name, message).hint(
            "write `credentials: {existingSecret: …}`, or let `values` of each site name the store",
        ));
    }
}

fn ranges(document: &Loaded<Deployment>, site: &Placed<'_>, count: usize, found: &mut Diagnostics) {
    match (count, site.site.cidrs.first()) {
        (1, Some(first)) => {
            let message = "cidrs are for other sites, and there is none";
            found.push(document.diagnose(first, message).hint("remove them"));
        }
        (2.., None) => {
            let message = format!(
                "site {} has no cidrs: other sites must know where it connects from",
                site.name()
            );
            found.push(document.diagnose(&site.site.name, message).hint(
                "write the ranges of what connects from it and of its load balancers, such as `cidrs: [10.20.0.0/16]`",
            ));
        }
        _ => {}
    }
}

/// Two releases of one name in one namespace would be one.
fn same_place(
    document: &Loaded<Deployment>,
    site: &Placed<'_>,
    before: &[Placed<'_>],
    found: &mut Diagnostics,
) {
    let place = |site: &Placed<'_>| {
        let kubernetes = site.site.kubernetes.as_ref()?;
        let context = kubernetes.context.as_ref().map(|it| it.value.clone());
        Some((context, kubernetes.namespace.value.clone()))
    };
    let Some(kubernetes) = &site.site.kubernetes else {
        return;
    };
    if let Some(other) = before.iter().find(|other| place(other) == place(site)) {
        let message = format!(
            "sites {} and {} are the same release {} in the same namespace",
            other.name(),
            site.name(),
            document.name.value
        );
        let diagnostic = document.diagnose(&kubernetes.namespace, message);
        found.push(diagnostic.hint("give each a context or a namespace of its own"));
    }
}

fn same_pattern(
    document: &Loaded<Deployment>,
    topology: &Topology,
    site: &Placed<'_>,
    before: &[Placed<'_>],
    found: &mut Diagnostics,
) {
    let differs = |other: &&Placed<'_>| other.chart.pattern.number != site.chart.pattern.number;
    if let Some(other) = before.first().filter(differs) {
        let why = match topology.shape {
            Shape::Mesh => "each serves what is made in the other, so that both must be able to",
            _ => "the components of one find those of the other by the roles of their pattern",
        };
        let message = format!(
            "sites {} (pattern {}) and {} (pattern {}) differ: {why}",
            other.name(),
            other.chart.pattern.number,
            site.name(),
            site.chart.pattern.number
        );
        let diagnostic = document.diagnose(&site.site.pattern, message);
        found.push(diagnostic.hint("use one pattern for all"));
    }
}

fn same_environment(
    document: &Loaded<Deployment>,
    site: &Placed<'_>,
    before: &[Placed<'_>],
    found: &mut Diagnostics,
) {
    let Some(own) = &site.site.environment else {
        return;
    };
    let has_it = |other: &&Placed<'_>| {
        let others = other.site.environment.as_ref();
        others.is_some_and(|it| it.name.value == own.name.value)
    };
    if let Some(other) = before.iter().find(has_it) {
        let message = format!(
            "sites {} and {} have the same environment {}",
            other.name(),
            site.name(),
            own.name.value
        );
        found.push(document.diagnose(&own.name, message).hint(format!(
            "give it another name, or remove it: then {} serves the environment of the main site",
            site.name()
        )));
    }
}
