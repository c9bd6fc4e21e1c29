//! Rendered Kubernetes documents with typed, tolerant accessors: what is missing or mistyped reads as
//! absent, because judging that is the work of checks, not of a parser that gives up.

mod balancer;
mod container;
mod decoded;
mod firewall;
mod json;
mod machines;
mod policy;
mod route;
mod selector;
mod service;
mod workload;

use std::collections::BTreeMap;

use serde_json::Value;

pub use balancer::{Balanced, Check, Front, Said, Tls};
pub use container::{Container, ContainerPort, EnvSource, EnvVar, Mount};
pub use decoded::Decoded;
pub use firewall::{Firewall, Rule};
pub(crate) use firewall::{covers, holds, is_range};
pub(crate) use json::{array_at, integer_at, str_at, strings_at};
pub use machines::{
    DATABASES, FIREWALL, Host, INVENTORY, LOAD_BALANCER, MACHINE, Machines, OVERLAY, UNIT,
};
pub use policy::{Autoscaler, DisruptionBudget, NetworkPolicy, PolicyPeer, PolicyPort, PolicyRule};
pub(crate) use route::answers;
pub use route::{Backend, Route, routes};
pub use selector::LabelSelector;
pub use service::{Service, ServicePort, TargetPort};
pub use workload::{Modes, PodTemplate, Volume, VolumeSource, Workload};

use crate::finding::ObjectRef;

/// The label that says which component a server is.
pub const COMPONENT: &str = "app.kubernetes.io/component";
/// The label of servers that are a tenant's, as our charts have it.
pub const TENANT: &str = "am-charts/tenant";

/// One rendered document and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Helm release.
    pub release: String,
    /// Chart name, as in its directory.
    pub chart: String,
    /// Template inside the chart.
    pub template: String,
    /// Rendered text.
    pub text: String,
    /// Namespace in which the release is installed, which namespaced objects without one take.
    pub release_namespace: String,
    /// Parsed document.
    pub value: Value,
}

/// Whether `path` is `prefix` or below it, element by element.
pub(crate) fn is_below(prefix: &str, path: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Object {
    /// Kind; empty when missing.
    pub fn kind(&self) -> &str {
        self.str("/kind").unwrap_or_default()
    }

    /// API version; empty when missing.
    pub fn api_version(&self) -> &str {
        self.str("/apiVersion").unwrap_or_default()
    }

    /// Name; empty when missing.
    pub fn name(&self) -> &str {
        self.str("/metadata/name").unwrap_or_default()
    }

    /// Namespace: its own, else the release's.
    pub fn namespace(&self) -> &str {
        self.str("/metadata/namespace")
            .unwrap_or(&self.release_namespace)
    }

    /// Whether the operator gives the whole object, in the values (`extraObjects`).
    pub(crate) fn is_extra(&self) -> bool {
        self.template.ends_with("/extra-objects.yaml")
    }

    /// The string at a JSON pointer.
    pub fn str(&self, pointer: &str) -> Option<&str> {
        str_at(&self.value, pointer)
    }

    /// Labels of the object itself.
    pub fn labels(&self) -> BTreeMap<&str, &str> {
        strings_at(&self.value, "/metadata/labels")
    }

    /// Annotations of the object itself.
    pub fn annotations(&self) -> BTreeMap<&str, &str> {
        strings_at(&self.value, "/metadata/annotations")
    }

    /// Whether Helm runs it as a hook (tests included) instead of keeping it in the release.
    pub(crate) fn is_hook(&self) -> bool {
        self.annotations().contains_key("helm.sh/hook")
    }

    /// How findings name it.
    pub fn reference(&self) -> ObjectRef {
        ObjectRef {
            kind: self.kind().to_owned(),
            name: self.name().to_owned(),
            namespace: self.namespace().to_owned(),
            release: self.release.clone(),
        }
    }
}

/// All documents of a subject, of all its releases.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Manifest {
    /// The documents, release by release, in Helm's order.
    pub objects: Vec<Object>,
    /// What is wrong with texts, and releases of which there is none.
    pub flaws: Vec<Flaw>,
    /// Values of Secrets, decoded when they are first asked for.
    pub decoded: Decoded,
    /// The machines of a site, where it is none of a cluster.
    pub machines: Option<Machines>,
    /// Documents of releases that are there too, and are judged by themselves.
    pub beside: Option<Box<Manifest>>,
    /// Documents of the other sites of a deployment, which are judged by themselves.
    pub sites: BTreeMap<String, Manifest>,
}

