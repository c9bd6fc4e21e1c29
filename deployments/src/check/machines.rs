//! Sites on machines: what a host may be called and run, and who must have how many.

use std::net::Ipv4Addr;

use am_generator::ChartTree;
use am_generator::chart::Part;
use am_generator::diagnostic::Diagnostics;
use am_generator::model::Loaded;
use am_generator::yaml::Text;
use serde_saphyr::Spanned;

use crate::document::machines::{Host, LoadBalancer, Machines, Run};
use crate::document::{Deployment, Site};
use crate::machines::group;
use crate::machines::layout::Layout;
use crate::names::{is_host, sentence};
use crate::overlay::chart_values;
use crate::ports::Ports;
use crate::sites::Placed;

use super::words::Words;

/// Words, names and addresses, each by itself.
pub(super) fn words(words: &Words<'_>, site: &Site, found: &mut Diagnostics) {
    let document = words.document;
    let machines = match (&site.kubernetes, &site.vm) {
        (Some(_), None) => return,
        (None, Some(machines)) => machines,
        (both, _) => {
            let has = if both.is_some() { "both" } else { "none" };
            let message = format!(
                "site {} needs either `kubernetes` or `vm`, and has {has}",
                site.name.value
            );
            found.push(document.diagnose(&site.name, message));
            return;
        }
    };
    shape(
        document,
        machines.user.as_ref(),
        "a user",
        is_user,
        "write lowercase letters, digits, dashes and underscores, beginning with a letter",
        found,
    );
    shape(
        document,
        machines.secrets.as_ref(),
        "the beginning of a variable",
        is_variable,
        "write letters, digits and underscores, beginning with a letter",
        found,
    );
    let mut paths = vec![machines.java_home.as_ref(), machines.packs.as_ref()];
    if let Some(balancer) = &machines.load_balancer {
        paths.extend([Some(&balancer.certificate), Some(&balancer.backend_ca)]);
        let known = words.vocabulary.machines.load_balancers.names();
        words.known("load balancer", &balancer.kind, known, found);
        balancer_words(words, machines, balancer, found);
    }
    for path in paths {
        shape(
            document,
            path,
            "an absolute path",
            is_path,
            "write letters, digits, dots, dashes and underscores between slashes",
            found,
        );
    }
    let mut addresses: Vec<(&Text, &Text)> = Vec::new();
    for (name, host) in machines.hosts.iter() {
        host_words(words, machines, name, host, found);
        let twin = addresses
            .iter()
            .find(|(_, it)| it.value == host.address.value);
        if let Some((other, _)) = twin {
            let message = format!(
                "hosts {} and {} have the same address {}",
                other.value, name.value, host.address.value
            );
            let hint = "give each its own; a host may run several components";
            found.push(document.diagnose(&host.address, message).hint(hint));
        }
        addresses.push((name, &host.address));
    }
}

fn balancer_words(
    words: &Words<'_>,
    machines: &Machines,
    balancer: &LoadBalancer,
    found: &mut Diagnostics,
) {
    let document = words.document;
    if balancer.hosts.value.is_empty() {
        let message = "the load balancer has no host";
        found.push(
            document
                .diagnose(&balancer.hosts, message)
                .hint("name at least one of the hosts"),
        );
    }
    for host in &balancer.hosts.value {
        words.known("host", host, machines.hosts.names(), found);
    }
    if let Some(address) = &balancer.address {
        words.host(address, found);
    }
    if let (Some(second), None) = (balancer.hosts.value.get(1), &balancer.address) {
        let message = "several hosts balance, and loadBalancer.address does not say by which name or address they are reached";
        let hint = "set it to an address that moves between them, or to a name that leads to it";
        found.push(document.diagnose(second, message).hint(hint));
    }
}

fn host_words(
    words: &Words<'_>,
    machines: &Machines,
    name: &Text,
    host: &Host,
    found: &mut Diagnostics,
) {
    let document = words.document;
    if !is_host(&name.value) {
        let message = format!(
            "`{}` cannot be the name of a host: it is no DNS name",
            name.value
        );
        found.push(
            document
                .diagnose(name, message)
                .hint("write it in lowercase letters, digits and dashes"),
        );
    }
    let data = &words.vocabulary.machines;
    let own = [&data.balancer_group, &data.nodes_group];
    let mut groups = words.model.components.keys().map(|it| group(it));
    if own.contains(&&name.value) || groups.any(|group| group == name.value) {
        let message = format!("host {} has the name of a group of hosts", name.value);
        found.push(
            document
                .diagnose(name, message)
                .hint("call it otherwise, such as the component with a number"),
        );
    }
    if host.address.value.parse::<Ipv4Addr>().is_err() {
        let message = format!("`{}` is no IPv4 address", host.address.value);
        let hint =
            "firewalls know hosts by their addresses, and the product's servers use IPv4 only";
        found.push(document.diagnose(&host.address, message).hint(hint));
    }
    let balances = machines.load_balancer.as_ref().is_some_and(|it| {
        let mut named = it.hosts.value.iter();
        named.any(|it| it.value == name.value)
    });
    if host.runs.is_empty() && !balances {
        let message = format!("host {} runs nothing", name.value);
        found.push(
            document
                .diagnose(name, message)
                .hint("write `runs: […]`, or name it in loadBalancer.hosts"),
        );
    }
    for (index, run) in host.runs.iter().enumerate() {
        let component = run.value.component();
        let known = words.model.components.keys().map(String::as_str);
        if !words.model.components.contains_key(component) {
            let meant = am_suggest::hint(component, known);
            let message = format!("unknown component `{component}`");
            found.push(document.diagnose(run, message).maybe_hint(meant));
        } else if host.runs[..index]
            .iter()
            .any(|it| it.value.component() == component)
        {
            let message = format!("host {} runs {component} twice", name.value);
            let hint = "further nodes of a component need hosts of their own";
            found.push(document.diagnose(run, message).hint(hint));
        }
        let highest = words
            .model
            .ports
            .iter()
            .map(|(_, port)| port.number.value)
            .max();
        if highest
            .unwrap_or_default()
            .checked_add(run.value.offset())
            .is_none()
        {
            let message = format!(
                "portOffset {} leads to ports above 65535",
                run.value.offset()
            );
            found.push(document.diagnose(run, message));
        }
    }
}

