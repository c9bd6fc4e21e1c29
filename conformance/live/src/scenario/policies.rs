//! The network policies that the cluster holds, against the connections that the stand-ins made.
//!
//! This needs no network plugin that enforces them, and replaces none: it proves that a policy forgets an edge, never that
//! one blocks anything.

use std::collections::BTreeMap;

use am_conformance::checks::{Connection, Direction, blocked_by};
use am_conformance::manifest::{Manifest, Object};
use am_standin::edge::Purpose;
use am_standin::observations::Verdict;

use super::Stage;
use crate::api::Pod;
use crate::error::LiveError;
use crate::record::Fault;
use crate::wiring::{Observed, requirement_of};

/// Judges every connection between the release's own pods that was seen to work.
pub(super) async fn judge(stage: &mut Stage, nodes: &[Observed]) -> Result<(), LiveError> {
    let path = format!(
        "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
        stage.namespace
    );
    let policies = manifest(stage.lab.api.list(&path).await?, &stage.namespace);
    let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
    let labels: BTreeMap<&str, &BTreeMap<String, String>> = pods
        .iter()
        .map(|pod| (pod.name.as_str(), &pod.labels))
        .collect();
    for fault in forgotten(&policies, &stage.namespace, &labels, nodes) {
        stage.failed("AM-NET-017", fault);
    }
    Ok(())
}

/// The objects as the cluster lists them, which leaves out what they are.
fn manifest(policies: Vec<serde_json::Value>, namespace: &str) -> Manifest {
    let objects = policies
        .into_iter()
        .map(|mut value| {
            value["apiVersion"] = "networking.k8s.io/v1".into();
            value["kind"] = "NetworkPolicy".into();
            Object {
                release: String::new(),
                chart: String::new(),
                template: String::new(),
                text: String::new(),
                release_namespace: namespace.to_owned(),
                value,
            }
        })
        .collect();
    Manifest { objects }
}

fn forgotten(
    policies: &Manifest,
    namespace: &str,
    labels: &BTreeMap<&str, &BTreeMap<String, String>>,
    nodes: &[Observed],
) -> Vec<Fault> {
    let mut faults = Vec::new();
    for node in nodes {
        let edges = node.observations.edges.iter().filter(|edge| {
            edge.verdict == Verdict::Reached
                && (edge.edge.purpose == Purpose::Database
                    || requirement_of(edge.edge.purpose).is_some())
        });
        for edge in edges {
            for met in &edge.peers {
                let server = met.identity.pod.as_str();
                // A pod always reaches itself, and one that is gone has no labels any more.
                let (Some(from), Some(to)) = (labels.get(node.pod.as_str()), labels.get(server))
                else {
                    continue;
                };
                if server == node.pod {
                    continue;
                }
                let port = edge.edge.port;
                let name = nodes
                    .iter()
                    .find(|other| other.pod == server)
                    .and_then(|other| {
                        let ports = &other.observations.ports;
                        ports.iter().find(|open| open.number == port)
                    })
                    .map(|open| open.name.as_str());
                let connection = Connection {
                    namespace,
                    client: from,
                    server: to,
                    port,
                    port_name: name,
                };
                if let Some(blocked) = blocked_by(policies, &connection) {
                    let verb = match blocked.direction {
                        Direction::Ingress => "to hear from",
                        Direction::Egress => "to send to",
                    };
                    let (me, other) = match blocked.direction {
                        Direction::Ingress => (server, node.pod.as_str()),
                        Direction::Egress => (node.pod.as_str(), server),
                    };
                    let message = format!(
                        "NetworkPolicy {} does not allow {me} {verb} {other} on port {port}, which {} needs",
                        blocked.policy, edge.edge.key
                    );
                    let help = format!("add the port and the pods of {other} to its rules");
                    faults.push(
                        Fault::new(message, help)
                            .at("NetworkPolicy", blocked.policy)
                            .peer(other),
                    );
                }
            }
        }
    }
    faults
}
