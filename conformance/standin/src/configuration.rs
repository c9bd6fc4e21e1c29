//! The configuration that a component starts with, read as the product reads it.

use am_product::{Capability, ConfigurationFormat};
use std::collections::BTreeSet;
use std::path::Path;

use am_deployment_toml::document::Document;
use am_deployment_toml::effective::{Effective, EffectiveValue};
use am_deployment_toml::engine::{self, Fault, FaultKind, Severity};
use am_deployment_toml::environment::Environment;
use am_deployment_toml::key::KeyPath;
use am_deployment_toml::product::Product;
use am_deployment_toml::wiring::{self, UrlGroupMode};

use serde::{Deserialize, Serialize};

use crate::database::Place;
use crate::deployment_yaml;
use crate::edge::{Edge, Provenance, Purpose, is_served_by, is_used_by};
use crate::event::Topic;
use crate::event_publishers::{self, EventPublisher};
use crate::observations::EffectiveEntry;
use crate::ports::{self, Port};
use crate::revocation::Listener;
use crate::role::Role;
use crate::services::Registration;

/// Where users, roles and what servers share is kept.
const SHARED_DATABASE: &str = "database.shared_db.url";

/// What a component works with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Configuration {
    /// The ports to open.
    pub ports: Vec<Port>,
    /// The addresses that this role uses.
    pub edges: Vec<Edge>,
    /// Where throttling events go.
    pub throttle_groups: Vec<Group>,
    /// Where the event hub's events are published.
    pub publish_groups: Vec<Group>,
    /// Which brokers get a copy of which events.
    pub publishers: Vec<EventPublisher>,
    /// The shared database, if it is one that a stand-in can play.
    pub shared_database: Option<Place>,
    /// The labels whose APIs this gateway deploys.
    pub gateway_labels: BTreeSet<String>,
    /// The environments that this control plane deploys to.
    pub gateway_environments: BTreeSet<String>,
    /// Whether a gateway fetches its APIs from the event hub.
    pub sync_artifacts: bool,
    /// Where a server of integrations registers its services.
    pub registration: Option<Registration>,
    /// What a server of apps on streams works with.
    pub streams: Option<deployment_yaml::Settings>,
    /// Whom an identity server tells of revoked tokens.
    #[serde(skip)]
    pub(crate) listener: Option<Listener>,
    /// What the file sets and what the product falls back to.
    pub effective: Vec<EffectiveEntry>,
    /// What the product's log would warn of.
    pub warnings: Vec<String>,
}

/// Receivers of events of which some or all get each event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Whether each event goes to the next receiver (otherwise to the first that works).
    pub load_balance: bool,
    /// The receivers, each with the address where the sender logs in.
    pub receivers: Vec<(Edge, Edge)>,
}

/// Why the product does not start: what it logs, and what the engine's rules say about it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{logged}\n{explanation}")]
pub struct StartupError {
    logged: &'static str,
    explanation: String,
}

impl StartupError {
    fn of(fault: &Fault) -> Self {
        let logged = match fault.kind {
            FaultKind::TableAfterSubtable => {
                "Exception in thread \"main\" java.lang.StackOverflowError"
            }
            FaultKind::Syntax | FaultKind::Duplicate | FaultKind::MixedArray => {
                "SEVERE: Error while performing configuration changes: Error parsing deployment configuration"
            }
            FaultKind::UnsafeForXml | FaultKind::UnsafeForJndi => {
                "ERROR: Error while parsing the API manager configuration"
            }
            _ => "SEVERE: Error while performing configuration changes",
        };
        Self {
            logged,
            explanation: fault.to_string(),
        }
    }
}

impl Configuration {
    /// The shared database as if a stand-in played it, whatever kind its URL names.
    pub(crate) fn any_shared_database(&self) -> Option<Place> {
        let edge = shared_database_edge(&self.edges)?;
        let name = edge.path().rsplit('/').next().unwrap_or_default();
        Some(Place::Server {
            edge: edge.clone(),
            name: name.to_owned(),
        })
    }

