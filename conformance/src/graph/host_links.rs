//! Addresses that are written in two keys, or without a scheme: a host, and its port beside it.

use am_deployment_toml::{
    effective::{Effective, EffectiveValue},
    key::KeyPath,
    span::Span,
};

use serde_json::Value;

use super::{Graph, Node, NodeId, OwnAddress, Target};
use crate::facts::Facts;

/// A host that a configuration names by itself, and where it leads with its port.
#[derive(Debug, Clone)]
pub struct HostLink {
    /// The node that is told the host.
    pub from: NodeId,
    /// Key of the host.
    pub key: String,
    /// The host.
    pub host: String,
    /// Its port, if one is known.
    pub port: Option<u16>,
    /// Where it stands in the file.
    pub span: Option<Span>,
    /// Where it leads.
    pub target: Target,
}

/// The hosts of all nodes: those of the table, every other key called `host` or `hostname` beside a `port`, and the service catalogue of
/// servers that read YAML.
pub(crate) fn host_links(graph: &Graph<'_>, facts: &Facts) -> Vec<HostLink> {
    let mut found = Vec::new();
    for node in &graph.nodes {
        found.extend(catalogue_of_streams(graph, node));
        let Some(effective) = node.effective() else {
            continue;
        };
        let namespace = graph.member(node.id).workload.object.namespace();
        for (key, value) in effective.values() {
            let Some((host, port)) = address(effective, facts, key, value) else {
                continue;
            };
            found.push(HostLink {
                from: node.id,
                key: key.to_string(),
                target: graph.resolver().resolve(namespace, host, port),
                host: host.to_owned(),
                port,
                span: value.provenance.span(),
            });
        }
    }
    found
}

/// The section of a server that reads YAML with the address of the service catalogue. Source: facts/integration.md.
pub(crate) const CATALOGUE_OF_STREAMS: &str = "service.catalog.configs";

/// The service catalogue that a server is told in YAML.
fn catalogue_of_streams(graph: &Graph<'_>, node: &Node<'_>) -> Option<HostLink> {
    let (_, text) = graph.yaml_configuration(node)?;
    let settings: Value = serde_saphyr::from_str(text).ok()?;
    let section = settings.get(CATALOGUE_OF_STREAMS)?;
    if section.get("enabled") != Some(&Value::Bool(true)) {
        return None;
    }
    let host = section.get("hostname")?.as_str()?;
    let port = section.get("port")?;
    let port = port.as_u64().or_else(|| port.as_str()?.trim().parse().ok());
    let port = port.and_then(|port| u16::try_from(port).ok());
    let namespace = graph.member(node.id).workload.object.namespace();
    Some(HostLink {
        from: node.id,
        key: format!("{CATALOGUE_OF_STREAMS}.hostname"),
        host: host.to_owned(),
        port,
        span: None,
        target: graph.resolver().resolve(namespace, host, port),
    })
}

fn address<'e>(
    effective: &Effective,
    facts: &Facts,
    key: &KeyPath,
    value: &'e EffectiveValue,
) -> Option<(&'e str, Option<u16>)> {
    if !value.provenance.is_written() {
        return None;
    }
    if is_off(effective, key) {
        return None;
    }
    let text = value
        .value
        .as_str()
        .filter(|host| !host.is_empty() && !host.contains("://"))?;
    // A host may be written with its port.
    let (host, written) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (host, port.parse().ok()),
        _ => (text, None),
    };
    let port_at = |key: &KeyPath| -> Option<u16> {
        let port = effective.values().get(key)?;
        port.value.scalar_text()?.trim().parse().ok()
    };
    let name = key.to_string();
    if let Some(fact) = facts.host_keys.iter().find(|fact| fact.key == name) {
        let beside = || port_at(&KeyPath::from(fact.port.as_deref()?));
        return Some((host, written.or_else(beside)));
    }
    let parent = key.parent()?;
    // The host of a database is part of its URL, and one of the node itself is where it listens.
    let is_host = matches!(key.last_key()?, "host" | "hostname")
        && !effective.values().contains_key(&parent.child("url"))
        && !OwnAddress::is(host);
    let port = port_at(&parent.child("port")).filter(|_| is_host)?;
    Some((host, written.or(Some(port))))
}

/// Whether the file switches off what a key belongs to: nobody connects to its host.
fn is_off(effective: &Effective, key: &KeyPath) -> bool {
    let tables = std::iter::successors(key.parent(), KeyPath::parent);
    tables.take(2).any(|table| {
        ["enable", "enabled"].iter().any(|switch| {
            let found = effective.values().get(&table.child(switch));
            found.is_some_and(|found| found.provenance.is_written() && !found.value.is_true())
        })
    })
}
