//! The machines of a site, and the load balancers before them. Documents say the same in their words ([`UNIT`] and its likes).

use super::Front;

/// The kind of documents about units of systemd that run the product.
pub const UNIT: &str = "Unit";
/// The kind of documents about files that are laid over a pack.
pub const OVERLAY: &str = "Overlay";
/// The kind of documents about load balancers.
pub const LOAD_BALANCER: &str = "LoadBalancer";
/// The kind of documents about firewalls.
pub const FIREWALL: &str = "Firewall";
/// The kind of documents about machines, as the inventory lists them.
pub const MACHINE: &str = "Machine";

/// The kind of the document about the inventory.
pub const INVENTORY: &str = "Inventory";
/// The kind of the document about how databases are made.
pub const DATABASES: &str = "Databases";

/// The machines of a site, as far as addresses lead to them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Machines {
    /// The hosts, in the order of the inventory.
    pub hosts: Vec<Host>,
    /// The address that clients of the load balancers use, where it is none of theirs.
    pub shared_address: Option<String>,
}

/// A machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Host {
    /// Its name in the inventory.
    pub name: String,
    /// Where it is reached.
    pub address: String,
    /// What its load balancer listens on.
    pub fronts: Vec<Front>,
}

impl Machines {
    /// The host with this name or address.
    pub fn host(&self, name_or_address: &str) -> Option<&Host> {
        let is_it = |host: &&Host| {
            [&host.name, &host.address]
                .into_iter()
                .any(|own| own.eq_ignore_ascii_case(name_or_address))
        };
        self.hosts.iter().find(is_it)
    }

    /// Hosts that run a load balancer.
    pub fn balancers(&self) -> impl Iterator<Item = &Host> {
        self.hosts.iter().filter(|host| !host.fronts.is_empty())
    }

    /// Whether a name or address is that of the load balancers.
    pub(crate) fn is_balanced(&self, host: &str) -> bool {
        let is_shared = self.shared_address.as_ref();
        is_shared.is_some_and(|shared| shared.eq_ignore_ascii_case(host))
            || self.host(host).is_some_and(|host| !host.fronts.is_empty())
            || self.fronts_named(host).next().is_some()
    }

    /// What answers at an address: the fronts of load balancers for this port that serve this name, or any.
    pub(crate) fn fronts_at<'m>(
        &'m self,
        host: &'m str,
        port: u16,
    ) -> impl Iterator<Item = &'m Front> {
        let is_named = self.fronts_named(host).next().is_some();
        let fronts = self.balancers().flat_map(|balancer| &balancer.fronts);
        fronts.filter(move |front| {
            let serves = if is_named {
                front
                    .names
                    .iter()
                    .any(|name| name.eq_ignore_ascii_case(host))
            } else {
                front.is_default
            };
            serves && front.port == port
        })
    }

    fn fronts_named<'m>(&'m self, host: &'m str) -> impl Iterator<Item = &'m Front> {
        let fronts = self.balancers().flat_map(|balancer| &balancer.fronts);
        fronts.filter(move |front| {
            front
                .names
                .iter()
                .any(|name| name.eq_ignore_ascii_case(host))
        })
    }
}
