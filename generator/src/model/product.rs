//! `product.yaml`, `ports.yaml`, `endpoints.yaml` and `versions/*.yaml`: what holds for every pattern.

use serde::{Deserialize, Serialize};

use serde_json::Value;

use super::table::Table;
use crate::yaml::Text;

/// `product.yaml`: the product and the metadata of its charts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Product {
    /// Name as people write it.
    pub name: String,
    /// Value of the label `app.kubernetes.io/part-of`.
    pub part_of: String,
    /// Kubernetes versions that the charts support, as a Helm constraint.
    pub kube_version: String,
    /// Home page.
    pub home: String,
    /// Where this repository is, and its files by path below `blob/` and `raw/`.
    pub repository: Repository,
    /// The key that packages are signed with, once there is one.
    #[serde(default)]
    pub sign_key: Option<SignKey>,
    /// SPDX identifier of the charts' licence.
    pub license: String,
    /// Artifact Hub category.
    pub category: String,
    /// Source repositories.
    pub sources: Vec<String>,
    /// Search words.
    pub keywords: Vec<String>,
    /// Who maintains the charts.
    pub maintainers: Vec<Maintainer>,
    /// MiB that a node needs besides its heap.
    pub memory_beside_heap: u32,
    /// Roles that patterns distribute.
    pub roles: Vec<Text>,
    /// How the names of patterns begin; their numbers follow. Without it there is one pattern, which has no number.
    #[serde(default)]
    pub numbered: Option<String>,
    /// The file of the server's configuration, below its home.
    pub configuration: String,
    /// Where servers look for what they are given, below their home.
    #[serde(default)]
    pub home_folders: Option<HomeFolders>,
    /// What templates that several families share may rely on.
    #[serde(default)]
    pub has: Vec<Feature>,
    /// Product versions, oldest first; each has a file under `versions/`.
    pub versions: Vec<Text>,
}

/// What a product, or its chart, has, and others have not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all(deserialize = "kebab-case", serialize = "camelCase"))]
pub enum Feature {
    /// Passwords as encrypted text in the configuration (`secureVault`).
    SecureVault,
    /// A file share for every home (`artifacts.enabled`).
    ArtifactsShare,
    /// Artifacts from an image, a claim or `ConfigMaps` (`artifacts`).
    ArtifactSources,
    /// Databases of the release itself (`database.mode` bundled and embedded).
    OwnDatabases,
    /// A Job that makes the schema (`database.schemaJob`).
    SchemaJob,
    /// Further gateway environments.
    GatewayEnvironments,
    /// An identity server as key manager.
    IdentityServer,
    /// A release for one tenant (`tenant`).
    Tenants,
    /// The JMX exporter (`metrics.exporter`).
    Exporter,
    /// Metrics that the server shows by itself.
    OwnMetrics,
    /// Services that are registered with a host of theirs (`serviceCatalog.host`).
    RegisteredHosts,
    /// Apps as values (`apps`).
    AppsInValues,
}

impl Feature {
    /// All of them.
    pub(crate) const ALL: [Self; 12] = [
        Self::SecureVault,
        Self::ArtifactsShare,
        Self::ArtifactSources,
        Self::OwnDatabases,
        Self::SchemaJob,
        Self::GatewayEnvironments,
        Self::IdentityServer,
        Self::Tenants,
        Self::Exporter,
        Self::OwnMetrics,
        Self::RegisteredHosts,
        Self::AppsInValues,
    ];
}

/// Where servers look for what they are given, below their home.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(
    deny_unknown_fields,
    rename_all(deserialize = "kebab-case", serialize = "camelCase")
)]
pub struct HomeFolders {
    /// Folder of keystores.
    pub keystores: String,
    /// Folder of JDBC drivers.
    pub drivers: String,
    /// File that says what is logged.
    pub logging: String,
    /// Folder of what runs on the server.
    pub artifacts: String,
    /// File with the server's process id.
    pub pid: String,
}

/// Where the charts are developed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Repository {
    /// Its page.
    pub url: String,
    /// Where files can be read as pages; `{release}` and `{path}` are filled in.
    pub pages: String,
    /// Where files can be fetched as they are; `{release}` and `{path}` are filled in.
    pub files: String,
    /// Where mistakes are reported.
    pub issues: String,
}

impl Repository {
    /// The page of a file in a release.
    pub fn page(&self, release: &str, path: &str) -> String {
        filled(&self.pages, release, path)
    }

