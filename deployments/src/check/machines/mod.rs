//! Sites on machines: what a host may be called and run, and who must have how many.

mod ports;
mod words;

use am_generator::ChartTree;
use am_generator::chart::Part;
use am_generator::diagnostic::Diagnostics;
use am_generator::model::Loaded;
use am_generator::yaml::Text;
use serde_saphyr::Spanned;

use crate::document::Deployment;
use crate::document::machines::{Host, Machines, Run};
use crate::integrators;
use crate::names::sentence;
use crate::overlay::chart_values;
use crate::sites::Placed;

pub(crate) use ports::check as ports;
pub(super) use words::check as words;

/// The role of the portals, and the key of their host name.
const PORTALS: &str = "management";

/// Checks who runs what, for a site that its pattern is known of.
pub(super) fn check(
    document: &Loaded<Deployment>,
    site: &Placed<'_>,
    charts: &ChartTree,
    found: &mut Diagnostics,
) {
    let Some(machines) = &site.site.vm else {
        return;
    };
    elsewhere(document, site, machines, charts, found);
    for part in &site.runs {
        numbers(document, site, machines, part, found);
        nodes_are_alike(document, machines, part.name(), found);
    }
    let clusters = integrators::names(document, site.site);
    for cluster in &clusters {
        nodes_are_alike(document, machines, cluster, found);
    }
    for (name, host) in machines.hosts.iter() {
        idle(document, machines, (name, host), found);
        for run in &host.runs {
            let component = run.value.component();
            if !site.runs(component) && !clusters.iter().any(|it| it == component) {
                let runs = site.runs.iter().map(Part::name);
                let runs: Vec<&str> = runs.chain(clusters.iter().map(String::as_str)).collect();
                let message = format!(
                    "host {} runs {component}, which site {} does not run",
                    name.value,
                    site.name()
                );
                let hint = format!("it runs {}", sentence(&runs));
                found.push(document.diagnose(run, message).hint(hint));
            }
        }
    }
}

/// A host that is there for nothing.
fn idle(
    document: &Loaded<Deployment>,
    machines: &Machines,
    (name, host): (&Text, &Host),
    found: &mut Diagnostics,
) {
    let balancer = machines.load_balancer.as_ref();
    let is_named = balancer.is_some_and(|it| {
        let mut named = it.hosts.value.iter();
        named.any(|it| it.value == name.value)
    });
    if host.runs.is_empty() && !is_named {
        let message = format!("host {} runs nothing", name.value);
        let hint = match balancer {
            Some(_) => "write `runs: […]`, or name it in loadBalancer.hosts".to_owned(),
            None => format!(
                "write `runs: […]`, or `loadBalancer: {{kind: …, hosts: [{}], …}}` of the site's `vm`",
                name.value
            ),
        };
        found.push(document.diagnose(name, message).hint(hint));
    }
}

/// What a document says for clusters, and what machines must be told.
fn elsewhere(
    document: &Loaded<Deployment>,
    site: &Placed<'_>,
    machines: &Machines,
    charts: &ChartTree,
    found: &mut Diagnostics,
) {
    let in_clusters = document
        .sites
        .value
        .iter()
        .any(|it| it.kubernetes.is_some());
    if let Some(credentials) = document.credentials.as_ref().filter(|_| !in_clusters) {
        let message = "credentials.existingSecret is a Secret of a cluster, and no site is in one";
        let hint =
            "remove it: machines have their credentials from variables of Ansible (vm.secrets)";
        found.push(
            document
                .diagnose(&credentials.existing_secret, message)
                .hint(hint),
        );
    }
    if let Some((key, _)) = site.site.replicas.iter().next() {
        let message = format!(
            "the numbers of nodes of site {} follow from its hosts",
            site.name()
        );
        found.push(document.diagnose(key, message).hint("remove `replicas`"));
    }
    notification(document, site, found);
    for (_, exposure) in site.site.exposes.iter() {
        if let Some(kind) = &exposure.kind {
            let message = format!(
                "site {} is on machines, which have no Services",
                site.name()
            );
            found.push(document.diagnose(kind, message).hint("remove `type`"));
        }
    }
    let embeds = chart_values(site, charts)["database"]["mode"] == "embedded";
    // A part of a pattern has no database, and is refused where it would need one.
    let needs_server = site.rest.is_empty() && site.uses_databases() && !embeds;
    if site.site.database.is_none() && needs_server {
        let message = format!(
            "site {} has no database server, which its nodes share",
            site.name()
        );
        found.push(
            document
                .diagnose(&site.site.name, message)
                .hint("write `database: {type: postgre, host: …}`"),
        );
    }
    let first = site.site.hostnames.iter().next();
    if let (Some(_), Some((key, _))) = (&machines.load_balancer, first)
        && document.keystores.is_none()
    {
        let message = format!(
            "the load balancer of site {} verifies the nodes' certificates, and those of the packs are for localhost, with keys that everybody has",
            site.name()
        );
        let hint = "write `keystores: {existingSecret: NAME}` for the deployment, and put the files into the folder NAME of the packs: README.md tells which";
        found.push(document.diagnose(key, message).hint(hint));
    }
    if let (None, Some((key, _))) = (&machines.load_balancer, first) {
        let message = format!(
            "hostnames of site {} need a load balancer, which serves them",
            site.name()
        );
        found.push(
            document.diagnose(key, message).hint(
                "set vm.loadBalancer, or remove `hostnames`: users then go to the node itself",
            ),
        );
    }
}

