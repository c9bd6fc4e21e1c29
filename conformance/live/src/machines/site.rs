//! A site's tree, as its inventory and its files tell it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use am_conformance::Component;
use am_conformance::facts::{Facts, IdentityServer};
use am_product::Pattern;
use serde_json::Value;

use crate::error::LiveError;

/// A tree to be played, in the product versions that it is to go through, the oldest first.
#[derive(Debug, Clone)]
pub struct MachineSite {
    /// What reports call it, such as the pattern.
    pub name: String,
    /// The pattern.
    pub pattern: Pattern,
    /// Each product version with the site's folder of that deployment (the one with `hosts` and `ansible`).
    pub versions: Vec<(String, PathBuf)>,
    /// The public names by what they are for, such as `management`.
    pub names: Vec<(String, String)>,
    /// Where clients find the site: its load balancer, or its only node.
    pub address: String,
    /// Where the load balancer finds its certificate.
    pub certificate: Option<String>,
    /// Where the load balancer finds whom it trusts.
    pub backend_ca: Option<String>,
    /// An identity server that has a key manager's place.
    pub identity_server: Option<IdentityServerBeside>,
}

/// An identity server beside the machines of a site.
#[derive(Debug, Clone)]
pub struct IdentityServerBeside {
    /// The host by which API Manager calls it.
    pub host: String,
    /// Its port there.
    pub port: u16,
    /// An address of the networks where it is.
    pub address: String,
}

/// A host and port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Place {
    pub(super) fn is_address(&self) -> bool {
        self.host.parse::<IpAddr>().is_ok()
    }
}

/// A component on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// The component's name, or that of a cluster of integrators.
    pub(super) name: String,
    pub(super) component: Component,
    pub(super) offset: u16,
    /// What its pack is of, such as `4.6.0`.
    pub(super) release: String,
    /// The tenant whose cluster it is.
    pub(super) tenant: Option<String>,
}

impl Part {
    pub(super) fn unit(&self) -> String {
        format!("am-{}", self.name)
    }

    /// Whether it is of a cluster of integrators, beside API Manager.
    pub(super) fn is_beside(&self) -> bool {
        self.component.distribution().is_companion()
    }

    /// The ports of the product that it has, as they are on its host.
    pub(super) fn ports(&self) -> impl Iterator<Item = u16> {
        let offset = self.offset;
        self.component
            .ports()
            .map(move |port| port.number.saturating_add(offset))
    }
}

/// A host of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) name: String,
    pub(super) address: String,
    /// Empty on a load balancer.
    pub(super) parts: Vec<Part>,
}

/// What the tree of a site says.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) folder: PathBuf,
    pub(super) hosts: Vec<Host>,
    pub(super) databases: BTreeSet<Place>,
    pub(super) names: Vec<String>,
    pub(super) address: String,
    /// Where hosts have Java.
    pub(super) java_home: String,
    /// What lies in the folder of packs besides these.
    pub(super) files: BTreeSet<String>,
    /// Folders there with what a cluster of integrators runs.
    pub(super) artifacts: BTreeMap<String, Component>,
    /// The Ansible variables that hold secrets.
    pub(super) secrets: BTreeSet<String>,
}

