//! `wiring.yaml` and `configuration/*.yaml`: what goes into each `deployment.toml`.

use serde::Deserialize;
use serde_json::Value;

use super::product::Database;
use super::table::Table;
use crate::yaml::Text;

/// `wiring.yaml`: address forms, and who talks to whom through which key.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Wiring {
    /// How an address is written, by name.
    pub forms: Table<Form>,
    /// Which key holds the address of whom.
    pub edges: Vec<Edge>,
}

/// How an address is written: a URL, or a group of two URLs for one event receiver.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Form {
    /// Scheme of the URL.
    #[serde(default)]
    pub scheme: Option<String>,
    /// Port name of the URL.
    #[serde(default)]
    pub port: Option<Text>,
    /// Path of the URL.
    #[serde(default)]
    pub path: Option<String>,
    /// Receiver URLs of a group.
    #[serde(default)]
    pub receiver: Option<GroupField>,
    /// Authentication URLs of a group.
    #[serde(default)]
    pub authentication: Option<GroupField>,
    /// Type of a group.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
}

/// One list of URLs in a group.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GroupField {
    /// Key of the list.
    pub field: String,
    /// Scheme of its URLs.
    pub scheme: String,
    /// Port name of its URLs.
    pub port: Text,
}

/// A [`Form`] after the check that it is one of the two kinds.
#[derive(Debug, Clone, Copy)]
pub enum FormKind<'a> {
    /// `scheme://host:port/path`.
    Url {
        /// Scheme.
        scheme: &'a str,
        /// Port name.
        port: &'a Text,
        /// Path, empty when there is none.
        path: &'a str,
    },
    /// A table with two lists of URLs.
    Group {
        /// Type of the group.
        kind: &'a str,
        /// Receiver URLs.
        receiver: &'a GroupField,
        /// Authentication URLs.
        authentication: &'a GroupField,
    },
}

impl Form {
    /// Which kind the form is; `None` when its fields belong to neither or to both.
    pub fn kind(&self) -> Option<FormKind<'_>> {
        match (
            &self.scheme,
            &self.port,
            &self.receiver,
            &self.authentication,
            &self.kind,
        ) {
            (Some(scheme), Some(port), None, None, None) => Some(FormKind::Url {
                scheme,
                port,
                path: self.path.as_deref().unwrap_or_default(),
            }),
            (None, None, Some(receiver), Some(authentication), Some(kind))
                if self.path.is_none() =>
            {
                Some(FormKind::Group {
                    kind,
                    receiver,
                    authentication,
                })
            }
            _ => None,
        }
    }
}

impl<'a> FormKind<'a> {
    /// Names of the ports that the form needs.
    pub fn ports(self) -> Vec<&'a Text> {
        match self {
            Self::Url { port, .. } => vec![port],
            Self::Group {
                receiver,
                authentication,
                ..
            } => vec![&receiver.port, &authentication.port],
        }
    }
}

/// An address in a component's configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Edge {
    /// Dotted path of the key.
    pub key: Text,
    /// Components that have it.
    pub on: Vec<Text>,
    /// Role of the peer, or `self`.
    pub to: Text,
    /// Name of the address form.
    pub form: Text,
    /// Which nodes of the peer.
    pub reach: Reach,
    /// Which nodes where the component plays the role itself, when that differs.
    #[serde(default)]
    pub own_reach: Option<Reach>,
    /// The component's server listens there for as long as it lives, and hears nothing when nobody accepts at its start.
    #[serde(default)]
    pub listens: bool,
    /// What the address is for.
    pub doc: String,
    /// Where this comes from.
    #[serde(default)]
    pub source: Option<String>,
}

/// Which nodes of a peer an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// The peer's Service.
    Service,
    /// A list of every node.
    EveryNode,
    /// A list of this node alone, as `localhost`.
    OwnNode,
    /// A list of every node but this one.
    OtherNodes,
    /// A list with the first node that is not this one.
    FirstOtherNode,
    /// This server, as `localhost` and the product's own variable for the port.
    OwnServer,
}

impl Reach {
    /// It needs nodes with addresses of their own.
    pub(crate) fn needs_stable_nodes(self) -> bool {
        !matches!(self, Self::Service | Self::OwnServer)
    }

    /// It leads to another pod, or may.
    pub(crate) fn leaves_the_pod(self) -> bool {
        !matches!(self, Self::OwnNode | Self::OwnServer)
    }
}

/// An entry of `configuration/*.yaml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Setting {
    /// Dotted path of the key.
    pub key: Text,
    /// The value; strings may hold Helm and generator expressions.
    pub value: Value,
    /// Components that have it; every component when missing.
    #[serde(default)]
    pub on: Option<Vec<Text>>,
    /// Versions that have it; every version when missing.
    #[serde(default)]
    pub versions: Option<Vec<Text>>,
    /// Only components that use this database.
    #[serde(default)]
    pub database: Option<Database>,
    /// Helm condition.
    #[serde(default)]
    pub when: Option<Text>,
    /// Only components that play one of these roles in the pattern.
    #[serde(default)]
    pub roles: Option<Vec<Text>>,
    /// Only patterns whose event hub may have several nodes.
    #[serde(default)]
    pub hub: bool,
    /// What it is for.
    #[serde(default)]
    pub doc: Option<String>,
}
