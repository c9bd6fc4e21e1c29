//! Who a stand-in is, as it tells everybody who connects.

use serde::{Deserialize, Serialize};

use crate::role::Role;

/// What a stand-in says about itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    /// The component that it plays.
    pub role: Role,
    /// The product version, such as `4.7.0`.
    pub version: String,
    /// Name of the pod: `POD_NAME`, otherwise the host name.
    pub pod: String,
    /// The pod's namespace: `POD_NAMESPACE`, otherwise the first search domain of the resolver.
    pub namespace: String,
    /// Name of the Kubernetes node: `NODE_NAME`, otherwise the host name.
    pub node: String,
    /// Name of the release: `RELEASE_NAME`, otherwise the host name.
    pub release: String,
}

impl Identity {
    /// Reads the identity of this process from its environment.
    pub(crate) fn of_this_process(role: Role, version: &str) -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let host = hostname();
        Self {
            role,
            version: version.to_owned(),
            pod: variable("POD_NAME").unwrap_or_else(|| host.clone()),
            namespace: variable("POD_NAMESPACE").unwrap_or_else(namespace_of_resolver),
            node: variable("NODE_NAME").unwrap_or_else(|| host.clone()),
            release: variable("RELEASE_NAME").unwrap_or(host),
        }
    }
}

/// The host name, which in a pod is the pod's name.
fn hostname() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

/// Kubernetes puts `<namespace>.svc.<cluster domain>` first among the search domains of a pod.
fn namespace_of_resolver() -> String {
    std::fs::read_to_string("/etc/resolv.conf")
        .map(|text| namespace_in(&text))
        .unwrap_or_default()
}

fn namespace_in(resolv_conf: &str) -> String {
    resolv_conf
        .lines()
        .filter_map(|line| line.strip_prefix("search"))
        .flat_map(str::split_whitespace)
        .find_map(|domain| {
            domain
                .split_once(".svc.")
                .map(|(namespace, _)| namespace.to_owned())
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_namespace_is_read_from_the_search_domains() {
        let text = "nameserver 10.96.0.10\nsearch shop.svc.cluster.local svc.cluster.local cluster.local\n";
        assert_eq!(namespace_in(text), "shop");
        assert_eq!(namespace_in("nameserver 1.1.1.1\n"), "");
    }
}
