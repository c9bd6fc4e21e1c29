//! What follows for a site on machines: its hosts, where its addresses lead, and what its load balancer needs.

use serde::Serialize;

use crate::machines::layout::Layout;
use crate::sites::Placed;

/// A virtual machine.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) runs: Vec<String>,
    /// The program that balances, where it does.
    pub(crate) load_balancer: Option<String>,
}

/// Where an address of a site on machines leads.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Machine {
    /// The host; none is the load balancer.
    pub(crate) host: Option<String>,
    pub(crate) address: String,
}

/// What a load balancer needs that is not among the generated files.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoadBalancer {
    pub(crate) hosts: Vec<String>,
    pub(crate) address: String,
    /// Certificates and key of the public host names, which TLS ends with.
    pub(crate) certificate: Option<String>,
    /// Who signed the nodes' certificates.
    pub(crate) backend_ca: String,
    /// Public host names.
    pub(crate) names: Vec<String>,
    /// Names that the nodes' certificates must bear.
    pub(crate) nodes: Vec<NodeName>,
}

/// A name that the certificates of a component's nodes must bear.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NodeName {
    pub(crate) component: String,
    pub(crate) host: String,
}

/// The machines of a site.
pub(super) fn hosts(placed: &Placed<'_>) -> Vec<Host> {
    let machines = placed.site.vm.iter();
    let hosts = machines.flat_map(|machines| {
        machines.hosts.iter().map(move |(name, host)| {
            let runs = host.runs.iter();
            let balancer = machines.load_balancer.as_ref().filter(|balancer| {
                let mut named = balancer.hosts.value.iter();
                named.any(|it| it.value == name.value)
            });
            Host {
                name: name.value.clone(),
                address: host.address.value.clone(),
                runs: runs.map(|run| run.value.component().to_owned()).collect(),
                load_balancer: balancer.map(|it| it.kind.value.clone()),
            }
        })
    });
    hosts.collect()
}

/// Where an address of a component leads, of one of its nodes or of all.
pub(super) fn machine(
    layout: &Layout<'_, '_>,
    component: &str,
    node: Option<usize>,
) -> Option<Machine> {
    let component = &layout.components[layout.position(component)?];
    if let (Some(balancer), None, [_, _, ..]) = (&layout.balancer, node, component.nodes.as_slice())
    {
        return Some(Machine {
            host: None,
            address: balancer.address.to_owned(),
        });
    }
    let node = component.nodes.get(node.unwrap_or(0))?;
    Some(Machine {
        host: Some(node.host.to_owned()),
        address: node.address.to_owned(),
    })
}

/// What the load balancer of a site needs.
pub(super) fn load_balancer(layout: &Layout<'_, '_>) -> Option<LoadBalancer> {
    layout.balancer.as_ref().map(|balancer| {
        let mut names: Vec<String> = balancer
            .sites
            .iter()
            .flat_map(|it| it.hosts.clone())
            .collect();
        names.sort();
        names.dedup();
        let mut public: Vec<usize> = balancer.sites.iter().map(|it| it.to).collect();
        public.sort_unstable();
        public.dedup();
        let nodes = public.into_iter().map(|to| {
            let component = &layout.components[to];
            NodeName {
                component: component.name.to_owned(),
                host: layout.server_name(component),
            }
        });
        LoadBalancer {
            hosts: balancer.hosts.iter().map(|it| it.host.to_owned()).collect(),
            address: balancer.address.to_owned(),
            certificate: (!names.is_empty()).then(|| balancer.said.certificate.value.clone()),
            backend_ca: balancer.said.backend_ca.value.clone(),
            nodes: nodes.collect(),
            names,
        }
    })
}
