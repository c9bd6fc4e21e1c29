//! Components of a pattern and the connections between them, for pictures.

use serde::{Deserialize, Serialize};

use crate::{component::Component, finding::Finding};

/// Components and edges of a pattern, for pictures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Topology {
    /// Components with their nodes.
    pub nodes: Vec<Node>,
    /// Edges between them.
    pub edges: Vec<Edge>,
    /// Ways in from outside: Ingresses, `HTTPRoute`s and Routes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exposures: Vec<Exposure>,
    /// What goes to other sites of a deployment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crossings: Vec<Crossing>,
}

/// A connection from a component to one of another site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Crossing {
    /// Who connects.
    pub from: Component,
    /// The other site.
    pub site: String,
    /// To whom there.
    pub to: Component,
    /// Host as written.
    pub host: String,
    /// Port as written.
    pub port: u16,
    /// File that says so.
    pub file: String,
}

/// A host that is served to clients outside the cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exposure {
    /// Component that answers.
    pub to: Component,
    /// Host name that clients use.
    pub host: String,
    /// Port of the component, from 1.
    pub port: u16,
    /// Kind of the object that exposes it, such as `HTTPRoute`.
    pub kind: String,
    /// Name of that object.
    pub name: String,
}

/// A component as it is deployed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Component.
    pub component: Component,
    /// Number of nodes (pods).
    pub replicas: usize,
    /// Kind and name of its workloads.
    pub workloads: Vec<String>,
    /// Container ports, `name:number` or the number.
    pub ports: Vec<String>,
    /// Names of the Services that lead to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
}

/// A configured connection from one component to another (or to itself).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Edge {
    /// Who connects.
    pub from: Component,
    /// To whom; absent when the address leads to none of our components.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Component>,
    /// Host as written, or the external host.
    pub host: String,
    /// Port number.
    pub port: u16,
    /// Scheme, such as `tcp`.
    pub scheme: String,
    /// Configuration key that says so.
    pub key: String,
    /// Where it leads.
    pub verdict: EdgeVerdict,
    /// Ids of the requirements that report this edge as broken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken_by: Vec<String>,
}

/// Where a reference leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EdgeVerdict {
    /// To a port of a pod of the pattern.
    Resolves,
    /// To a name or port that nothing provides.
    Dangles,
    /// To a host that lives outside, as declared.
    External,
    /// It cannot be told statically.
    Unknown,
}

impl Edge {
    /// Whether it is drawn as broken: it leads nowhere, or a requirement reports it.
    pub(crate) fn is_broken(&self) -> bool {
        self.verdict == EdgeVerdict::Dangles || !self.broken_by.is_empty()
    }

    /// Whether `finding` reports this edge: it points to the key that makes it, in a file of the component
    /// where it starts, and the value responsible, where the finding names one, holds its host.
    pub(crate) fn is_reported_by(&self, finding: &Finding) -> bool {
        let key = finding
            .configuration
            .as_ref()
            .map_or("", |at| at.key.as_str());
        let same_component = finding
            .object
            .as_ref()
            .is_none_or(|object| object.name.contains(self.from.name()));
        let same_host = finding
            .value
            .as_ref()
            .is_none_or(|value| value.contains(&self.host));
        !key.is_empty() && key == self.key && same_component && same_host
    }
}
