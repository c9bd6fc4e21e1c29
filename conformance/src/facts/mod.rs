//! The normative tables about the product, as data: ports, patterns, edges.
//!
//! They are the suite's own copy. The generator has its own as well, so that a mistake in one is found
//! by the other.

pub(crate) mod controllers;
mod identity_server;

use std::collections::BTreeMap;

use am_product::Pattern;
use am_product::data::File;
use serde::Deserialize;

pub use am_product::Port as PortFact;
use am_product::Protocol;
pub use identity_server::IdentityServer;

use crate::{component::Component, error::SuiteError};

const FILE: File = File::new(
    "conformance/requirements/facts.yaml",
    include_str!("../../requirements/facts.yaml"),
);

/// Every table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Facts {
    /// Components and minimum nodes of each pattern.
    pub patterns: BTreeMap<Pattern, BTreeMap<Component, usize>>,
    /// Which component must be told about which, by which key.
    pub edges: Vec<EdgeFact>,
    /// Keys whose addresses are for people and their browsers; no server connects to them. A `*` stands
    /// for any characters.
    pub public_keys: Vec<String>,
    /// Keys whose URLs are names of something, such as claims and algorithms: nobody connects to them. `*` as above.
    pub identifier_keys: Vec<String>,
    /// Keys by which a node says who and where it is, so that each node has its own. `*` as above.
    pub node_keys: Vec<String>,
    /// Keys that requirements of the configuration compare on all nodes of the deployment. `*` as above.
    pub compared_keys: Vec<String>,
    /// Keys that hold a bare host.
    pub host_keys: Vec<HostKey>,
    /// Ports that the product opens for itself besides those of the table, such as that of its embedded directory.
    pub inner_ports: Vec<u16>,
    /// Environment variables that the images set.
    pub image_environment: Vec<String>,
    /// Variables by which Java and the start scripts are given options, in the order in which Java reads them.
    pub java_options: Vec<String>,
    /// Variables that a shell sets itself.
    pub shell_variables: Vec<String>,
    /// Programs of the images that our charts run.
    pub programs: Vec<String>,
    /// What a server's container needs besides Java's heap, in MiB.
    pub memory_besides_heap_mib: u64,
    /// The streams of events that every node of the event hub tells every other by publishers over JMS.
    pub mirrored_streams: Vec<MirroredStream>,
    /// Types of databases that replicate each other between sites, as `deployment.toml` calls them.
    pub replicating_databases: Vec<String>,
    /// Parts of annotations by which an operator is told to restart pods when what they read changes.
    pub restarting_annotations: Vec<String>,
    /// Hosts outside the cluster on each platform, as patterns with `*`.
    pub external_hosts: BTreeMap<String, Vec<String>>,
}

/// A key that holds a bare host, with the key of its port.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HostKey {
    /// Key of the host.
    pub key: String,
    /// Key of the port, if there is one.
    #[serde(default)]
    pub port: Option<String>,
}

/// A stream of events that the nodes of the event hub tell each other.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MirroredStream {
    /// Name and version, as `name:version`.
    pub stream: String,
    /// The topic of the broker to which its listeners listen.
    pub topic: String,
    /// What its events tell, for messages.
    pub tells: String,
}

/// One row of the wiring table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EdgeFact {
    /// Id of the requirement that judges it.
    pub requirement: String,
    /// Component whose configuration says it.
    pub on: Component,
    /// Key; for groups, the key of the group.
    pub key: String,
    /// How the address must look.
    pub shape: Shape,
    /// Which nodes it must reach.
    pub reach: Reach,
    /// Whether it is asked for only when the component has several nodes.
    #[serde(default)]
    pub highly_available: bool,
    /// Peer in each pattern; a pattern that is not listed asks for nothing.
    pub peers: BTreeMap<Pattern, Component>,
}

/// How an address must look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// `https://H:9443/services/`
    Servlet,
    /// `https://H:9443/oauth2/jwks`
    Jwks,
    /// `https://H:9443/oauth2/revoke`
    Revoke,
    /// `https://H:9443/internal/data/v1/notify`
    Notify,
    /// `tcp://H:5672`
    Jms,
    /// Groups of `tcp://H:9611` with `ssl://H:9711`.
    Receivers,
    /// The same for the event hub's publisher, whose fields have other names.
    Publishers,
}

/// Which nodes of the peer an address, or a list of them, must reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// The load-balanced address: all of them behind one name.
    Service,
    /// Every node by its own address.
    EveryNode,
    /// The node itself.
    OwnNode,
    /// Every node but itself.
    OtherNodes,
    /// One node, which is not itself.
    AnotherNode,
    /// The server itself, at a name that leads to it before it is ready.
    OwnServer,
}

impl Shape {
    /// Scheme, port before the offset, and path.
    pub fn parts(self) -> (&'static str, u16, &'static str) {
        let servlet = PortFact::speaking(Protocol::Servlets, true).number;
        match self {
            Self::Servlet => ("https", servlet, "/services/"),
            Self::Jwks => ("https", servlet, "/oauth2/jwks"),
            Self::Revoke => ("https", servlet, "/oauth2/revoke"),
            Self::Notify => ("https", servlet, "/internal/data/v1/notify"),
            Self::Jms => ("tcp", PortFact::speaking(Protocol::Jms, false).number, ""),
            Self::Receivers | Self::Publishers => (
                "tcp",
                PortFact::speaking(Protocol::Thrift, false).number,
                "",
            ),
        }
    }

