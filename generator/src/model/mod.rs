//! The model: everything that the generator knows about the product, as typed data.
//!
//! `generator/model/README.md` describes the files. [`Model::load`] reads them strictly and checks every reference.

pub mod component;
pub mod controller;
pub mod credentials;
pub mod databases;
pub mod events;
pub mod gateway_class;
mod loaded;
pub mod observability;
pub mod pattern;
pub mod product;
pub mod release;
pub mod table;
pub mod values;
pub mod wiring;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::yaml::Text;

pub use loaded::Loaded;

use component::Component;
use controller::Controller;
use credentials::Credentials;
use databases::DatabaseType;
use events::Events;
use gateway_class::GatewayClass;
use observability::{Alert, Logger, Metrics, Panel};
use pattern::Pattern;
use product::{Endpoint, Port, Product, Version};
use release::Release;
use table::Table;
use values::{Platform, Values};
use wiring::{Setting, Wiring};

/// What the labels of families besides API Manager's hold.
pub(crate) const FAMILIES: &str = "families/";

/// `observability/*.yaml`.
#[derive(Debug, Clone)]
pub struct Observability {
    /// `logs.yaml`.
    pub logs: Loaded<Vec<Logger>>,
    /// `metrics.yaml`.
    pub metrics: Loaded<Metrics>,
    /// `alerts.yaml`.
    pub alerts: Loaded<Vec<Alert>>,
    /// `panels.yaml`.
    pub panels: Loaded<Vec<Panel>>,
}

/// Everything that the generator knows about the product.
#[derive(Debug, Clone)]
pub struct Model {
    /// Where its own files are, as shown to the user. What it shares with another family lies elsewhere.
    pub label: String,
    /// `product.yaml`.
    pub product: Loaded<Product>,
    /// `releases.yaml`, newest first.
    pub releases: Loaded<Vec<Release>>,
    /// `ports.yaml`.
    pub ports: Loaded<Table<Port>>,
    /// `endpoints.yaml`.
    pub endpoints: Loaded<Table<Endpoint>>,
    /// `controllers.yaml`.
    pub controllers: Loaded<Table<Controller>>,
    /// `versions/*.yaml`, oldest first.
    pub versions: Vec<Loaded<Version>>,
    /// `components/*.yaml` by name.
    pub components: BTreeMap<String, Loaded<Component>>,
    /// `patterns/*.yaml` by number.
    pub patterns: Vec<Loaded<Pattern>>,
    /// `wiring.yaml`.
    pub wiring: Loaded<Wiring>,
    /// `gateway-classes.yaml`.
    pub gateway_classes: Loaded<Table<GatewayClass>>,
    /// `databases.yaml`.
    pub databases: Loaded<Table<DatabaseType>>,
    /// `events.yaml`, where nodes mirror events.
    pub events: Option<Loaded<Events>>,
    /// `observability/*.yaml`.
    pub observability: Observability,
    /// `credentials.yaml`.
    pub credentials: Loaded<Credentials>,
    /// `configuration/*.yaml` in the order of file names.
    pub configuration: Vec<Loaded<Vec<Setting>>>,
    /// `values/chart/*.yaml`.
    pub chart_values: Values,
    /// `values/component/*.yaml`.
    pub component_values: Values,
    /// `values/definitions.yaml`.
    pub definitions: Loaded<Table<Value>>,
    /// `platforms/*.yaml` by name.
    pub platforms: Vec<Loaded<Platform>>,
}

impl Model {
    /// The newest product version.
    pub(crate) fn newest_version(&self) -> Option<&Loaded<Version>> {
        self.versions.last()
    }

    /// The newest release: the one that charts are made for.
    pub fn newest_release(&self) -> Option<&Release> {
        self.releases.value.first()
    }

    /// The version of the charts for a product version, such as `4.7.100`.
    pub fn chart_version(&self, product_version: &str) -> Option<String> {
        release::chart_version(product_version, &self.newest_release()?.version.value)
    }

    /// A product version by its number, such as `4.6.0`.
    pub fn version(&self, version: &str) -> Option<&Loaded<Version>> {
        self.versions
            .iter()
            .find(|known| known.version.value == version)
    }

    /// The version that is used beside one of API Manager; that one itself in API Manager's own family.
    pub fn version_beside(&self, main: &str) -> Option<&Loaded<Version>> {
        let beside = |version: &&Loaded<Version>| {
            let beside = version.beside.as_ref().unwrap_or(&version.version);
            beside.value == main
        };
        self.versions.iter().find(beside)
    }

    /// Whether it is a product's beside API Manager.
    pub(crate) fn is_beside(&self) -> bool {
        self.label.contains(FAMILIES)
    }

    /// What notices call the model.
    pub(crate) fn source(&self) -> &str {
        // A copy of API Manager's model elsewhere makes the same charts.
        if self.is_beside() {
            &self.label
        } else {
            "generator/model"
        }
    }

    /// Whether a file is read by this family but belongs to another one, whose own checks are stricter: it may name what only that one has.
    pub(crate) fn borrows(&self, file: &str) -> bool {
        self.is_beside() && !file.contains(FAMILIES)
    }

    /// The roles that patterns distribute.
    pub(crate) fn roles(&self) -> impl Iterator<Item = &str> {
        strings(&self.product.value.roles)
    }

    /// A pattern by its name, such as `am-pattern-3`.
    pub fn pattern(&self, name: &str) -> Option<&Loaded<Pattern>> {
        self.patterns.iter().find(|known| known.name.value == name)
    }
}

/// Names as plain strings.
pub(crate) fn strings(names: &[Text]) -> impl Iterator<Item = &str> {
    names.iter().map(|name| name.value.as_str())
}