/// A text that Helm or Kubernetes cannot read as it was meant, or a release that has none.
#[derive(Debug, Clone, PartialEq)]
pub struct Flaw {
    /// Release, chart, template and text; the rest is not known.
    pub object: Object,
    /// The line: of the text, or of the template where there is no text.
    pub line: Option<usize>,
    /// What is wrong.
    pub kind: FlawKind,
}

impl Flaw {
    /// What is wrong, in one sentence, lower case first.
    pub fn sentence(&self) -> String {
        let document = || {
            format!(
                "line {} of a document that {} renders in release {}",
                self.line.unwrap_or(1),
                self.object.template,
                self.object.release
            )
        };
        match &self.kind {
            FlawKind::NotRendered(why) => {
                format!("release {} does not render: {why}", self.object.release)
            }
            FlawKind::NotYaml(why) => format!("{} is no YAML: {why}", document()),
            FlawKind::KeyTwice(key) => {
                format!(
                    "{} has the key `{key}` twice; Helm takes the last",
                    document()
                )
            }
        }
    }
}

/// A kind of [`Flaw`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlawKind {
    /// The release does not render; Helm's words.
    NotRendered(String),
    /// A document is no YAML; the parser's words.
    NotYaml(String),
    /// A mapping has a key twice.
    KeyTwice(String),
}

impl Manifest {
    /// A release that does not render, so that what it would bring is missing, and why, in one sentence.
    pub(crate) fn missing_release(&self) -> Option<String> {
        self.flaws
            .iter()
            .find(|flaw| matches!(flaw.kind, FlawKind::NotRendered(_)))
            .map(Flaw::sentence)
    }

    /// Whether documents of a release are missing because it does not render, or one of them is no YAML.
    pub fn is_partial(&self, release: &str) -> bool {
        self.flaws
            .iter()
            .filter(|flaw| !matches!(flaw.kind, FlawKind::KeyTwice(_)))
            .any(|flaw| flaw.object.release == release)
    }

    /// Whether documents of any release are missing.
    pub(crate) fn is_any_partial(&self) -> bool {
        self.flaws
            .iter()
            .any(|flaw| self.is_partial(&flaw.object.release))
    }

    /// Whether Helm refuses a release because a document of it is no YAML.
    pub(crate) fn is_refused(&self, release: &str) -> bool {
        self.flaws
            .iter()
            .any(|flaw| flaw.object.release == release && matches!(flaw.kind, FlawKind::NotYaml(_)))
    }

    /// Documents of a kind.
    pub(crate) fn of_kind<'a, 'k>(
        &'a self,
        kind: &'k str,
    ) -> impl Iterator<Item = &'a Object> + use<'a, 'k> {
        self.objects
            .iter()
            .filter(move |object| object.kind() == kind)
    }

    /// The document with this kind, namespace and name.
    pub fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&Object> {
        self.objects
            .iter()
            .filter(|object| object.kind() == kind)
            .find(|object| object.name() == name && object.namespace() == namespace)
    }

    /// Everything that makes pods.
    pub fn workloads(&self) -> Vec<Workload<'_>> {
        self.objects.iter().filter_map(Workload::of).collect()
    }

    /// Every Service.
    pub fn services(&self) -> Vec<Service<'_>> {
        self.of_kind("Service")
            .map(|object| Service { object })
            .collect()
    }
}