    /// Our name for its port.
    pub fn port_name(self) -> &'static str {
        match self {
            Self::Servlet | Self::Jwks | Self::Revoke | Self::Notify => "servlet-https",
            Self::Jms => "jms",
            Self::Receivers | Self::Publishers => "thrift",
        }
    }

    /// Names of the receiver and authentication fields of a group; `None` for shapes without groups.
    pub(crate) fn group_fields(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Receivers => Some(("traffic_manager_urls", "traffic_manager_auth_urls")),
            Self::Publishers => Some(("urls", "auth_urls")),
            _ => None,
        }
    }
}

impl EdgeFact {
    /// The ports that the client connects to, before the offset: a receiver and its authentication port are used together.
    pub fn ports(&self) -> Vec<u16> {
        let (_, port, _) = self.shape.parts();
        let authentication = self
            .shape
            .group_fields()
            .map(|_| PortFact::speaking(Protocol::ThriftAuth, true).number);
        std::iter::once(port).chain(authentication).collect()
    }
}

impl Facts {
    /// The tables of this run.
    ///
    /// # Errors
    /// When the file breaks a rule.
    pub fn load() -> Result<Self, SuiteError> {
        let text = FILE.text()?;
        crate::yaml::read(&text).map_err(|message| SuiteError::Requirements {
            file: FILE.path.into(),
            message,
        })
    }

    /// The pattern that consists of what an identity server leaves of another one.
    ///
    /// # Errors
    /// When there is none; the message says what is left.
    pub fn left_of(
        &self,
        pattern: Pattern,
        server: Option<&IdentityServer>,
    ) -> Result<Pattern, String> {
        let replaced = server.map_or(&[][..], |server| &server.replaces);
        let Some(whole) = self.patterns.get(&pattern) else {
            return Ok(pattern);
        };
        if !whole.keys().any(|component| replaced.contains(component)) {
            return Ok(pattern);
        }
        let mut left = whole.clone();
        left.retain(|component, _| !replaced.contains(component));
        let found = self
            .patterns
            .iter()
            .find(|(_, components)| **components == left);
        found.map(|(number, _)| *number).ok_or_else(|| {
            let names: Vec<&str> = left.keys().map(|component| component.name()).collect();
            format!(
                "identityServer.replaces leaves {} of pattern {pattern}, which is no pattern",
                names.join(", ")
            )
        })
    }

    /// The patterns that there are, for messages.
    pub(crate) fn pattern_names(&self) -> String {
        let names: Vec<String> = self.patterns.keys().map(Pattern::to_string).collect();
        names.join(", ")
    }

    /// Whether the addresses of a key are for people and their browsers, so that no server connects to them.
    pub(crate) fn is_public_key(&self, key: &str) -> bool {
        is_any_of(&self.public_keys, key)
    }

    /// Whether the URLs of a key are names of something.
    pub(crate) fn is_identifier_key(&self, key: &str) -> bool {
        is_any_of(&self.identifier_keys, key)
    }
}

fn is_any_of(patterns: &[String], key: &str) -> bool {
    let key = without_indices(key);
    patterns.iter().any(|pattern| matches_glob(pattern, &key))
}

/// A key with `[]` instead of `[0]`, as tables of keys are written.
pub(crate) fn without_indices(key: &str) -> String {
    key.split('[')
        .map(|part| {
            part.split_once(']')
                .map_or_else(|| part.to_owned(), |(_, rest)| format!("[]{rest}"))
        })
        .collect()
}

/// Whether `text` matches `pattern`, in which `*` stands for any characters, none included.
pub(crate) fn matches_glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::{Facts, IdentityServer, matches_glob};
    use crate::component::Component;
    use am_product::Pattern;

    #[test]
    fn globs_match_as_people_expect() {
        assert!(matches_glob("*.rds.amazonaws.com", "db.rds.amazonaws.com"));
        assert!(!matches_glob(
            "*.rds.amazonaws.com",
            "rds.amazonaws.com.evil"
        ));
        assert!(matches_glob("a*b*c", "a-b-b-c"));
        assert!(matches_glob("exact", "exact") && !matches_glob("exact", "exactly"));
    }

    #[test]
    fn what_an_identity_server_leaves_is_a_pattern_or_refused() {
        let facts = Facts::load().expect("the committed tables parse");
        let server = |names: &[&str]| IdentityServer {
            at: "is.example.net:9443".into(),
            replaces: names
                .iter()
                .map(|name| Component::from_name(name).expect("a component"))
                .collect(),
        };
        let left = |pattern, names: &[&str]| facts.left_of(pattern, Some(&server(names)));
        assert_eq!(
            left(Pattern::Numbered(4), &["key-manager"]),
            Ok(Pattern::Numbered(3))
        );
        assert_eq!(
            left(Pattern::Numbered(5), &["key-manager"]),
            Ok(Pattern::Numbered(2))
        );
        assert_eq!(
            left(Pattern::Numbered(3), &["key-manager"]),
            Ok(Pattern::Numbered(3))
        );
        assert_eq!(left(Pattern::Numbered(4), &[]), Ok(Pattern::Numbered(4)));
        assert_eq!(
            facts.left_of(Pattern::Numbered(4), None),
            Ok(Pattern::Numbered(4))
        );
        let error = left(Pattern::Numbered(4), &["gateway"]).expect_err("refused");
        assert!(
            error.contains("of pattern 4, which is no pattern"),
            "{error}"
        );
    }

    #[test]
    fn every_edge_of_every_pattern_is_between_components_that_the_pattern_has() {
        let facts = Facts::load().expect("the committed tables parse");
        for edge in &facts.edges {
            for (pattern, peer) in &edge.peers {
                let components = &facts.patterns[pattern];
                assert!(
                    components.contains_key(&edge.on),
                    "{} on {}",
                    edge.key,
                    edge.on
                );
                assert!(
                    components.contains_key(peer),
                    "{} to {peer} in {pattern}",
                    edge.key
                );
            }
        }
    }
}
