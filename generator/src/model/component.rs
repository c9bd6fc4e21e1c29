//! `components/<component>.yaml`: a distribution and how it runs.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::table::Table;
use crate::yaml::Text;

/// A component of the product.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Component {
    /// Name in kebab-case; equals the file's name.
    pub name: Text,
    /// Title.
    pub title: String,
    /// What it does.
    pub doc: String,
    /// Distribution, such as `wso2am-acp`.
    pub distribution: String,
    /// Image repository.
    pub repository: String,
    /// Script that the image's entrypoint starts.
    pub start_script: String,
    /// Value of `PROFILE_NAME`, for the one distribution that still has a profile.
    #[serde(default)]
    pub profile: Option<String>,
    /// Kind of the workload.
    pub workload: Workload,
    /// Names of the ports it listens on.
    pub ports: Vec<Text>,
    /// Those of them that its Service has; all, when missing.
    #[serde(default)]
    pub service_ports: Option<Vec<Text>>,
    /// What clouds' load balancers ask over TLS, where that is not what the kubelet asks.
    #[serde(default)]
    pub health: Option<Health>,
    /// Endpoint whose host name is the server's own; `none` means its Service.
    pub server_endpoint: Text,
    /// Directories that outlive a pod.
    pub storage: Vec<Storage>,
    /// How Kubernetes asks whether it is well.
    pub probes: Probes,
    /// Seconds that the server needs to stop.
    pub shutdown_seconds: u32,
    /// Overrides of defaults in `values/component/*.yaml`, by dotted path.
    pub defaults: Table<Value>,
    /// What every overlay but those for development sets below its key: its sizes.
    #[serde(default)]
    pub production: Option<Table<Value>>,
    /// What the pod of `helm test` asks, where that is not what the kubelet asks.
    #[serde(default)]
    pub test: Option<Test>,
    /// Where these facts come from.
    pub sources: Vec<String>,
}

/// A path that tells over TLS whether a node serves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Health {
    /// Port name.
    pub port: Text,
    /// Path; that of the readiness probe, when missing.
    #[serde(default)]
    pub path: Option<String>,
}

/// A URL of the component's Service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Test {
    /// Port name.
    pub port: Text,
    /// Path.
    pub path: String,
    /// Options of curl besides those of every test.
    #[serde(default)]
    pub options: Vec<String>,
}

impl Component {
    /// The ports of its Service.
    pub(crate) fn served_ports(&self) -> &[Text] {
        self.service_ports.as_deref().unwrap_or(&self.ports)
    }

    /// It listens on the port.
    pub fn listens_on(&self, port: &str) -> bool {
        self.ports.iter().any(|name| name.value == port)
    }

    /// Name of the endpoint that gives the server its host name.
    pub(crate) fn server_endpoint(&self) -> Option<&str> {
        Some(self.server_endpoint.value.as_str()).filter(|name| *name != "none")
    }
}

/// Kind of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Workload {
    /// Stable nodes with their own addresses.
    StatefulSet,
    /// Interchangeable pods.
    Deployment,
}

impl Workload {
    /// The Kubernetes kind.
    pub fn kind(self) -> &'static str {
        match self {
            Self::StatefulSet => "StatefulSet",
            Self::Deployment => "Deployment",
        }
    }

    /// The types of update strategies that Kubernetes has for it.
    pub(crate) fn update_strategies(self) -> [&'static str; 2] {
        match self {
            Self::StatefulSet => ["RollingUpdate", "OnDelete"],
            Self::Deployment => ["RollingUpdate", "Recreate"],
        }
    }

    /// Its nodes have addresses of their own.
    pub(crate) fn is_stable(self) -> bool {
        self == Self::StatefulSet
    }
}

/// A directory that outlives a pod.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(
    deny_unknown_fields,
    rename_all(deserialize = "kebab-case", serialize = "camelCase")
)]
pub struct Storage {
    /// Name of the volume.
    pub name: String,
    /// Where it is mounted.
    pub mount_path: String,
    /// Size as a Kubernetes quantity.
    pub size: String,
    /// What it is for.
    pub doc: String,
    /// Kind of the data, such as `h2`.
    pub holds: String,
}

/// The three probes.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Probes {
    /// Startup probe.
    pub startup: Probe,
    /// Liveness probe.
    pub liveness: Probe,
    /// Readiness probe.
    pub readiness: Probe,
}

impl Probes {
    /// The probes with their names.
    pub fn named(&self) -> [(&'static str, &Probe); 3] {
        [
            ("startup", &self.startup),
            ("liveness", &self.liveness),
            ("readiness", &self.readiness),
        ]
    }
}

/// How one question is asked. Times are seconds.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(
    deny_unknown_fields,
    rename_all(deserialize = "kebab-case", serialize = "camelCase")
)]
pub struct Probe {
    /// Open a connection, or ask over HTTP and follow redirects or not.
    pub kind: ProbeKind,
    /// Port name.
    #[serde(serialize_with = "text")]
    pub port: Text,
    /// `HTTP` or `HTTPS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// Path of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Time before the first question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_delay_seconds: Option<u32>,
    /// Time between questions.
    pub period_seconds: u32,
    /// Time for an answer.
    pub timeout_seconds: u32,
    /// How many bad answers decide.
    pub failure_threshold: u32,
}

/// Kind of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeKind {
    /// A connection.
    Tcp,
    /// An HTTP request; redirects are followed.
    Http,
    /// An HTTP request that must be answered by 200 itself.
    Status,
}

fn text<S: serde::Serializer>(text: &Text, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text.value)
}