fn shape(
    document: &Loaded<Deployment>,
    text: Option<&Text>,
    what: &str,
    is_one: impl Fn(&str) -> bool,
    hint: &str,
    found: &mut Diagnostics,
) {
    if let Some(text) = text.filter(|text| !is_one(&text.value)) {
        let message = format!("`{}` cannot be {what}", text.value);
        found.push(document.diagnose(text, message).hint(hint));
    }
}

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
    }
    for (name, host) in machines.hosts.iter() {
        for run in &host.runs {
            let component = run.value.component();
            if !site.runs(component) {
                let runs: Vec<&str> = site.runs.iter().map(Part::name).collect();
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
    if let Some(server) = site.identity_server {
        let message = format!(
            "an identity server for site {}, which is on machines, is not made yet",
            site.name()
        );
        found.push(document.diagnose(&server.host, message).hint("remove it"));
    }
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
    if site.site.database.is_none() && site.uses_databases() && !embeds {
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
    if let (None, Some((key, _))) = (&machines.load_balancer, site.site.hostnames.iter().next()) {
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
    if let (None, Some((_, second))) = (&machines.load_balancer, nodes.get(1)) {
        let message = format!("{count} nodes of {name} need a load balancer");
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

/// Refuses two who listen on one port of a host.
pub(crate) fn ports(of_sites: &Ports<'_>, layout: &Layout<'_, '_>, found: &mut Diagnostics) {
    let document = of_sites.document;
    exposed(of_sites, layout, found);
    for (name, host) in layout.machines.hosts.iter() {
        let mut taken: Vec<(u16, &str)> = Vec::new();
        let mut listeners: Vec<(&str, Vec<u16>)> = Vec::new();
        if let Some(balancer) = &layout.balancer {
            if balancer.hosts.iter().any(|it| it.host == name.value) {
                let public = balancer.sites.iter().map(|site| site.number);
                let mut ports: Vec<u16> = public
                    .chain(balancer.fronts.iter().map(|it| it.number))
                    .collect();
                ports.sort_unstable();
                ports.dedup();
                listeners.push(("the load balancer", ports));
            }
        }
        for run in &host.runs {
            let Some(at) = layout.position(run.value.component()) else {
                continue;
            };
            let component = &layout.components[at];
            let ports = component.part.component.ports.iter();
            let ports = ports.map(|port| layout.number(component, &port.value));
            listeners.push((component.part.name(), ports.collect()));
        }
        for (who, ports) in &listeners {
            let clash = ports
                .iter()
                .find_map(|port| taken.iter().find(|(number, _)| number == port));
            if let Some((port, other)) = clash {
                let message = format!(
                    "host {} runs {other} and {who}, both on port {port}",
                    name.value
                );
                let hint = "give one of them a `portOffset`: `runs: [{component: …, portOffset: 1}]`, or a host of its own";
                found.push(document.diagnose(name, message).hint(hint));
            }
            taken.extend(ports.iter().map(|port| (*port, *who)));
        }
    }
}

/// Other sites arrive at ports that are there.
fn exposed(of_sites: &Ports<'_>, layout: &Layout<'_, '_>, found: &mut Diagnostics) {
    for incoming in layout
        .beside
        .incoming
        .iter()
        .filter(|it| it.at_nodes.is_none())
    {
        let Some(to) = layout.position(incoming.component) else {
            continue;
        };
        let component = &layout.components[to];
        let exposure = layout.site.site.exposes.get(&component.part.key());
        let Some(address) = exposure.and_then(|it| it.service.as_ref()) else {
            continue;
        };
        let front = layout
            .balancer
            .as_ref()
            .and_then(|it| it.front(to, incoming.port));
        let own = layout.number(component, incoming.port);
        let right = front.map_or(own, |front| front.number);
        let said = of_sites.at(layout.site, &component.part, address, incoming.port);
        if said != right {
            let message = format!(
                "{} of {} is at port {right} of site {}, not {said}",
                incoming.port,
                incoming.component,
                layout.site.name()
            );
            let hint = format!("write `ports: {{{}: {right}}}`", incoming.port);
            found.push(
                of_sites
                    .document
                    .diagnose(&address.host, message)
                    .hint(hint),
            );
            return;
        }
    }
}

fn is_user(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
    text.len() <= 32
        && text.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && text.chars().all(is_allowed)
}

fn is_variable(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn is_path(text: &str) -> bool {
    text.len() > 1
        && text.starts_with('/')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
}