    /// Reads the text of a `deployment.toml` and what else there is below the server home; the error is what the
    /// product stops with.
    pub fn read(
        text: &str,
        home: &Path,
        product: Product,
        role: Role,
        environment: &Environment,
    ) -> Result<Self, StartupError> {
        if product.distribution.configuration_format() == ConfigurationFormat::Yaml {
            return Self::of_yaml(text, home, role, environment);
        }
        let document =
            Document::parse(text).map_err(|error| StartupError::of(&Fault::from(error)))?;
        let faults = engine::faults(&document, product, environment);
        // The kinds are in the order in which the engine meets them.
        let fatal = faults
            .iter()
            .filter(|fault| fault.severity == Severity::StartUpFails);
        if let Some(first) = fatal.min_by_key(|fault| (fault.kind, fault.span)) {
            return Err(StartupError::of(first));
        }
        let effective = Effective::resolve(&document, product, environment);
        let mut configuration = Self::of(&effective, role);
        if role.has(Capability::EventHub) || role.has(Capability::Throttles) {
            let publishers = event_publishers::read(home, &effective, &mut configuration.warnings);
            let brokers = publishers.iter().flat_map(|publisher| &publisher.brokers);
            configuration.edges.extend(brokers.cloned());
            configuration.publishers.extend(publishers);
        }
        configuration
            .warnings
            .extend(faults.iter().map(ToString::to_string));
        Ok(configuration)
    }

    /// That of a server whose configuration is no `deployment.toml`.
    fn of_yaml(
        text: &str,
        home: &Path,
        role: Role,
        environment: &Environment,
    ) -> Result<Self, StartupError> {
        let read =
            deployment_yaml::read(text, home, environment).map_err(|explanation| StartupError {
                logged: "ERROR: the configuration cannot be read",
                explanation,
            })?;
        let ports = ports::said(role, |pointer| read.port(pointer));
        let (edge, shared_database) = read.database.unwrap_or_default();
        Ok(Self {
            ports,
            edges: edge.into_iter().collect(),
            shared_database,
            streams: Some(read.settings),
            ..Self::default()
        })
    }

    fn of(effective: &Effective, role: Role) -> Self {
        let mut warnings = Vec::new();
        let references = wiring::references(effective);
        let used = |reference: &wiring::Reference| {
            reference.enabled && is_used_by(reference.purpose.kind(), role)
        };
        let edges: Vec<Edge> = references
            .iter()
            .filter(|reference| used(reference))
            .filter_map(Edge::of)
            .collect();
        for edge in edges
            .iter()
            .filter(|edge| edge.own_node && is_served_by(edge.purpose, role) == Some(false))
        {
            warnings.push(format!(
                "{} is this node itself ({}), which is no place for {:?}",
                edge.key, edge.url, edge.purpose
            ));
        }
        let throttle_groups = groups(effective, false, &edges, &mut warnings);
        let publish_groups = groups(effective, true, &edges, &mut warnings);
        Self {
            ports: ports::of(role, effective, effective.port_offset()),
            throttle_groups,
            publish_groups,
            publishers: own_publishers(&edges),
            shared_database: shared_database(effective, &edges),
            edges,
            gateway_labels: effective.gateway_labels().into_iter().collect(),
            gateway_environments: effective.gateway_environments().into_iter().collect(),
            listener: None,
            registration: role
                .has(Capability::Integrates)
                .then(|| Registration::read(effective))
                .flatten(),
            streams: None,
            sync_artifacts: effective.is_on("apim.sync_runtime_artifacts.gateway.enable", true),
            effective: effective
                .values()
                .iter()
                .filter_map(|(key, value)| entry(key, value))
                .collect(),
            warnings,
        }
    }

    /// The development database: one port and nothing to connect to.
    pub(crate) fn of_database(port: Port) -> Self {
        Self {
            ports: vec![port],
            ..Self::default()
        }
    }

    /// An identity server: one port, and whom it tells of revoked tokens.
    pub(crate) fn of_identity_server(port: Port, listener: Option<Listener>) -> Self {
        Self {
            ports: vec![port],
            listener,
            ..Self::default()
        }
    }

