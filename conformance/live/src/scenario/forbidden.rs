//! Connections that a pattern does not need: which there are, and which of them get through.

use std::collections::{BTreeMap, BTreeSet};

use am_conformance::Component;
use am_conformance::checks::{Connection, blocked_by, is_for_users};
use am_conformance::facts::{Facts, Reach};
use am_conformance::manifest::Manifest;
use am_product::Pattern;

use super::Stage;
use super::stranger::reaches;
use crate::api::Pod;
use crate::error::LiveError;
use crate::wiring::Observed;

/// A connection that nobody needs, from one pod to an open port of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Forbidden {
    /// Pod that connects.
    pub(super) from: String,
    /// What that pod is: a component, or a stranger.
    pub(super) client: String,
    /// Pod that is connected to.
    pub(super) to: String,
    /// Component of that pod.
    pub(super) server: Component,
    /// Its address.
    ip: String,
    /// Labels of the pod that connects.
    from_labels: BTreeMap<String, String>,
    /// Labels of the pod that is connected to.
    to_labels: BTreeMap<String, String>,
    /// Name of the port.
    pub(super) port_name: String,
    port: u16,
}

impl Forbidden {
    /// The policy that denies it by its text, whatever the network plugin makes of it.
    pub(super) fn denied_by(&self, policies: &Manifest, namespace: &str) -> Option<String> {
        let connection = Connection {
            namespace,
            client: &self.from_labels,
            server: &self.to_labels,
            port: self.port,
            port_name: Some(&self.port_name),
        };
        Some(blocked_by(policies, &connection)?.policy)
    }
}

/// Every connection that the wiring table does not ask for, to a port that is for no user, one for each pair of
/// components; and whatever a pod asks that belongs to no component.
pub(super) fn forbidden(
    facts: &Facts,
    pattern: Pattern,
    nodes: &[Observed],
    pods: &[Pod],
    stranger: &str,
) -> Vec<Forbidden> {
    let mut found = Vec::new();
    let servers: BTreeSet<Component> = nodes.iter().map(|node| node.component).collect();
    let clients = servers.iter().copied().map(Some).chain([None]);
    for client in clients {
        for server in &servers {
            // A pod always reaches itself, so the two must differ.
            let pair = nodes
                .iter()
                .filter(|node| node.component == *server)
                .find_map(|to| match client {
                    None => Some((stranger, to)),
                    Some(client) => nodes
                        .iter()
                        .find(|from| from.component == client && from.pod != to.pod)
                        .map(|from| (from.pod.as_str(), to)),
                });
            let Some((from, to)) = pair else { continue };
            let Some(pod) = pods.iter().find(|pod| pod.name == to.pod) else {
                continue;
            };
            // A stranger has none that a policy of the release could mean.
            let client_labels = pods
                .iter()
                .find(|pod| pod.name == from)
                .map(|pod| pod.labels.clone())
                .unwrap_or_default();
            let needed = client.map_or_else(BTreeSet::new, |client| {
                needed(facts, pattern, client, *server)
            });
            let ports = to.observations.ports.iter().filter(|port| {
                !needed.contains(&port.number) && !is_for_users(*server, &port.name)
            });
            found.extend(ports.map(|port| Forbidden {
                from: from.to_owned(),
                client: client.map_or("a pod of no release".to_owned(), |client| {
                    client.title().to_owned()
                }),
                to: to.pod.clone(),
                server: *server,
                ip: pod.ip.clone(),
                from_labels: client_labels.clone(),
                to_labels: pod.labels.clone(),
                port_name: port.name.clone(),
                port: port.number,
            }));
        }
    }
    found
}

/// The ports of one component that another connects to.
fn needed(facts: &Facts, pattern: Pattern, client: Component, server: Component) -> BTreeSet<u16> {
    facts
        .edges
        .iter()
        .filter(|edge| edge.on == client)
        .filter(|edge| !matches!(edge.reach, Reach::OwnNode | Reach::OwnServer))
        .filter(|edge| edge.peers.get(&pattern) == Some(&server))
        .flat_map(am_conformance::facts::EdgeFact::ports)
        .collect()
}

/// What came of trying connections.
#[derive(Debug, Default)]
pub(super) struct Tried {
    /// How many could be tried at all.
    pub(super) asked: usize,
    /// Those that were made.
    pub(super) open: Vec<Forbidden>,
}

/// Tries connections, all at the same time.
pub(super) async fn attempt(stage: &Stage, connections: &[Forbidden]) -> Result<Tried, LiveError> {
    let tries = connections
        .iter()
        .map(|connection| reaches(stage, &connection.from, &connection.ip, connection.port));
    let answers = futures_util::future::try_join_all(tries).await?;
    let mut outcome = Tried::default();
    for (connection, reached) in connections.iter().zip(answers) {
        outcome.asked += usize::from(reached.is_some());
        if reached == Some(true) {
            outcome.open.push(connection.clone());
        }
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::needed;
    use am_conformance::Component;
    use am_conformance::facts::Facts;
    use am_product::Pattern;

    fn component(name: &str) -> Component {
        Component::from_name(name).expect("a component")
    }

    #[test]
    fn only_the_ports_of_the_wiring_table_are_needed() {
        let facts = Facts::load().expect("the committed tables parse");
        let ports = |client, server| -> Vec<u16> {
            needed(&facts, Pattern::Numbered(3), client, server)
                .into_iter()
                .collect()
        };
        assert_eq!(
            ports(component("gateway"), component("traffic-manager")),
            [5672, 9443, 9611, 9711]
        );
        assert_eq!(
            ports(component("gateway"), component("control-plane")),
            [5672, 9443]
        );
        assert!(ports(component("gateway"), component("gateway")).is_empty());
    }
}
