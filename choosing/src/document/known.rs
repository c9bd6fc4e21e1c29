//! What is known of a first document besides the recommendation: `data/document.yaml`.

use am_generator::model::table::Table;
use am_product::data::File;
use serde::Deserialize;

pub(super) const DATA: File = File::new(
    "choosing/data/document.yaml",
    include_str!("../../data/document.yaml"),
);
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Known {
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) domain: String,
    pub(super) credentials: String,
    pub(super) keystores: String,
    pub(super) overlays: Table<Overlay>,
    pub(super) hostnames: Hostnames,
    #[serde(rename = "identity-server")]
    pub(super) identity_server: IdentityServer,
    pub(super) integrators: Table<Cluster>,
    pub(super) everybody: String,
    pub(super) tenant: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hostnames {
    pub(super) whole: Table<String>,
    pub(super) every: Table<String>,
    pub(super) tokens: Table<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IdentityServer {
    pub(super) host: String,
    pub(super) cidr: String,
    pub(super) notifies: String,
    pub(super) replaces: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Overlay {
    #[serde(default)]
    pub(super) values: Option<String>,
    /// Values besides, by the kind of the database.
    #[serde(default)]
    pub(super) databases: Table<String>,
}

/// A cluster of integrators.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cluster {
    /// What it runs in a cluster of Kubernetes.
    pub(super) clusters: String,
    /// What it runs on machines.
    pub(super) machines: String,
    pub(super) secret: String,
    /// The database in which several nodes find each other.
    #[serde(default)]
    pub(super) pair: Option<String>,
    /// What is said of it above.
    #[serde(default)]
    pub(super) note: Option<String>,
}