impl Site {
    /// Reads the tree at `folder`.
    pub(super) fn read(folder: &Path, given: &MachineSite) -> Result<Self, LiveError> {
        let file = folder.join("ansible/inventory.yaml");
        let text = read(&file)?;
        let unusable = |reason: String| {
            LiveError::unavailable(
                format!("{}: {reason}", file.display()),
                "generate the tree again",
            )
        };
        let inventory: Value =
            serde_saphyr::from_str(&text).map_err(|error| unusable(error.to_string()))?;
        let hosts = inventory
            .pointer("/all/hosts")
            .and_then(Value::as_object)
            .ok_or_else(|| unusable("no all.hosts".to_owned()))?;
        let hosts: Result<Vec<Host>, String> = hosts
            .iter()
            .map(|(name, host)| host_of(name, host))
            .collect();
        let mut site = Self {
            folder: folder.to_owned(),
            hosts: hosts.map_err(unusable)?,
            databases: BTreeSet::new(),
            names: given.names.iter().map(|(_, name)| name.clone()).collect(),
            address: given.address.clone(),
            java_home: inventory["all"]["vars"]["am_java_home"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            files: files(&inventory)
                .map(|(file, _)| file)
                .filter(|file| !file.ends_with('/'))
                .collect(),
            artifacts: files(&inventory)
                .filter_map(|(file, of)| Some((file.strip_suffix('/')?.to_owned(), of?)))
                .collect(),
            secrets: BTreeSet::new(),
        };
        site.read_files(&folder.join("hosts"))?;
        Ok(site)
    }

    /// Looks through all files for databases and secrets.
    fn read_files(&mut self, folder: &Path) -> Result<(), LiveError> {
        let entries = std::fs::read_dir(folder).map_err(LiveError::file("read", folder))?;
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                self.read_files(&path)?;
                continue;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            if ["deployment.toml", "deployment.yaml"].contains(&name.as_str()) {
                self.databases
                    .extend(read(&path)?.lines().filter_map(database));
            } else if name.ends_with(".secrets.env.j2") {
                let text = read(&path)?;
                let names = text
                    .split("{{")
                    .skip(1)
                    .filter_map(|rest| rest.split("}}").next());
                let names = names.filter_map(|name| name.split('|').next());
                self.secrets
                    .extend(names.map(|name| name.trim().to_owned()));
            }
        }
        Ok(())
    }

    /// The nodes: every component on every host.
    pub(super) fn parts(&self) -> impl Iterator<Item = (&Host, &Part)> {
        self.hosts
            .iter()
            .flat_map(|host| host.parts.iter().map(move |part| (host, part)))
    }

    /// The pattern that is left where an identity server has the place of components that no machine runs.
    pub(super) fn wired_as(&self, facts: &Facts, given: &MachineSite) -> Pattern {
        let runs = |component: &Component| !self.nodes(*component).is_empty();
        let of_pattern = facts.patterns.get(&given.pattern).into_iter().flatten();
        let left_out = of_pattern.map(|(component, _)| *component);
        let server = given.identity_server.as_ref().map(|_| IdentityServer {
            at: String::new(),
            replaces: left_out.filter(|component| !runs(component)).collect(),
        });
        let left = facts.left_of(given.pattern, server.as_ref());
        left.unwrap_or(given.pattern)
    }

    /// The nodes of a component.
    pub(super) fn nodes(&self, component: Component) -> Vec<&Host> {
        self.parts()
            .filter(|(_, part)| part.component == component)
            .map(|(host, _)| host)
            .collect()
    }

    /// The unit of a node.
    pub(super) fn unit(&self, (host, component): &(String, Component)) -> String {
        let mut parts = self.parts();
        let part = parts.find(|(it, part)| it.name == *host && part.component == *component);
        part.map(|(_, part)| part.unit()).unwrap_or_default()
    }

    /// What each node must run: the release of its pack, by host and component.
    pub(super) fn releases(&self) -> impl Iterator<Item = ((String, Component), String)> {
        self.parts().map(|(host, part)| {
            let node = (host.name.clone(), part.component);
            (node, part.release.clone())
        })
    }

    /// The hosts that run no component.
    pub(super) fn load_balancers(&self) -> impl Iterator<Item = &Host> {
        self.hosts.iter().filter(|host| host.parts.is_empty())
    }

    /// The load balancers that share the site's address; none where it is a host's own.
    pub(super) fn shared_by(&self) -> Vec<&Host> {
        let is_own = self.hosts.iter().any(|host| host.address == self.address);
        self.load_balancers().filter(|_| !is_own).collect()
    }
}

