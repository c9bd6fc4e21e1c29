//! `data/machines.yaml`: where things are on a host, and how they are run there.

use am_generator::diagnostic::{Diagnostic, Diagnostics, Place};
use am_generator::model::table::Table;
use am_generator::yaml;
use am_product::data::File;
use serde::Deserialize;
use serde_json::Value;

const FILE: File = File::new(
    "deployments/data/machines.yaml",
    include_str!("../../data/machines.yaml"),
);

/// What holds for every host.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct MachineData {
    pub(crate) defaults: Defaults,
    pub(crate) paths: Paths,
    pub(crate) image: Image,
    pub(crate) seeds: Vec<Seed>,
    pub(crate) own_databases: OwnDatabases,
    pub(crate) driver: Driver,
    pub(crate) variables: Variables,
    /// Filters of Ansible, by the endings of variables that are made of a credential.
    pub(crate) derived: Table<String>,
    pub(crate) configuration: Vec<Setting>,
    pub(crate) unit: Unit,
    /// Roles, in the order in which those who play them are installed.
    pub(crate) order: Vec<String>,
    pub(crate) balancer_group: String,
    /// The group whose children are the groups of components.
    pub(crate) nodes_group: String,
    pub(crate) load_balancers: Table<Program>,
    pub(crate) affinity: Affinities,
    pub(crate) integrators: Integrators,
    pub(crate) front_step: u16,
    /// Values of charts that mean something on a machine.
    pub(crate) values: Vec<String>,
    /// What charts ask of pods, laid over the values of a site.
    pub(crate) pod_values: Value,
    pub(crate) ssh: u16,
}

/// What a document may leave out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Defaults {
    pub(crate) user: String,
    pub(crate) java_home: String,
    pub(crate) packs: String,
    pub(crate) secrets: String,
}

/// Paths of a host, without the leading slash.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Paths {
    pub(crate) unit: String,
    pub(crate) environment: String,
    pub(crate) secrets: String,
    pub(crate) overlay: String,
    pub(crate) current: String,
    pub(crate) data: String,
    pub(crate) firewall: String,
    pub(crate) drain: String,
}

/// Where the charts' images have things.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Image {
    /// What the entrypoint copies over the server's home.
    pub(crate) configuration: String,
    pub(crate) moved: Vec<Moved>,
    /// Begins every path of the image.
    pub(crate) rest: String,
}

/// A folder of the image that is another one on a host.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Moved {
    pub(crate) from: String,
    pub(crate) to: Folder,
}

/// A folder of a host.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Folder {
    /// The server's home.
    Current,
    /// What a node keeps.
    Data,
}

/// A file of the pack that a node's data begins with.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seed {
    pub(crate) holds: String,
    pub(crate) file: String,
    pub(crate) from: String,
}

/// Databases in files of a node.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct OwnDatabases {
    /// What volumes of charts that have them hold.
    pub(crate) holds: String,
    /// Name of the product's scripts that make them.
    pub(crate) product_script: String,
    /// Ours that runs those, below the server's home.
    pub(crate) script: String,
    /// How long it may take.
    pub(crate) seconds: u32,
}

/// The driver of external databases.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Driver {
    /// Its folder in packs of products that do not say theirs.
    pub(crate) folder: String,
    pub(crate) file: String,
    pub(crate) from: String,
}

/// Names of variables of every node.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variables {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) java: String,
}

/// A key of a component's configuration that charts do not write.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setting {
    pub(crate) role: String,
    pub(crate) versions: Vec<String>,
    pub(crate) key: String,
    pub(crate) value: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Unit {
    pub(crate) stop_margin: u64,
    /// How long a node behind a load balancer refuses new connections before it stops.
    pub(crate) drain_seconds: u64,
    pub(crate) nft: String,
    pub(crate) service: Vec<String>,
    pub(crate) hardening: Vec<String>,
}

/// Clusters of integrators.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Integrators {
    /// The role of those who call them.
    pub(crate) called_by: String,
    /// Values of their charts that mean something on a machine, besides `values`.
    pub(crate) values: Vec<String>,
}

/// A program that balances.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Program {
    pub(crate) path: String,
    pub(crate) template: String,
    /// It asks nodes whether they are ready.
    pub(crate) checks: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Affinities {
    endpoints: Table<Affinity>,
    roles: Table<Affinity>,
    integrators: Table<Affinity>,
}

/// Which node a client gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Affinity {
    /// Any.
    #[default]
    None,
    /// The one that it had.
    Session,
    /// The first that lives.
    Failover,
}

impl Affinities {
    pub(crate) fn of_endpoint(&self, name: &str) -> Affinity {
        self.endpoints.get(name).copied().unwrap_or_default()
    }

    pub(crate) fn of_integrator(&self, kind: &str) -> Affinity {
        self.integrators.get(kind).copied().unwrap_or_default()
    }

    /// Of the one that plays these roles.
    pub(crate) fn of_roles<'r>(&self, roles: impl IntoIterator<Item = &'r str>) -> Affinity {
        let mut known = roles.into_iter().map(|role| self.roles.get(role).copied());
        // Who plays a role without a row is called by anybody.
        let first = known.next().flatten().unwrap_or_default();
        if known.all(|other| other == Some(first)) {
            first
        } else {
            Affinity::None
        }
    }
}

impl MachineData {
    pub(crate) fn load() -> Result<Self, Diagnostics> {
        let text = FILE
            .text()
            .map_err(|error| Diagnostic::new(Place::file(&error.file), error.message))?;
        Ok(yaml::parse(FILE.path, &text)?)
    }
}

impl Paths {
    /// A path of a component.
    pub(crate) fn of(form: &str, component: &str) -> String {
        form.replace("{component}", component)
    }

    /// The same from the root.
    pub(crate) fn absolute(form: &str, component: &str) -> String {
        format!("/{}", Self::of(form, component))
    }

    /// The unit of a component, without its ending.
    pub(crate) fn unit_of(&self, component: &str) -> String {
        let path = Self::of(&self.unit, component);
        let name = path.rsplit('/').next().unwrap_or(&path);
        name.trim_end_matches(".service").to_owned()
    }

    /// A folder of a component, from the root.
    pub(crate) fn folder(&self, place: Folder, component: &str) -> String {
        let form = match place {
            Folder::Current => &self.current,
            Folder::Data => &self.data,
        };
        Self::absolute(form, component)
    }
}
