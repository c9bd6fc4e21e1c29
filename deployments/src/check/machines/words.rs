//! Words, names and addresses of machines, each by itself.

use std::net::Ipv4Addr;

use am_generator::diagnostic::Diagnostics;
use am_generator::model::Loaded;
use am_generator::yaml::Text;

use crate::check::words::Words;
use crate::document::machines::{Host, LoadBalancer, Machines};
use crate::document::{Deployment, Site};
use crate::integrators;
use crate::machines::group;
use crate::names::{is_host, is_own};

/// Checks every word that must be a known one, every name and every address.
pub(crate) fn check(words: &Words<'_>, site: &Site, found: &mut Diagnostics) {
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
    if machines.hosts.is_empty() {
        let message = format!("site {} has no hosts", site.name.value);
        let hint = "name them in vm.hosts: `am-1: {address: 10.0.0.1, runs: […]}`";
        found.push(document.diagnose(&site.name, message).hint(hint));
        return;
    }
    shape(
        document,
        machines.user.as_ref(),
        "a user",
        is_user,
        "write lowercase letters, digits, dashes and underscores, beginning with a letter",
        found,
    );
    if let Some(user) = machines.user.as_ref().filter(|it| it.value == "root") {
        let message = "servers must not run as `root`";
        let hint = "name a user of their own; install.yml makes it where it is not there";
        found.push(document.diagnose(user, message).hint(hint));
    }
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
    let clusters = integrators::names(document, site);
    for (name, host) in machines.hosts.iter() {
        host_words(words, &clusters, (name, host), found);
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
    for (index, host) in balancer.hosts.value.iter().enumerate() {
        words.known("host", host, machines.hosts.names(), found);
        let mut before = balancer.hosts.value[..index].iter();
        if before.any(|other| other.value == host.value) {
            let message = format!("loadBalancer.hosts has {} twice", host.value);
            found.push(document.diagnose(host, message).hint("remove one"));
            return;
        }
    }
    if let Some(address) = &balancer.address {
        words.host(address, found);
        let is_named = |name: &Text| balancer.hosts.value.iter().any(|it| it.value == name.value);
        let other = machines
            .hosts
            .iter()
            .find(|(name, host)| host.address.value == address.value && !is_named(name));
        if let Some((name, _)) = other {
            let message = format!(
                "loadBalancer.address {} is that of host {}, which does not balance",
                address.value, name.value
            );
            let hint = "set it to an address of loadBalancer.hosts, or to one that moves between them, or remove it";
            found.push(document.diagnose(address, message).hint(hint));
        }
    }
    if let (Some(second), None) = (balancer.hosts.value.get(1), &balancer.address) {
        let message = "several hosts balance, and loadBalancer.address does not say by which name or address they are reached";
        let hint = "set it to an address that moves between them, or to a name that leads to it";
        found.push(document.diagnose(second, message).hint(hint));
    }
}

fn host_words(
    words: &Words<'_>,
    clusters: &[String],
    (name, host): (&Text, &Host),
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
    let components = words.model.components.keys();
    let mut groups = components.chain(clusters).map(|it| group(it));
    if own.contains(&&name.value) || groups.any(|group| group == name.value) {
        let message = format!("host {} has the name of a group of hosts", name.value);
        found.push(
            document
                .diagnose(name, message)
                .hint("call it otherwise, such as the component with a number"),
        );
    }
    if is_own(&host.address.value) {
        words.host(&host.address, found);
    } else if host.address.value.parse::<Ipv4Addr>().is_err() {
        let message = format!("`{}` is no IPv4 address", host.address.value);
        let hint =
            "firewalls know hosts by their addresses, and the product's servers use IPv4 only";
        found.push(document.diagnose(&host.address, message).hint(hint));
    }
    for (index, run) in host.runs.iter().enumerate() {
        let component = run.value.component();
        let mut known = words.model.components.keys().chain(clusters);
        if !known.any(|it| it == component) {
            let known = words.model.components.keys().chain(clusters);
            let meant = am_suggest::hint(component, known.map(String::as_str));
            let message = if words
                .document
                .sites
                .value
                .iter()
                .all(|it| it.integrators.is_empty())
            {
                format!("unknown component `{component}`")
            } else {
                format!("there is neither a component nor a cluster of integrators `{component}`")
            };
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