/// Where an identity server notifies a site on machines: by a name that its load balancer serves.
fn notification(document: &Loaded<Deployment>, site: &Placed<'_>, found: &mut Diagnostics) {
    let Some(server) = site.identity_server else {
        return;
    };
    if site.player(PORTALS).is_none() {
        return;
    }
    let public = site.site.hostnames.get(PORTALS);
    match (public, &server.notifies) {
        (None, _) => {
            let message = format!(
                "the identity server notifies site {} by hostnames.{PORTALS}, which it does not have",
                site.name()
            );
            let hint = format!("set hostnames.{PORTALS}, and a load balancer that serves it");
            found.push(document.diagnose(&server.host, message).hint(hint));
        }
        (Some(public), Some(notifies)) if public.value != notifies.value => {
            let message = format!(
                "the load balancer of site {} serves {} and not {}",
                site.name(),
                public.value,
                notifies.value
            );
            let hint = format!("remove `notifies`: it is hostnames.{PORTALS}");
            found.push(document.diagnose(notifies, message).hint(hint));
        }
        _ => {}
    }
}

fn numbers(
    document: &Loaded<Deployment>,
    site: &Placed<'_>,
    machines: &Machines,
    part: &Part<'_>,
    found: &mut Diagnostics,
) {
    let name = part.name();
    let nodes: Vec<(&Text, &Spanned<Run>)> = machines
        .nodes(name)
        .map(|(host, _, run)| (host, run))
        .collect();
    let hosts: Vec<&str> = nodes.iter().map(|(host, _)| host.value.as_str()).collect();
    let (count, least) = (hosts.len(), part.member.minimum as usize);
    let number = site.chart.pattern.number;
    if count < least {
        let have = match count {
            0 => "none".to_owned(),
            _ => format!("{count} ({})", hosts.join(", ")),
        };
        let message = format!(
            "pattern {number} needs at least {least} {} of {name}, and site {} has {have}",
            nodes_word(least),
            site.name()
        );
        let hint = format!("add a host with `runs: [{name}]`");
        found.push(document.diagnose(&site.site.name, message).hint(hint));
    }
    if let Some((_, more)) = part
        .member
        .maximum
        .and_then(|most| nodes.get(most as usize))
    {
        let most = part.member.maximum.unwrap_or_default() as usize;
        let message = format!(
            "pattern {number} has at most {most} {} of {name}, and this is one more",
            nodes_word(most)
        );
        found.push(document.diagnose(*more, message));
    }
}

/// What holds for several nodes of whatever it is.
fn nodes_are_alike(
    document: &Loaded<Deployment>,
    machines: &Machines,
    name: &str,
    found: &mut Diagnostics,
) {
    let nodes: Vec<(&Text, &Spanned<Run>)> = machines
        .nodes(name)
        .map(|(host, _, run)| (host, run))
        .collect();
    if let (None, Some((_, second))) = (&machines.load_balancer, nodes.get(1)) {
        let message = format!("{} nodes of {name} need a load balancer", nodes.len());
        found.push(
            document
                .diagnose(*second, message)
                .hint("set vm.loadBalancer"),
        );
    }
    if let Some((first, rest)) = nodes.split_first() {
        let differs =
            |(_, run): &&(&Text, &Spanned<Run>)| run.value.offset() != first.1.value.offset();
        if let Some((host, run)) = rest.iter().find(differs) {
            let message = format!(
                "{name} has portOffset {} on {} and {} on {}: its nodes have one configuration",
                first.1.value.offset(),
                first.0.value,
                run.value.offset(),
                host.value
            );
            found.push(
                document
                    .diagnose(*run, message)
                    .hint("give it the same on every host"),
            );
        }
    }
}

fn nodes_word(count: usize) -> &'static str {
    if count == 1 { "node" } else { "nodes" }
}