    /// The file itself, in a release.
    pub fn file(&self, release: &str, path: &str) -> String {
        filled(&self.files, release, path)
    }
}

fn filled(form: &str, release: &str, path: &str) -> String {
    form.replace("{release}", release).replace("{path}", path)
}

/// An OpenPGP key that packages are signed with.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SignKey {
    /// Its fingerprint, in capitals and without spaces.
    pub fingerprint: String,
    /// Where its public part is.
    pub url: String,
}

/// Somebody who maintains the charts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Maintainer {
    /// Name.
    pub name: String,
    /// Where to reach them.
    pub url: String,
}

/// An entry of `ports.yaml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Port {
    /// Port number without offset.
    pub number: serde_saphyr::Spanned<u16>,
    /// Scheme of a URL to this port.
    pub scheme: String,
    /// `appProtocol` of the Service's port, where it matters to gateways.
    #[serde(default)]
    pub app_protocol: Option<String>,
    /// The product's own variable for the number on this server, offset included.
    #[serde(default)]
    pub variable: Option<String>,
    /// What is served there.
    pub doc: String,
}

/// An entry of `endpoints.yaml`: something that users reach from outside the cluster.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Endpoint {
    /// Short title.
    pub title: String,
    /// What is reached.
    pub doc: String,
    /// Role of the pattern that serves it.
    pub role: Text,
    /// Port name.
    pub port: Text,
    /// Name of the port that serves the same in clear text.
    #[serde(default)]
    pub plain_port: Option<Text>,
    /// Key under `hostnames` in the values.
    pub hostname: Text,
    /// The endpoint exists only when its role and this one are played by different components.
    #[serde(default)]
    pub only_when_separate: Option<Text>,
}

/// `versions/<version>.yaml`: what differs between product versions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Version {
    /// The version, such as `4.7.0`.
    pub version: Text,
    /// Java version of the images.
    pub jdk: String,
    /// What is new.
    pub doc: String,
    /// The version of API Manager beside which it is used, for products of other families.
    #[serde(default)]
    pub beside: Option<Text>,
    /// Every node needs the same `encryption.key`.
    #[serde(default)]
    pub encryption_key: bool,
    /// The image's entrypoint stops the server on SIGTERM.
    pub entrypoint_forwards_sigterm: bool,
    /// So many event hub nodes are known to hear every event.
    #[serde(default)]
    pub event_hub_nodes_shown: u32,
    /// Which components use which database.
    #[serde(default)]
    pub databases: Databases,
    /// Overrides of defaults in `values/chart/*.yaml`, by dotted path.
    #[serde(default)]
    pub defaults: Table<Value>,
    /// Components that can share counters of rate limits.
    #[serde(default)]
    pub shared_counters: Vec<Text>,
    /// Where these facts come from.
    pub sources: Vec<String>,
}

/// Which components use which database.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Databases {
    /// Components that use `apim_db`.
    #[serde(default)]
    pub apim: Vec<Text>,
    /// Components that use `shared_db`.
    #[serde(default)]
    pub shared: Vec<Text>,
    /// Components whose nodes find each other in a database.
    #[serde(default)]
    pub coordination: Vec<Text>,
}

/// One of the shared databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Database {
    /// `apim_db`.
    Apim,
    /// `shared_db`.
    Shared,
    /// The database by which nodes of an integration cluster find each other.
    Coordination,
}

impl Database {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Apim, Self::Shared, Self::Coordination];

    /// Its key below `database` in the values, and its word in templates.
    pub fn key(self) -> &'static str {
        match self {
            Self::Apim => "apim",
            Self::Shared => "shared",
            Self::Coordination => "coordination",
        }
    }

    /// Its name in drawings.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Apim => "apim_db",
            Self::Shared => "shared_db",
            Self::Coordination => "coordination database",
        }
    }
}

impl Databases {
    /// The components that use a database.
    pub(crate) fn users(&self, database: Database) -> &[Text] {
        match database {
            Database::Apim => &self.apim,
            Database::Shared => &self.shared,
            Database::Coordination => &self.coordination,
        }
    }
}

impl Version {
    /// The component uses the database in this version.
    pub fn uses(&self, component: &str, database: Database) -> bool {
        let users = self.databases.users(database);
        users.iter().any(|user| user.value == component)
    }
}
