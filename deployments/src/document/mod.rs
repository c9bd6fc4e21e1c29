//! The document: `kind: ApiManagerDeployment`. What its fields mean is said here, and from here gets into the JSON Schema for editors.

pub mod integrators;
pub mod machines;
pub mod reference;

use std::collections::BTreeMap;

use am_generator::model::table::Table;
use am_generator::yaml::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use integrators::{Integrator, Tenant};
use machines::Machines;
use reference::Reference;

/// A deployment of WSO2 API Manager: one or several sites, each with a pattern or a part of one.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Deployment {
    /// Version of this format.
    #[schemars(with = "String", extend("x-known" = "apiVersion"))]
    pub api_version: Text,
    /// Kind of this document.
    #[schemars(with = "String", extend("x-known" = "kind"))]
    pub kind: Text,
    /// Name of the deployment, and of its Helm releases.
    #[schemars(
        with = "String",
        length(min = 1, max = 30),
        regex(pattern = "^[a-z]([-a-z0-9]*[a-z0-9])?$")
    )]
    pub name: Text,
    /// Product version of every site.
    #[schemars(with = "String", extend("x-known" = "productVersions"))]
    pub product_version: Text,
    /// How the sites belong together; `single` unless given.
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("x-known" = "topologies"))]
    pub topology: Option<Text>,
    /// Passwords and keys, the same in every site. With several sites they are given, here or by each site's `values`.
    #[serde(default)]
    pub credentials: Option<Reference>,
    /// Keystores and truststore, the same in every site. The images' own unless given, which everybody has.
    #[serde(default)]
    pub keystores: Option<Reference>,
    /// What connects the sites; with several it must be said.
    #[serde(default)]
    pub link: Option<SiteLink>,
    /// Domains of the tenants that have servers of their own, see `sites[].integrators`.
    #[serde(default)]
    #[schemars(with = "Option<Vec<Tenant>>")]
    pub tenants: Vec<Spanned<Tenant>>,
    /// The sites, each with one release, and those of its integrators.
    #[schemars(with = "Vec<Site>", length(min = 1))]
    pub sites: Spanned<Vec<Site>>,
}

impl Deployment {
    /// How events are encrypted between the sites, where that is said.
    pub(crate) fn encryption(&self) -> Option<&Text> {
        self.link.as_ref()?.encryption.as_ref()
    }
}

/// What connects the sites.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SiteLink {
    /// It is private (a VPN, peered networks), so that what is not encrypted may cross it.
    #[serde(default)]
    #[schemars(with = "Option<bool>")]
    pub private: Option<Spanned<bool>>,
    /// How events are encrypted that cross it: tls, by the brokers and their clients with your keystores, or none; none unless given. Anything else
    /// that crosses is encrypted anyway.
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("x-known" = "encryptions"))]
    pub encryption: Option<Text>,
}

/// A site: a namespace of a cluster, with a release, or virtual machines.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Site {
    /// Its name, and that of its folder in the output.
    #[schemars(
        with = "String",
        length(min = 1),
        regex(pattern = "^[a-z]([-a-z0-9]*[a-z0-9])?$")
    )]
    pub name: Text,
    /// Number of its pattern.
    #[schemars(with = "u32", extend("x-known" = "patterns"))]
    pub pattern: Spanned<u32>,
    /// The part of the pattern that it runs; what the topology says unless given.
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("x-known" = "parts"))]
    pub part: Option<Text>,
    /// It is the site that the others connect to.
    #[serde(default)]
    #[schemars(with = "Option<bool>")]
    pub main: Option<Spanned<bool>>,
    /// The cluster that it runs in; either this or `vm`.
    #[serde(default)]
    pub kubernetes: Option<Kubernetes>,
    /// The virtual machines that it runs on; either this or `kubernetes`.
    #[serde(default)]
    pub vm: Option<Machines>,
    /// Address ranges of the site as other sites see them: of what connects from it, and of the load balancers that lead there.
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>")]
    pub cidrs: Vec<Text>,
    /// Public host names of its endpoints.
    #[serde(default)]
    #[schemars(with = "Option<BTreeMap<String, String>>", extend("x-known-keys" = "hostnames"))]
    pub hostnames: Table<Text>,
    /// Its database server. Without one the release brings what its chart or platform does.
    #[serde(default)]
    pub database: Option<Database>,
    /// The gateway environment of its gateways. A site beside the main one that has none serves the main site's.
    #[serde(default)]
    pub environment: Option<Environment>,
    /// Where other sites reach its components, by their keys in the charts' values. Services are made for these addresses; DNS is yours.
    #[serde(default)]
    #[schemars(with = "Option<BTreeMap<String, Exposure>>", extend("x-known-keys" = "components"))]
    pub exposes: Table<Exposure>,
    /// An identity server whose tokens are accepted. Where there is a main site it is said there, for all of them.
    #[serde(default)]
    pub identity_server: Option<IdentityServer>,
    /// Servers beside API Manager: integrations and streams.
    #[serde(default)]
    #[schemars(with = "Option<Vec<Integrator>>")]
    pub integrators: Vec<Integrator>,
    /// Numbers of nodes that differ from the pattern's, by the components' keys in the charts' values.
    #[serde(default)]
    #[schemars(with = "Option<BTreeMap<String, u32>>", extend("x-known-keys" = "components"))]
    pub replicas: Table<Spanned<u32>>,
    /// More values of its chart. What this document decides itself may not be said here again.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Map<String, Value>>")]
    pub values: Table<Value>,
}