fn host_of(name: &str, host: &Value) -> Result<Host, String> {
    let address = host["ansible_host"].as_str();
    let parts = host["am_components"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let part = |part: &Value| {
        let offset = part["port_offset"].as_u64().unwrap_or_default();
        let pack = part["pack"].as_str().unwrap_or_default();
        let release = pack.rsplit_once('-').map_or("", |(_, release)| release);
        Some(Part {
            name: part["name"].as_str()?.to_owned(),
            component: component(part)?,
            offset: u16::try_from(offset).ok()?,
            release: release.to_owned(),
            tenant: part["tenant"].as_str().map(str::to_owned),
        })
    };
    Ok(Host {
        name: name.to_owned(),
        address: address
            .ok_or_else(|| format!("{name} has no ansible_host"))?
            .to_owned(),
        parts: parts
            .iter()
            .map(|value| part(value).ok_or_else(|| format!("{name} runs an unknown component")))
            .collect::<Result<_, _>>()?,
    })
}

/// What an entry of the inventory runs. A cluster of integrators has a name of its own, and is known by its script.
fn component(part: &Value) -> Option<Component> {
    let named = part["name"].as_str().and_then(Component::from_name);
    named.or_else(|| {
        let script = part["start_script"].as_str()?;
        let mut companions = Component::all().filter(|it| it.distribution().is_companion());
        companions.find(|it| it.start_script() == script)
    })
}

/// What components take from the folder of packs, and who does.
fn files(inventory: &Value) -> impl Iterator<Item = (String, Option<Component>)> {
    let hosts = inventory["all"]["hosts"].as_object().into_iter().flatten();
    hosts
        .filter_map(|(_, host)| host["am_components"].as_array())
        .flatten()
        .filter_map(|part| Some((part["files"].as_array()?, component(part))))
        .flat_map(|(files, of)| files.iter().map(move |file| (file, of)))
        .filter_map(|(file, of)| Some((file["from"].as_str()?.to_owned(), of)))
}

/// The server of a line with a JDBC address, unless it is a file.
fn database(line: &str) -> Option<Place> {
    let (_, address) = line.split_once("jdbc:")?;
    let (_, rest) = address
        .split_once("//")
        .or_else(|| address.split_once(":@"))?;
    let place = rest.split(['/', ';', '"', '?']).next()?;
    let (host, port) = place.rsplit_once(':')?;
    Some(Place {
        host: host.to_owned(),
        port: port.parse().ok()?,
    })
}

fn read(file: &Path) -> Result<String, LiveError> {
    std::fs::read_to_string(file).map_err(LiveError::file("read", file))
}

#[cfg(test)]
mod tests {
    use super::{Place, database, host_of};
    use serde_json::json;

    #[test]
    fn databases_are_read_from_their_addresses() {
        let place = |host: &str, port| {
            Some(Place {
                host: host.to_owned(),
                port,
            })
        };
        assert_eq!(
            database(r#"url = "jdbc:postgresql://10.0.1.5:5432/apim_db""#),
            place("10.0.1.5", 5432)
        );
        assert_eq!(
            database(r#"url = "jdbc:sqlserver://db.example.com:1433;databaseName=x""#),
            place("db.example.com", 1433)
        );
        assert_eq!(
            database("        jdbcUrl: jdbc:mysql://db.example.com:3306/si"),
            place("db.example.com", 3306)
        );
        assert_eq!(
            database(r#"url = "jdbc:h2:/var/lib/am/x;DB_CLOSE_ON_EXIT=FALSE""#),
            None
        );
    }

    #[test]
    fn a_cluster_of_integrators_is_known_by_its_script() {
        let part = json!({"name": "mi-acme", "start_script": "micro-integrator.sh", "pack": "wso2mi-4.6.0", "tenant": "a"});
        let host = host_of(
            "mi-1",
            &json!({"ansible_host": "10.0.1.31", "am_components": [part]}),
        );
        let part = &host.expect("a host").parts[0];
        assert!(part.is_beside());
        assert_eq!(
            (part.unit().as_str(), part.release.as_str()),
            ("am-mi-acme", "4.6.0")
        );
    }

    #[test]
    fn a_host_without_address_or_with_an_unknown_component_is_refused() {
        let host = |value| host_of("gw-1", &value);
        assert!(
            host(json!({"ansible_host": "10.0.1.31", "am_components": [{"name": "gateway"}]}))
                .is_ok()
        );
        assert!(host(json!({"am_components": []})).is_err());
        assert!(
            host(json!({"ansible_host": "10.0.1.31", "am_components": [{"name": "gate"}]}))
                .is_err()
        );
    }
}
