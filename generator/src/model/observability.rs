//! `observability/*.yaml`: what the product logs and measures, and what alerts and the dashboard make of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::yaml::Text;

/// A logger whose level is not the root's.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Logger {
    /// Its name.
    pub logger: String,
    /// Its level.
    pub level: String,
    /// Its events go to the console alone.
    #[serde(default)]
    pub apart: bool,
    /// Value below `logging` without which it is off.
    #[serde(default)]
    pub switch: Option<String>,
    /// Only components that serve API traffic have it.
    #[serde(default)]
    pub traffic: bool,
    /// What it tells.
    #[serde(default)]
    pub doc: Option<String>,
}

/// What is measured.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// MBeans of the product.
    pub beans: Vec<Bean>,
    /// Object names that the exporter reads at all.
    pub objects: Vec<String>,
    /// Metrics of Java that the exporter has without a rule.
    pub java: Vec<String>,
    /// Metrics that the cluster has of pods.
    pub cluster: Vec<String>,
}

impl Metrics {
    /// Every metric that alerts and panels may ask for.
    pub(crate) fn known(&self) -> impl Iterator<Item = &str> {
        let read = self.beans.iter().flat_map(|bean| &bean.metrics);
        read.map(|metric| &metric.name)
            .chain(&self.java)
            .chain(&self.cluster)
            .map(String::as_str)
    }
}

/// MBeans of one kind.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Bean {
    /// Pattern of the exporter for their names.
    pub bean: String,
    /// Only components that serve API traffic have them.
    #[serde(default)]
    pub traffic: bool,
    /// Labels, made from the pattern's groups.
    pub labels: BTreeMap<String, String>,
    /// By what values are multiplied.
    #[serde(default)]
    pub factor: Option<Value>,
    /// What is read from them.
    pub metrics: Vec<Metric>,
}

/// An attribute of an MBean as a metric.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Name of the attribute.
    pub attribute: String,
    /// Name of the metric.
    pub name: String,
    /// `COUNTER` or `GAUGE`.
    pub r#type: String,
    /// What it is.
    pub help: String,
}

/// An alert.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// Its name.
    pub alert: String,
    /// PromQL with Helm expressions.
    pub expr: Text,
    /// How long it must hold.
    pub r#for: String,
    /// How bad it is.
    pub severity: String,
    /// Only where the release serves API traffic.
    #[serde(default)]
    pub traffic: bool,
    /// One line.
    pub summary: String,
    /// What to do.
    pub description: String,
}

/// A panel of the dashboard.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// Its title.
    pub title: String,
    /// Grafana's name of the unit.
    pub unit: String,
    /// What it shows.
    pub doc: String,
    /// PromQL.
    pub expr: Text,
    /// Name of a line.
    pub legend: String,
    /// Only where the release serves API traffic.
    #[serde(default)]
    pub traffic: bool,
}