/// A cluster, and what of it a release has.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Kubernetes {
    /// Context of the kubeconfig; the current one unless given.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub context: Option<Text>,
    /// Namespace.
    #[schemars(with = "String", length(min = 1))]
    pub namespace: Text,
    /// Platform, whose overlay is applied first.
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("x-known" = "platforms"))]
    pub platform: Option<Text>,
}

/// A database server.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Database {
    /// Its kind, in the product's own words.
    #[serde(rename = "type")]
    #[schemars(with = "String", extend("x-known" = "databases"))]
    pub kind: Text,
    /// Its host.
    #[schemars(with = "String")]
    pub host: Text,
    /// Its port; the usual one of its kind unless given.
    #[serde(default)]
    #[schemars(with = "Option<u16>", range(min = 1))]
    pub port: Option<Spanned<u16>>,
}

/// An identity server as key manager.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct IdentityServer {
    /// Its host.
    #[schemars(with = "String", length(min = 1))]
    pub host: Text,
    /// Its port; that of the charts' values unless given.
    #[serde(default)]
    #[schemars(with = "Option<u16>", range(min = 1))]
    pub port: Option<Spanned<u16>>,
    /// Its name in the portals; that of the charts' values unless given.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub name: Option<Text>,
    /// Address ranges from which it notifies, and where it is called.
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>")]
    pub cidrs: Vec<Text>,
    /// A host behind which it finds the event hub, at port 443; the Service in the cluster unless given.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub notifies: Option<Text>,
    /// Components whose place it takes, by their keys in the charts' values.
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>", extend("x-known-items" = "components"))]
    pub replaces: Vec<Text>,
}

/// What the portals offer for the gateways of a site.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Environment {
    /// Its name, which no other site's has.
    #[schemars(with = "String", length(min = 1))]
    pub name: Text,
    /// Its kind: hybrid, production or sandbox; hybrid unless given.
    #[serde(default, rename = "type")]
    #[schemars(with = "Option<String>", extend("x-known" = "environmentTypes"))]
    pub kind: Option<Text>,
    /// Text shown in the portals.
    #[serde(default)]
    pub description: Option<String>,
}

/// Where other sites reach a component.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Exposure {
    /// Kind of the Services: `LoadBalancer`, or `NodePort`, for which every address gives its ports; `LoadBalancer` unless given.
    #[serde(default, rename = "type")]
    #[schemars(with = "Option<String>", extend("x-known" = "services"))]
    pub kind: Option<Text>,
    /// One name behind which all its nodes are.
    #[serde(default)]
    pub service: Option<Address>,
    /// Every node by an address of its own, for those that connect to each.
    #[serde(default)]
    pub nodes: Vec<Address>,
    /// Annotations of the Services, for example that load balancers are internal ones.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

impl Exposure {
    /// All its addresses; those of single nodes with the number of the node.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = (Option<usize>, &Address)> {
        let nodes = self.nodes.iter().enumerate();
        let nodes = nodes.map(|(node, address)| (Some(node), address));
        self.service
            .iter()
            .map(|address| (None, address))
            .chain(nodes)
    }
}

/// A host, and the ports that differ from the component's own.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Address {
    /// Host.
    #[schemars(with = "String", length(min = 1))]
    pub host: Text,
    /// Numbers by the names of ports.
    #[serde(default)]
    #[schemars(with = "Option<BTreeMap<String, u16>>", extend("x-known-keys" = "ports"))]
    pub ports: Table<Spanned<u16>>,
}
