//! Values that several of the vendor's make together.

mod database;
mod endpoints;
mod environments;
mod keystores;
mod toml;
mod tracing;

use serde_json::Value;

use crate::work::Work;

pub(crate) use database::{database_type, driver, jdbc_url};
pub(crate) use toml::toml;

/// Puts together what single values could not say.
pub(crate) fn assemble(work: &mut Work<'_>) {
    endpoints::assemble(work);
    keystores::assemble(work);
    environments::assemble(work);
    tracing::assemble(work);
}

/// Texts of a value: itself, or those of a list or mapping.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(entries) => entries.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// The host of an address.
pub(crate) fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let end = rest.find(['/', ':', '?']).unwrap_or(rest.len());
    &rest[..end]
}

/// Whether an address is one of the cluster's own names: a Service in the same namespace, or with its namespace.
pub(crate) fn is_inside(address: &str) -> bool {
    let host = host(address);
    host.is_empty() || !host.contains('.') || host.split('.').any(|label| label == "svc")
}

/// Whether an address is that of the vendor's Service for all nodes, not of one node's.
pub(crate) fn is_for_all_nodes(address: &str) -> bool {
    let name = host(address).split('.').next().unwrap_or_default();
    let numbered = |name: &str| {
        name.rsplit('-')
            .next()
            .is_some_and(|end| !end.is_empty() && end.chars().all(|c| c.is_ascii_digit()))
    };
    name.ends_with("-service") && !numbered(name.trim_end_matches("-service"))
}

#[cfg(test)]
mod tests {
    use super::{host, is_for_all_nodes, is_inside};

    #[test]
    fn an_address_is_inside_when_its_name_is_the_clusters_own() {
        for inside in [
            "wso2am-cp-service",
            "https://km.apim.svc:9443/services/",
            "tm.apim.svc.cluster.local",
        ] {
            assert!(is_inside(inside), "{inside}");
        }
        for outside in ["https://is.example.com/oauth2", "10.1.2.3"] {
            assert!(!is_inside(outside), "{outside}");
        }
        assert_eq!(host("jdbc://db.example.com:3306/x"), "db.example.com");
    }

    #[test]
    fn a_nodes_own_service_has_a_number() {
        assert!(is_for_all_nodes("apim-tm-wso2am-tm-service"));
        assert!(!is_for_all_nodes("apim-tm-wso2am-tm-1-service"));
        assert!(!is_for_all_nodes("apim-wso2am-all-in-one-am-service-2"));
    }
}
