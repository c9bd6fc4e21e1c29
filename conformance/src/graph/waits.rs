//! For whom a pod waits before its server starts: the addresses that its init containers and its own start command name.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;

use super::{Graph, Link, Member, Target, mounted_files};
use crate::manifest::{Container, EnvSource, Manifest, array_at, str_at, strings_at};

/// An address that something names which runs before the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited<'a> {
    /// The container that names it.
    pub container: &'a str,
    /// Host, in small letters.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Where it leads.
    pub target: Target,
    /// Whether the container looks at the name of its own pod, so that the first node may do without.
    pub knows_its_pod: bool,
}

/// Every address for which a member's pods may wait. How somebody waits (`nc`, `curl`, `/dev/tcp`, a program of the
/// image) cannot be told in general; that a container which ends before the server starts names an address can.
pub(crate) fn awaited<'a>(graph: &Graph<'a>, member: &Member<'a>) -> Vec<Awaited<'a>> {
    let resolver = graph.resolver();
    let namespace = member.workload.object.namespace();
    let is_own = |link: &&Link| std::ptr::eq(graph.member(link.from), member);
    let told: BTreeSet<String> = graph
        .links
        .iter()
        .filter(is_own)
        .map(|link| link.reference.address.host.to_lowercase())
        .collect();
    let is_host = |host: &str| {
        resolver.service_of(namespace, host).is_some()
            || resolver.is_declared(host)
            || told.contains(host)
    };
    let mut all = Vec::new();
    for container in member.workload.pod.all_containers() {
        if !runs_before_the_server(&container, member) {
            continue;
        }
        let text = text_of(graph.manifest, member, &container);
        let text = SAID
            .as_ref()
            .map_or(text.as_str().into(), |said| said.replace_all(&text, ""));
        let knows_its_pod = names_its_pod(&container, &text);
        for (host, port) in addresses_in(&text, is_host) {
            let target = resolver.resolve(namespace, &host, Some(port));
            all.push(Awaited {
                container: container.name(),
                host,
                port,
                target,
                knows_its_pod,
            });
        }
    }
    all
}

/// Init containers that end, and the start command with which a chart replaces the image's.
fn runs_before_the_server(container: &Container<'_>, member: &Member<'_>) -> bool {
    if container.init {
        // One that is always restarted is a sidecar, for which nobody waits.
        return str_at(container.value, "/restartPolicy") != Some("Always");
    }
    let is_main = member
        .main
        .is_some_and(|main| std::ptr::eq(main.value, container.value));
    is_main && !container.arguments().is_empty()
}

/// What a container runs: its command, variables and the scripts that are mounted for it.
fn text_of(manifest: &Manifest, member: &Member<'_>, container: &Container<'_>) -> String {
    let command = container.arguments().join(" ");
    let (files, _) = mounted_files(manifest, &member.workload, container, "");
    let scripts = files.iter().filter_map(|file| {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        file.text
            .filter(|text| text.starts_with("#!") || command.contains(name))
    });
    let mut text = command.clone();
    for script in scripts {
        text.push('\n');
        text.push_str(script);
    }
    // The server's own variables are settings, for which nobody waits.
    if container.init {
        for value in variables(manifest, member, container) {
            text.push('\n');
            text.push_str(value);
        }
    }
    text
}

/// Values of the variables of a container, as far as documents tell them.
fn variables<'a>(
    manifest: &'a Manifest,
    member: &Member<'_>,
    container: &Container<'a>,
) -> Vec<&'a str> {
    let namespace = member.workload.object.namespace();
    let map = |name: &str| {
        let map = manifest.find("ConfigMap", namespace, name)?;
        Some(strings_at(&map.value, "/data"))
    };
    let whole = container
        .env_from()
        .into_iter()
        .filter(|(kind, ..)| *kind == "ConfigMap")
        .filter_map(|(_, name, ..)| map(name))
        .flat_map(std::collections::BTreeMap::into_values);
    let single = container
        .env()
        .into_iter()
        .filter_map(|variable| match variable.source {
            EnvSource::Literal(text) => Some(text),
            EnvSource::ConfigMap { name, key, .. } => map(name)?.get(key).copied(),
            _ => None,
        });
    whole.chain(single).collect()
}

/// Whether a script asks for the name of the pod in which it runs.
fn names_its_pod(container: &Container<'_>, text: &str) -> bool {
    let of_the_pod = array_at(container.value, "/env").iter().filter(|variable| {
        str_at(variable, "/valueFrom/fieldRef/fieldPath").is_some_and(|field| {
            field == "metadata.name" || field.contains("apps.kubernetes.io/pod-index")
        })
    });
    of_the_pod
        .filter_map(|variable| str_at(variable, "/name"))
        .chain(["HOSTNAME", "hostname"])
        .any(|name| text.contains(name))
}

