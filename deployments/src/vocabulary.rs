//! `data/vocabulary.yaml`: topologies, parts and names.

use am_generator::chart::{Chart, Part};
use am_generator::diagnostic::{Diagnostic, Diagnostics, Place};
use am_generator::model::product::Database;
use am_generator::model::table::Table;
use am_generator::yaml;
use am_product::data::File;
use serde::Deserialize;
use serde_json::Value;

use crate::machines::data::MachineData;

const FILE: File = File::new(
    "deployments/data/vocabulary.yaml",
    include_str!("../data/vocabulary.yaml"),
);

/// What a deployment may say.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Vocabulary {
    /// The version of the document's format.
    pub api_version: String,
    /// The kind of the document.
    pub kind: String,
    /// How sites belong together.
    pub topologies: Table<Topology>,
    /// The topology of a document that names none.
    pub default_topology: String,
    /// Parts of a pattern.
    pub parts: Table<PartOfPattern>,
    /// What the portals offer for the gateways of a site.
    pub(crate) environment: Environment,
    /// Servers beside API Manager.
    pub integrators: Table<IntegratorKind>,
    pub(crate) peers: Peers,
    pub(crate) catalogue: CatalogueAt,
    pub(crate) exposed: Exposed,
    pub(crate) broker: Broker,
    /// How events are encrypted between sites; the first unless the document says so.
    pub encryptions: Vec<String>,
    /// Kinds of Services for addresses that other sites use; the first unless the document says so.
    pub services: Vec<String>,
    /// Laid over the values of a release that is rendered without its cluster.
    pub(crate) without_cluster: Value,
    pub(crate) database_scripts: Vec<DatabaseScript>,
    /// Scripts for databases that replicate each other, by their kinds; no other kind does.
    pub(crate) replicated_database_scripts: Table<Vec<DatabaseScript>>,
    pub(crate) conditional_credentials: ConditionalCredentials,
    /// What `machines.yaml` says.
    #[serde(skip_deserializing)]
    pub(crate) machines: MachineData,
}

/// How sites belong together.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Topology {
    /// What it is.
    pub doc: String,
    /// Who connects to whom.
    pub shape: Shape,
    /// The part that the main site runs, or the only one.
    pub main: String,
    /// The part that other sites run, where there are others.
    #[serde(default)]
    pub others: Option<String>,
    /// What each site publishes to the others, where each is told by each.
    #[serde(default)]
    pub publishes: Option<Publishes>,
    /// The databases of the sites replicate each other.
    #[serde(default)]
    pub replicated_databases: bool,
    /// The product version from which on there may be tenants; any unless given.
    #[serde(default)]
    pub tenants_since: Option<String>,
    /// What operators have to know.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// A server beside API Manager.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IntegratorKind {
    /// Its chart.
    pub chart: String,
    /// Nodes of a cluster unless the document says so.
    pub replicas: u32,
    /// What happens while no node of a cluster is there.
    pub without: String,
    /// It loads `OSGi` bundles only, drivers of databases included.
    #[serde(default)]
    pub loads_bundles: bool,
    /// It registers services in API Manager's catalogue.
    #[serde(default)]
    pub registers: bool,
    /// The port at which gateways call the cluster by one name.
    #[serde(default)]
    pub called_at: Option<String>,
    /// What the Service of a single node is called, where gateways call each.
    #[serde(default)]
    pub node: Option<String>,
    /// The values by which nodes find each other in a database.
    pub shares_work: Value,
    /// Nodes that need no database.
    #[serde(default)]
    pub alone_up_to: Option<u32>,
    /// Most nodes of a cluster.
    #[serde(default)]
    pub at_most: Option<u32>,
    /// Kinds of databases that it knows; all unless given.
    #[serde(default)]
    pub databases: Vec<String>,
    /// The script that makes the tables of that database, which the server does not make itself.
    #[serde(default)]
    pub script: Option<String>,
}

/// Labels of pods.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Peers {
    pub(crate) gateways: String,
    pub(crate) release: String,
}

/// Where API Manager's service catalogue is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CatalogueAt {
    pub(crate) role: String,
    pub(crate) port: String,
}

/// Who connects to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// There is one site.
    One,
    /// The others connect to the main site.
    Star,
    /// Each publishes to each.
    Mesh,
}

/// What a site publishes to every node of every other one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Publishes {
    /// The role whose nodes publish, and are published to.
    pub role: String,
    /// The key of the charts' values that lists the other sites.
    pub key: String,
    /// Names that no site may have, because files of a node are called so.
    pub reserved: Vec<String>,
}