    /// The edges of a purpose, each address once.
    pub(crate) fn edges_for(&self, purpose: Purpose) -> impl Iterator<Item = &Edge> {
        self.edges
            .iter()
            .filter(move |edge| edge.purpose == purpose)
    }
}

/// The product's own second publishers: each key with the other brokers is the broker list of one publisher. Source:
/// seen on 4.5.0 (facts: observed-on-the-product.md, What breaks, 3), jndi2.properties.j2 and jndi2-cp.properties.j2
/// (facts: wiring.yaml).
fn own_publishers(edges: &[Edge]) -> Vec<EventPublisher> {
    let lists = [
        (Purpose::EventDuplicate, Topic::TokenRevocation),
        (Purpose::ThrottleDuplicate, Topic::ThrottleData),
    ];
    let publishers = lists.into_iter().map(|(purpose, topic)| {
        let others = |edge: &&Edge| edge.purpose == purpose && !edge.own_node;
        let brokers: Vec<Edge> = edges.iter().filter(others).cloned().collect();
        EventPublisher {
            name: brokers.first().map(Edge::list).unwrap_or_default(),
            topic,
            brokers,
        }
    });
    publishers
        .filter(|publisher| !publisher.brokers.is_empty())
        .collect()
}

fn shared_database(effective: &Effective, edges: &[Edge]) -> Option<Place> {
    let url = effective.text(SHARED_DATABASE)?;
    Place::of(&url, shared_database_edge(edges))
}

fn shared_database_edge(edges: &[Edge]) -> Option<&Edge> {
    let mut edges = edges.iter();
    // A server of apps on streams has one only.
    let is_shared = |edge: &&Edge| {
        edge.key == SHARED_DATABASE || edge.key.starts_with(deployment_yaml::DATA_SOURCES)
    };
    edges.find(|edge| edge.purpose == Purpose::Database && is_shared(edge))
}

/// The groups whose addresses this role uses. Groups that do not pair up publish nothing, and requests still pass.
fn groups(
    effective: &Effective,
    publish: bool,
    edges: &[Edge],
    warnings: &mut Vec<String>,
) -> Vec<Group> {
    let mut groups = Vec::new();
    for group in wiring::url_groups(effective, publish) {
        let known =
            |reference: &wiring::Reference| Edge::of(reference).filter(|edge| edges.contains(edge));
        let receivers: Vec<Edge> = group.receivers.iter().filter_map(known).collect();
        let auth: Vec<Edge> = group.auth.iter().filter_map(known).collect();
        if receivers.len() != auth.len() {
            warnings.push(format!(
                "Receiver and authentication URL set doesn't match: group {} has {} and {}",
                group.number,
                receivers.len(),
                auth.len()
            ));
            return Vec::new();
        }
        if !receivers.is_empty() {
            let load_balance = group.mode == UrlGroupMode::LoadBalance;
            groups.push(Group {
                load_balance,
                receivers: receivers.into_iter().zip(auth).collect(),
            });
        }
    }
    groups
}

/// An entry for the observations, as written; the product's own defaults are left out.
fn entry(key: &KeyPath, value: &EffectiveValue) -> Option<EffectiveEntry> {
    let provenance = Provenance::from(&value.provenance);
    if provenance == Provenance::ProductDefault {
        return None;
    }
    let name = key.to_string();
    let secret = ["password", "secret", "key", "token"].iter().any(|word| {
        name.rsplit('.')
            .next()
            .is_some_and(|last| last.to_ascii_lowercase().contains(word))
    });
    let value = if secret {
        "***".to_owned()
    } else {
        without_credentials(&value.raw.to_string())
    };
    Some(EffectiveEntry {
        key: name,
        value,
        provenance,
    })
}

/// Takes `user:password@` out of URLs.
fn without_credentials(text: &str) -> String {
    let Some((before, after)) = text.split_once("://") else {
        return text.to_owned();
    };
    let authority_end = after.find(['/', '?', '"', ' ', ',']).unwrap_or(after.len());
    let (authority, rest) = after.split_at(authority_end);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    format!("{before}://{host}{}", without_credentials(rest))
}