static WORD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[A-Za-z0-9][A-Za-z0-9.-]*").ok());

/// What a script tells people.
static SAID: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"echo "[^"]*""#).ok());

/// A connection that bash opens.
static OPENED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"/dev/tcp/([A-Za-z0-9.-]+)/([0-9]{2,5})").ok());

/// Hosts and ports that a text asks. Where bash opens connections, those are what is asked, and the rest is what is
/// said about them.
fn addresses_in(text: &str, is_host: impl Fn(&str) -> bool) -> Vec<(String, u16)> {
    let opened: BTreeSet<(String, u16)> = OPENED
        .iter()
        .flat_map(|expression| expression.captures_iter(text))
        .filter_map(|found| Some((found[1].to_lowercase(), found[2].parse().ok()?)))
        .collect();
    if !opened.is_empty() {
        return opened.into_iter().collect();
    }
    words_in(text, is_host)
}

/// `host:port`, `host/port` and `host port` belong together; a host that stands alone (in a variable, in a list that a
/// loop goes through) goes with every port that stands alone.
fn words_in(text: &str, is_host: impl Fn(&str) -> bool) -> Vec<(String, u16)> {
    let Some(word) = WORD.as_ref() else {
        return Vec::new();
    };
    let words: Vec<(usize, &str)> = word
        .find_iter(text)
        .map(|found| (found.start(), found.as_str().trim_end_matches(['.', '-'])))
        .collect();
    let mut pairs = Vec::new();
    let mut hosts: Vec<String> = Vec::new();
    let mut ports: Vec<u16> = Vec::new();
    let mut index = 0;
    while let Some(&(at, word)) = words.get(index) {
        index += 1;
        if let Some(port) = port_of(word) {
            ports.push(port);
            continue;
        }
        if !word.contains(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let host = word.to_lowercase();
        let follows = words.get(index).and_then(|&(next, word)| {
            let between = &text[at + host.len()..next];
            let joins = !between.is_empty() && between.len() <= 3;
            let is_glue = between.chars().all(|c| ":/ \t\n\"'".contains(c));
            port_of(word).filter(|_| joins && is_glue)
        });
        match follows {
            Some(port) => {
                index += 1;
                pairs.push((host, port));
            }
            None if is_host(&host) => hosts.push(host),
            None => {}
        }
    }
    for host in &hosts {
        // A program or option before a number (`sleep 5`, `-t 5672`) was no host.
        let alone = pairs.iter().filter(|(host, _)| !is_host(host));
        let loose = alone.map(|(_, port)| *port).chain(ports.iter().copied());
        let further: Vec<_> = loose.map(|port| (host.clone(), port)).collect();
        pairs.extend(further);
    }
    pairs.sort();
    pairs.dedup();
    pairs
}

fn port_of(word: &str) -> Option<u16> {
    let is_number = word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::addresses_in;

    fn found(text: &str) -> Vec<(String, u16)> {
        let mut found = addresses_in(text, |host| host.starts_with("hub"));
        found.retain(|(host, _)| host.starts_with("hub"));
        found
    }

    #[test]
    fn an_address_is_found_however_somebody_waits() {
        for text in [
            "until nc -z hub 5672; do sleep 2; done",
            "exec 3<>/dev/tcp/hub/5672",
            "curl --silent telnet://hub:5672",
            "/wait-for-it.sh hub:5672 -t 600",
            "nc -z \"hub\" \"5672\"",
            "for host in hub; do nc -z $host 5672; done",
            "until nc -z $HOST $PORT; do sleep 2; done\nhub\n5672",
            "for endpoint in tcp://hub:5672?retries='5'; do :; done",
        ] {
            assert_eq!(found(text), [("hub".to_owned(), 5672)], "{text}");
        }
    }

    #[test]
    fn what_a_script_says_is_not_what_it_asks() {
        let script = "exec 3<>/dev/tcp/hub/9443 && reached hub:5672";
        assert_eq!(found(script), [("hub".to_owned(), 9443)]);
    }

    #[test]
    fn a_host_keeps_the_port_that_stands_beside_it() {
        assert_eq!(
            found("nc -z hub-a 9443 && nc -z hub-b 5672"),
            [("hub-a".to_owned(), 9443), ("hub-b".to_owned(), 5672)]
        );
    }
}