/// A part of a pattern.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PartOfPattern {
    /// What it is.
    pub doc: String,
    /// The roles that its components play, and no others.
    pub roles: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Environment {
    /// The role whose address an environment names.
    pub(crate) role: String,
    /// Kinds of environments.
    pub(crate) types: Vec<String>,
    /// Keys of host names that an environment may have.
    pub(crate) hostnames: Vec<String>,
    /// Those that it must have.
    pub(crate) required: Vec<String>,
}

/// What is made in a cluster for an address that other sites use.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Exposed {
    service: String,
    node: String,
    /// Label of the pods behind the one name of a component.
    pub(crate) label: String,
}

/// The broker of an event hub.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Broker {
    /// Its port, the only one for which charts make Services of single nodes.
    pub(crate) port: String,
    /// Where values have its port with TLS, as a JSON pointer.
    pub(crate) tls: String,
    /// Where values accept more nodes than have been seen to hear every event, as a JSON pointer.
    pub(crate) accepts_more_nodes: String,
}

/// A script of the product's packs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct DatabaseScript {
    pub(crate) database: Database,
    pub(crate) path: String,
}

/// Credentials that are read under a condition.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ConditionalCredentials {
    /// With keystores of one's own.
    pub(crate) keystores: Vec<String>,
    /// With values that a site's `values` set.
    pub(crate) values: Vec<String>,
}

impl Vocabulary {
    /// Reads it.
    ///
    /// # Errors
    /// When the file cannot be read or breaks a rule.
    pub fn load() -> Result<Self, Diagnostics> {
        let text = FILE
            .text()
            .map_err(|error| Diagnostic::new(Place::file(&error.file), error.message))?;
        let mut this: Self = yaml::parse(FILE.path, &text)?;
        this.machines = MachineData::load()?;
        this.check()?;
        Ok(this)
    }

    /// Types of environments that a document may give.
    #[must_use]
    pub fn environment_types(&self) -> &[String] {
        &self.environment.types
    }

    /// Every name in it leads somewhere.
    fn check(&self) -> Result<(), Diagnostic> {
        let wrong = |message: String| Err(Diagnostic::new(Place::file(FILE.path), message));
        if self.encryptions.is_empty() || self.services.is_empty() {
            return wrong("encryptions and services need a first word each".to_owned());
        }
        if self.topologies.get(&self.default_topology).is_none() {
            return wrong(format!("there is no topology `{}`", self.default_topology));
        }
        for (name, topology) in self.topologies.iter() {
            for part in [Some(&topology.main), topology.others.as_ref()]
                .into_iter()
                .flatten()
            {
                if self.parts.get(part).is_none() {
                    return wrong(format!(
                        "topology {}: there is no part `{part}`",
                        name.value
                    ));
                }
            }
            if topology.others.is_some() != (topology.shape == Shape::Star) {
                return wrong(format!(
                    "topology {}: `others` belongs to a star",
                    name.value
                ));
            }
            if topology.publishes.is_some() != (topology.shape == Shape::Mesh) {
                return wrong(format!(
                    "topology {}: `publishes` belongs to a mesh",
                    name.value
                ));
            }
        }
        Ok(())
    }
}

impl PartOfPattern {
    /// The components of a pattern that make the part.
    ///
    /// # Errors
    /// The component that plays another role besides, and these roles.
    pub(crate) fn members<'m>(
        &self,
        chart: &Chart<'m>,
    ) -> Result<Vec<Part<'m>>, (Part<'m>, Vec<&'m str>)> {
        let roles = &chart.pattern.roles;
        let is_ours = |role: &str| self.roles.iter().any(|own| own == role);
        let mut members = chart.parts();
        members.retain(|part| {
            roles
                .iter()
                .any(|(role, player)| player.value == part.name() && is_ours(&role.value))
        });
        for part in &members {
            let others: Vec<&str> = roles
                .iter()
                .filter(|(role, player)| player.value == part.name() && !is_ours(&role.value))
                .map(|(role, _)| role.value.as_str())
                .collect();
            if !others.is_empty() {
                return Err((*part, others));
            }
        }
        Ok(members)
    }
}

impl Exposed {
    /// Name of the Service for all nodes of a component, or for one of them.
    pub(crate) fn name(&self, release: &str, component: &str, node: Option<usize>) -> String {
        let form = if node.is_some() {
            &self.node
        } else {
            &self.service
        };
        form.replace("{release}", release)
            .replace("{component}", component)
            .replace("{node}", &node.unwrap_or_default().to_string())
    }
}
