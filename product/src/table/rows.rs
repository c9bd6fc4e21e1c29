//! Rows of the table. They name each other by number.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::capability::Capability;
use crate::words::{ConfigurationFormat, Feature, Protocol, Purpose};

#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) versions: Vec<VersionRow>,
    pub(crate) distributions: Vec<DistributionRow>,
    pub(crate) components: Vec<ComponentRow>,
    pub(crate) ports: Vec<Port>,
    pub(crate) further_ports: Vec<FurtherPort>,
    pub(crate) purposes: Vec<PurposeRow>,
    pub(crate) image: Image,
}

#[derive(Debug)]
pub(crate) struct VersionRow {
    pub(crate) version: String,
    pub(crate) features: Vec<Feature>,
    /// Number of a row.
    pub(crate) like: Option<u8>,
}

#[derive(Debug)]
pub(crate) struct DistributionRow {
    pub(crate) name: String,
    pub(crate) pack: String,
    pub(crate) short: String,
    pub(crate) role_optional: bool,
    /// Number of a row.
    pub(crate) like: Option<u8>,
    /// Its own versions, one for each row of versions; none where they are the same.
    pub(crate) releases: Option<Vec<String>>,
    /// What they do.
    pub(crate) features: BTreeMap<String, Vec<Feature>>,
    pub(crate) configuration: String,
    pub(crate) format: ConfigurationFormat,
    pub(crate) catalogue: Option<String>,
    /// By its own version.
    pub(crate) users: BTreeMap<String, i64>,
    pub(crate) heap_variable: Option<String>,
    pub(crate) pid_file: String,
    pub(crate) artifacts: Option<String>,
    pub(crate) port_offset: u16,
}

#[derive(Debug)]
pub(crate) struct ComponentRow {
    pub(crate) name: String,
    pub(crate) title: String,
    /// Number of a row.
    pub(crate) distribution: u8,
    pub(crate) profile: Option<String>,
    pub(crate) start_script: String,
    pub(crate) values_key: String,
    /// Numbers of rows.
    pub(crate) ports: Vec<usize>,
    pub(crate) capabilities: Vec<Capability>,
    pub(crate) web_contexts: Vec<String>,
    pub(crate) logs_in_at: Vec<String>,
    pub(crate) shutdown_seconds: i64,
    pub(crate) stop_seconds: f64,
    pub(crate) picture: u8,
}

/// A port of the product.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Port {
    /// Our name for it, the same in every chart.
    pub name: String,
    /// Number before the offset.
    pub number: u16,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// What is spoken on it.
    pub speaks: Protocol,
    /// The key of a `deployment.toml` that moves it, or the JSON pointer in a `deployment.yaml`.
    pub moved_by: Option<String>,
    /// Keys that close it when they are false.
    #[serde(default)]
    pub switched_by: Vec<String>,
    /// Components that have one of these are reached on it by users and their browsers.
    #[serde(default)]
    pub(crate) users: Vec<Capability>,
}

/// A port that servers open besides, for nobody in a release.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FurtherPort {
    /// Number before the offset, unless it is moved.
    pub number: u16,
    /// The name of the port without which a server has it not.
    pub beside: Option<String>,
    /// The key of a `deployment.toml` that moves it.
    pub moved_by: String,
    /// The key that closes it when it is false.
    pub switched_by: String,
}

/// What the table says of a purpose.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct PurposeRow {
    pub(crate) purpose: Purpose,
    pub(crate) key: String,
    pub(crate) served_by: Vec<Capability>,
    /// Everybody, if there is none.
    #[serde(default)]
    pub(crate) used_by: Vec<Capability>,
}

/// What every image of the product has.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Image {
    /// The home of its user, below which the server's home is.
    pub home: String,
    /// Variables that hold the home of its user.
    pub home_variables: Vec<String>,
    /// Name of the program in that home which starts the server.
    pub(crate) entrypoint: String,
    /// Name of the folder in that home whose files the program copies over the server's home first.
    pub(crate) configuration_folder: String,
    /// Variables that its scripts and Java read.
    pub variables: Vec<String>,
    /// Words in their names that people take for each other.
    pub(crate) same_words: Vec<Vec<String>>,
    /// The one of them that sets Java's heap, unless a distribution has another.
    pub(crate) heap_variable: String,
    /// Number of the user to whom its files belong, unless a distribution has another. Group 0 may read them too where an image was
    /// made for that.
    pub user: i64,
    /// Folders below the server's home with files that the server needs.
    pub(crate) folders: Vec<String>,
    /// The same outside of any home.
    pub(crate) system_folders: Vec<String>,
}
