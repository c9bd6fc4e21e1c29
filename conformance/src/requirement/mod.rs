//! Requirements: what a pattern must be, as data.
//!
//! Every requirement lives in `conformance/requirements/<family>.yaml`; [`Catalogue`] reads them
//! strictly. How a requirement is checked is in [`crate::checks`], how its check is proved able to
//! fail is its list of [`Mutant`]s.

mod catalogue;
mod condition;
mod mutant;
mod own;
mod row;

use am_product::Pattern;
use serde::{Deserialize, Serialize};

pub use catalogue::Catalogue;
pub use condition::{AppliesWhen, Condition, Server};
pub use mutant::{Mutant, Selector, Step, TomlSelector};
pub use own::{Examples, Own};
pub use row::{Each, OneOrMore, Row, Variable};

use crate::component::Component;

/// How binding a requirement is (RFC 2119).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// A chart that does not meet it is not conformant.
    #[default]
    Must,
    /// A chart that does not meet it is conformant, but a finding says so.
    Should,
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
        })
    }
}

/// A group of requirements that are about the same thing; one file and one check module each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each name is the family's title")]
pub enum Family {
    Distribution,
    Topology,
    Wiring,
    Configuration,
    Network,
    Region,
    Integration,
    Machine,
    Security,
    Operations,
    Upgrade,
    Helm,
    Kubernetes,
    /// Requirements that users bring.
    Own,
}

impl Family {
    /// Every family of the suite, in the order in which reports list them.
    pub const ALL: [Self; 13] = [
        Self::Distribution,
        Self::Topology,
        Self::Wiring,
        Self::Configuration,
        Self::Network,
        Self::Region,
        Self::Integration,
        Self::Machine,
        Self::Security,
        Self::Operations,
        Self::Upgrade,
        Self::Helm,
        Self::Kubernetes,
    ];

    /// File name under `conformance/requirements`, without its ending.
    pub fn name(self) -> &'static str {
        match self {
            Self::Distribution => "distribution",
            Self::Topology => "topology",
            Self::Wiring => "wiring",
            Self::Configuration => "configuration",
            Self::Network => "network",
            Self::Region => "region",
            Self::Integration => "integration",
            Self::Machine => "machine",
            Self::Security => "security",
            Self::Operations => "operations",
            Self::Upgrade => "upgrade",
            Self::Helm => "helm",
            Self::Kubernetes => "kubernetes",
            Self::Own => "own",
        }
    }

    /// What the ids of the family's requirements start with, such as `AM-WIRE-`.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Distribution => "AM-DIST-",
            Self::Topology => "AM-TOPO-",
            Self::Wiring => "AM-WIRE-",
            Self::Configuration => "AM-CONF-",
            Self::Network => "AM-NET-",
            Self::Region => "AM-REG-",
            Self::Integration => "AM-INT-",
            Self::Machine => "AM-VM-",
            Self::Security => "AM-SEC-",
            Self::Operations => "AM-OPS-",
            Self::Upgrade => "AM-UPG-",
            Self::Helm => "AM-HELM-",
            Self::Kubernetes => "AM-K8S-",
            Self::Own => "",
        }
    }
}

/// One thing that a pattern must or should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Requirement {
    /// Stable id, such as `AM-WIRE-003`. Never reused for something else.
    pub id: String,
    /// How binding it is.
    pub level: Level,
    /// A few words for tables.
    pub title: String,
    /// One sentence in RFC 2119 words.
    pub text: String,
    /// Where it comes from: a source document or a fact about the product.
    pub source: String,
    /// Where it asks for something.
    #[serde(default)]
    pub applies_to: AppliesTo,
    /// When it asks for something there. A check that looks at nothing then is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applies_when: Option<AppliesWhen>,
    /// Why it finds nothing to look at in any chart of ours, in those cases where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub never_looked_at: Option<String>,
    /// What must hold for each of something. Other requirements have a check in code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Row>,
    /// How it looks when it is not met, and the fix.
    pub example: Example,
    /// Changes to a conformant chart that must make its check fail; at least one.
    pub mutants: Vec<Mutant>,
    /// The family, from the file that holds it.
    #[serde(skip_deserializing, default = "unset_family")]
    pub family: Family,
    /// Where it comes from, when a user brings it.
    #[serde(skip)]
    pub own: Option<Own>,
}

fn unset_family() -> Family {
    Family::Distribution
}

/// Where a requirement asks for something. An empty list means everywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppliesTo {
    /// Pattern numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patterns: Vec<Pattern>,
    /// Pattern numbers for which it does not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except_patterns: Vec<Pattern>,
    /// Components, or capabilities for all that have them; the requirement applies to patterns that have one of them.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "crate::component::words"
    )]
    pub components: Vec<Component>,
    /// Product versions, as `4.7` or `4.7.0`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// Platforms (overlays).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<String>,
    /// Platforms (overlays) for which it does not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except_platforms: Vec<String>,
    /// Whether it is about every chart, or about the layout that only our generated charts promise.
    #[serde(default)]
    pub charts: Charts,
    /// Whether every subject is judged, or one stands for all of a chart.
    #[serde(default)]
    pub subjects: Subjects,
    /// On what the servers run that it is about; unless given, what the file says for all of its requirements, which is clusters unless it says otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs_on: Vec<Ground>,
    /// The layers of the product that it is about; unless given, what the file says for all of its requirements, which is API management
    /// unless it says otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<Layer>,
}

impl AppliesTo {
    /// Whether it is about servers of that layer.
    pub fn is_about_layer(&self, layer: Layer) -> bool {
        self.layers.contains(&layer) || self.layers.is_empty() && layer == Layer::ApiManagement
    }

    /// Whether it is about servers that run there.
    pub fn is_about(&self, ground: Ground) -> bool {
        self.runs_on.contains(&ground) || self.runs_on.is_empty() && ground == Ground::Clusters
    }
}

/// On what servers run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// Pods of Kubernetes, made by charts.
    Clusters,
    /// Virtual machines, with files that lie on them.
    Machines,
}

/// A layer of the product. Source: the vendor's deployment overview (docs-apim, deployment patterns).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// API Manager: the numbered patterns.
    ApiManagement,
    /// What is installed beside it, in charts of their own.
    Integration,
}

impl Layer {
    /// The layer of a pattern.
    pub fn of(pattern: Pattern) -> Self {
        match pattern {
            Pattern::Numbered(_) => Self::ApiManagement,
            Pattern::Companion(_) => Self::Integration,
        }
    }
}

/// Which subjects of a chart a requirement is judged on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subjects {
    /// Every combination of platform and variant.
    #[default]
    Every,
    /// One of each pattern and product version: the requirement is about the chart's files, or makes variations of its own.
    Representative,
}

/// Which charts a requirement is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Charts {
    /// Any chart of the product.
    #[default]
    Any,
    /// Charts with the layout that the generator promises.
    Generated,
}

/// A failure as its user meets it, and what to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Example {
    /// What goes wrong, with the configuration that causes it.
    pub failure: String,
    /// What to write instead.
    pub fix: String,
}
