//! What a document says of machines.

use am_generator::model::table::Table;
use am_generator::yaml::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;

/// Virtual machines that a site runs on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Machines {
    /// User that the servers run as, made where it is missing; `wso2carbon` unless given.
    #[serde(default)]
    #[schemars(with = "Option<String>", regex(pattern = "^[a-z_][a-z0-9_-]{0,31}$"))]
    pub user: Option<Text>,
    /// Folder of Java on every host; `/opt/java` unless given.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub java_home: Option<Text>,
    /// Folder on the machine that runs Ansible, with the product's packs and what else is laid over them; `/srv/packs` unless given.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub packs: Option<Text>,
    /// How the names of Ansible's variables with credentials begin, as in `vault_admin_password`; `vault` unless given.
    #[serde(default)]
    #[schemars(with = "Option<String>", regex(pattern = "^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub secrets: Option<Text>,
    /// What stands before components of several nodes, and serves public host names.
    #[serde(default)]
    pub load_balancer: Option<LoadBalancer>,
    /// The hosts by their names.
    #[schemars(with = "std::collections::BTreeMap<String, Host>")]
    pub hosts: Table<Host>,
}

/// A load balancer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LoadBalancer {
    /// Which program.
    #[schemars(with = "String", extend("x-known" = "loadBalancers"))]
    pub kind: Text,
    /// Names of the hosts that run it.
    #[schemars(with = "Vec<String>", length(min = 1))]
    pub hosts: Spanned<Vec<Text>>,
    /// Name or address that the nodes use; that of its first host unless given. With several hosts, one that moves between them.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub address: Option<Text>,
    /// File on these hosts with the certificates and the key of the public host names, as PEM.
    #[schemars(with = "String")]
    pub certificate: Text,
    /// File on these hosts with the authorities that the nodes' certificates are verified with, as PEM.
    #[schemars(with = "String")]
    pub backend_ca: Text,
}

/// A host.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Host {
    /// Its IPv4 address: firewalls know hosts by it, and the other nodes connect to it.
    #[schemars(with = "String")]
    pub address: Text,
    /// The components that it runs, and clusters of integrators: by the integrator's name, with `-` and the label of the tenant where each has its own.
    #[serde(default)]
    #[schemars(with = "Option<Vec<Run>>")]
    pub runs: Vec<Spanned<Run>>,
}

/// A component on a host.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a component, or {component: …, portOffset: …}")]
pub enum Run {
    /// At its own ports.
    Plain(
        #[schemars(extend("anyOf" = [{"x-known": "componentNames"}, {"pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}]))]
         String,
    ),
    /// At ports that are higher.
    Shifted(Shifted),
}

/// A component whose ports are higher than its own.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Shifted {
    /// The component, or cluster of integrators.
    #[schemars(extend("anyOf" = [{"x-known": "componentNames"}, {"pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}]))]
    pub component: String,
    /// How much higher, the same on every host of the component.
    #[serde(default)]
    pub port_offset: u16,
}

impl Run {
    /// The component.
    pub(crate) fn component(&self) -> &str {
        match self {
            Self::Plain(component) => component,
            Self::Shifted(shifted) => &shifted.component,
        }
    }

    /// How much higher its ports are.
    pub(crate) fn offset(&self) -> u16 {
        match self {
            Self::Plain(_) => 0,
            Self::Shifted(shifted) => shifted.port_offset,
        }
    }
}

impl Machines {
    /// The nodes of a component, in the order of the document: host, its name, and how the component runs there.
    pub(crate) fn nodes<'m>(
        &'m self,
        component: &str,
    ) -> impl Iterator<Item = (&'m Text, &'m Host, &'m Spanned<Run>)> {
        self.hosts.iter().flat_map(move |(name, host)| {
            let runs = host.runs.iter();
            runs.filter(move |run| run.value.component() == component)
                .map(move |run| (name, host, run))
        })
    }

    /// How much higher the ports of a component are.
    pub(crate) fn offset(&self, component: &str) -> u16 {
        let mut nodes = self.nodes(component);
        nodes.next().map_or(0, |(_, _, run)| run.value.offset())
    }
}
