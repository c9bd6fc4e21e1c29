//! One connection between two pods, and whether network policies let it through.

use std::collections::BTreeMap;

use super::reachability::{Direction as Way, Pods, Policies, Port, Verdict};
use crate::manifest::Manifest;

/// A connection between two pods of one namespace.
#[derive(Debug, Clone, Copy)]
pub struct Connection<'a> {
    /// The namespace of both.
    pub namespace: &'a str,
    /// Labels of the pod that connects.
    pub client: &'a BTreeMap<String, String>,
    /// Labels of the pod that is connected to.
    pub server: &'a BTreeMap<String, String>,
    /// The port of the pod that is connected to.
    pub port: u16,
    /// The name under which a container declares the port.
    pub port_name: Option<&'a str>,
}

/// Whose policy it is that blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The policy of the pod that is connected to.
    Ingress,
    /// The policy of the pod that connects.
    Egress,
}

/// What blocks a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// Name of a policy that governs the pod and lets nothing like it through.
    pub policy: String,
    /// Which way it governs.
    pub direction: Direction,
}

/// What blocks a connection, if anything does for certain.
pub fn blocked_by<'a>(policies: &Manifest, connection: &Connection<'a>) -> Option<Blocked> {
    let policies = Policies::of(policies);
    let pods = |labels: &'a BTreeMap<String, String>| Pods {
        namespace: connection.namespace,
        labels: labels
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect(),
    };
    let (client, server) = (pods(connection.client), pods(connection.server));
    let port = Port {
        number: connection.port,
        name: connection.port_name,
    };
    [
        (&client, Way::Egress, &server, Direction::Egress),
        (&server, Way::Ingress, &client, Direction::Ingress),
    ]
    .into_iter()
    .filter(|(pods, way, peer, _)| policies.passes(pods, *way, peer, port) == Verdict::Denied)
    .find_map(|(pods, way, _, direction)| {
        let policy = policies.lacking(pods, way)?;
        Some(Blocked {
            policy: policy.0.name().to_owned(),
            direction,
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Blocked, Connection, Direction, blocked_by};
    use crate::checks::harness;

    const POLICY: &str = r"
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny-the-rest}
spec: {podSelector: {matchLabels: {app: tm}}, policyTypes: [Ingress, Egress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: tm}
spec:
  podSelector: {matchLabels: {app: tm}}
  policyTypes: [Ingress, Egress]
  ingress:
    - from: [{podSelector: {matchLabels: {app: gw}}}]
      ports: [{port: jms}]
";

    fn blocked(client: &str, server: &str, port: u16, name: &str) -> Option<Blocked> {
        let labels = |app: &str| BTreeMap::from([("app".to_owned(), app.to_owned())]);
        let (client, server) = (labels(client), labels(server));
        let connection = Connection {
            namespace: "apim",
            client: &client,
            server: &server,
            port,
            port_name: Some(name),
        };
        blocked_by(&harness::manifest(POLICY), &connection)
    }

    #[test]
    fn what_a_rule_allows_is_blocked_by_nothing() {
        assert_eq!(blocked("gw", "tm", 5672, "jms"), None);
        assert_eq!(blocked("gw", "cp", 1, "x"), None);
    }

    #[test]
    fn what_blocks_is_named_with_its_direction() {
        let by = |policy: &str, direction| {
            Some(Blocked {
                policy: policy.into(),
                direction,
            })
        };
        let ingress = by("tm", Direction::Ingress);
        assert_eq!(blocked("gw", "tm", 9611, "thrift"), ingress);
        let egress = by("deny-the-rest", Direction::Egress);
        assert_eq!(blocked("tm", "gw", 9443, "https"), egress);
    }
}
