//! What a document says of servers beside API Manager.

use std::fmt;

use am_generator::model::table::Table;
use am_generator::yaml::Text;
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_saphyr::Spanned;

use super::reference::Reference;

/// A tenant of API Manager.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum Tenant {
    /// Its domain; releases are called after the first label of it.
    Plain(String),
    /// A domain, and what releases are called after.
    Labelled(LabelledTenant),
}

/// A tenant whose releases are not called after the first label of its domain.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LabelledTenant {
    /// Its domain, such as `acme.example.com`.
    #[schemars(length(min = 1))]
    pub domain: String,
    /// What its releases are called after.
    #[schemars(length(min = 1), regex(pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub label: String,
}

impl<'de> Deserialize<'de> for Tenant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TenantVisitor)
    }
}

/// Reads the fields of a mapping as strictly as those of any other, which an untagged enum does not.
struct TenantVisitor;

impl<'de> Visitor<'de> for TenantVisitor {
    type Value = Tenant;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a domain, or {domain: …, label: …}")
    }

    fn visit_str<E: de::Error>(self, domain: &str) -> Result<Tenant, E> {
        Ok(Tenant::Plain(domain.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Tenant, A::Error> {
        LabelledTenant::deserialize(MapAccessDeserializer::new(map)).map(Tenant::Labelled)
    }
}

impl Tenant {
    pub(crate) fn domain(&self) -> &str {
        match self {
            Self::Plain(domain) => domain,
            Self::Labelled(tenant) => &tenant.domain,
        }
    }

    pub(crate) fn label(&self) -> &str {
        match self {
            Self::Plain(domain) => domain.split('.').next().unwrap_or(domain),
            Self::Labelled(tenant) => &tenant.label,
        }
    }
}

/// Servers beside API Manager: one cluster of them, or one for each tenant. In texts below, `{tenant}` stands for the label of the tenant and `{domain}` for its domain.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Integrator {
    /// Which server.
    #[schemars(with = "String", extend("x-known" = "integrators"))]
    pub kind: Text,
    /// What its releases are called after, `<deployment>-<name>` and the tenant's label; its kind unless given.
    #[serde(default)]
    #[schemars(
        with = "Option<String>",
        length(min = 1),
        regex(pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
    )]
    pub name: Option<Text>,
    /// Its version; the one that was released beside API Manager's unless given.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub version: Option<Text>,
    /// Nodes of each cluster; 2 unless given. On machines they are its hosts.
    #[serde(default)]
    #[schemars(with = "Option<u32>", range(min = 1))]
    pub replicas: Option<Spanned<u32>>,
    /// Tenants that have a cluster each: `each`, or a list of domains. Without them one cluster is for everybody.
    #[serde(default)]
    #[schemars(with = "Option<Tenants>")]
    pub tenants: Option<Spanned<Tenants>>,
    /// Where what it runs comes from.
    #[serde(default)]
    pub artifacts: Option<Artifacts>,
    /// The database by which nodes of a cluster find each other. It is on the site's database server.
    #[serde(default)]
    pub coordination: Option<Coordination>,
    /// Its passwords, and the user with which it registers services.
    #[serde(default)]
    pub credentials: Option<Reference>,
    /// Public host names of its endpoints.
    #[serde(default)]
    #[schemars(with = "Option<std::collections::BTreeMap<String, String>>", extend("x-known-keys" = "integratorHostnames"))]
    pub hostnames: Table<Text>,
    /// More values of its chart. What this document decides itself may not be said here again.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Map<String, Value>>")]
    pub values: Table<Value>,
}

/// Which tenants have a cluster of their own.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "`each`, or a list of domains")]
pub enum Tenants {
    /// All that the document names, by the word `each`.
    Word(String),
    /// These.
    Some(Vec<String>),
}

/// Where artifacts come from; several of these may be given.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Artifacts {
    /// An image that holds them in `/artifacts`: `repository:tag`, or `repository@digest`.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(min = 1))]
    pub image: Option<Text>,
    /// An existing claim.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(min = 1))]
    pub existing_claim: Option<Text>,
    /// On machines: a folder in the folder of packs, of which each file is copied.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(min = 1))]
    pub folder: Option<Text>,
    /// Existing `ConfigMaps`, of which each key is a file.
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>")]
    pub config_maps: Vec<Text>,
}

impl Artifacts {
    /// What it names, each with its field.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&'static str, &Text)> {
        let single = [
            ("artifacts.image", &self.image),
            ("artifacts.existingClaim", &self.existing_claim),
            ("artifacts.folder", &self.folder),
        ];
        let single = single.into_iter();
        let single = single.filter_map(|(field, text)| Some((field, text.as_ref()?)));
        let maps = self.config_maps.iter();
        single.chain(maps.map(|text| ("artifacts.configMaps", text)))
    }
}

/// How nodes of a cluster find each other.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Coordination {
    /// Name of the database, which no other cluster uses.
    #[schemars(with = "String", length(min = 1))]
    pub database: Text,
}
