//! The model: everything that the generator knows about the product, as typed data.
//!
//! `generator/model/README.md` describes the files. [`Model::load`] reads them strictly and checks every reference.

pub mod component;
pub mod controller;
pub mod credentials;
pub mod databases;
pub mod events;
pub mod gateway_class;
pub mod observability;
pub mod pattern;
pub mod product;
pub mod table;
pub mod values;
pub mod wiring;

use std::collections::BTreeMap;
use std::ops::Deref;

use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::yaml::{self, Text};

use component::Component;
use controller::Controller;
use credentials::Credentials;
use databases::DatabaseType;
use events::Events;
use gateway_class::GatewayClass;
use observability::{Alert, Logger, Metrics, Panel};
use pattern::Pattern;
use product::{Endpoint, Port, Product, Version};
use table::Table;
use values::{Platform, Values};
use wiring::{Setting, Wiring};

/// A value together with the file that it was read from.
#[derive(Debug, Clone)]
pub struct Loaded<T> {
    /// Path as shown to the user, such as `generator/model/ports.yaml`.
    pub file: String,
    /// What the file holds.
    pub value: T,
}

impl<T> Deref for Loaded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Loaded<T> {
    /// A diagnostic about something in this file.
    pub fn diagnose<V>(
        &self,
        at: &serde_saphyr::Spanned<V>,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::new(yaml::place(&self.file, at.referenced), message)
    }
}

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
    /// `product.yaml`.
    pub product: Loaded<Product>,
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
    /// `events.yaml`.
    pub events: Loaded<Events>,
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

    /// A product version by its number, such as `4.6.0`.
    pub fn version(&self, version: &str) -> Option<&Loaded<Version>> {
        self.versions
            .iter()
            .find(|known| known.version.value == version)
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
