//! The network policies that the cluster holds, against the connections that the pattern needs.
//!
//! This needs no network plugin that enforces them, and replaces none: it proves that a policy forgets an edge, never that
//! one blocks anything.

use am_conformance::Component;
use am_conformance::checks::{Connection, Direction, blocked_by};
use am_conformance::facts::{Facts, Reach};
use am_conformance::manifest::{Manifest, Object};
use am_product::Pattern;
use am_standin::edge::Purpose;
use am_standin::observations::Verdict;

use super::Stage;
use crate::api::Pod;
use crate::error::LiveError;
use crate::record::Fault;
use crate::wiring::{Observed, requirement_of};

/// Judges every connection between the release's own pods that the wiring table asks for or that was seen to work.
pub(super) async fn judge(stage: &mut Stage, nodes: &[Observed]) -> Result<(), LiveError> {
    let policies = all(stage).await?;
    let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
    let needs = needed(&stage.lab.facts, stage.pattern, &pods)
        .into_iter()
        .chain(observed(&stage.lab.facts, nodes, &pods));
    let faults: Vec<Fault> = needs
        .filter_map(|need| forgotten(&policies, &stage.namespace, &need))
        .collect();
    for fault in faults {
        stage.failed("AM-NET-017", fault);
    }
    Ok(())
}

/// The policies of the namespace.
pub(crate) async fn all(stage: &Stage) -> Result<Manifest, LiveError> {
    let path = format!(
        "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
        stage.namespace
    );
    Ok(manifest(stage.lab.api.list(&path).await?, &stage.namespace))
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
    Manifest {
        objects,
        ..Manifest::default()
    }
}

/// A connection that somebody needs.
struct Need<'a> {
    client: &'a Pod,
    server: &'a Pod,
    port: u16,
    port_name: Option<String>,
    /// The key that names the address.
    key: String,
}

/// The wiring table's connections between the pods that are there, one for each pair of components. They are needed
/// whether the servers came up or not.
fn needed<'p>(facts: &Facts, pattern: Pattern, pods: &'p [Pod]) -> Vec<Need<'p>> {
    let of = |component: Component| {
        pods.iter()
            .filter(move |pod| pod.component == component.name())
    };
    let mut needs = Vec::new();
    for edge in &facts.edges {
        let Some(peer) = edge.peers.get(&pattern).copied() else {
            continue;
        };
        let is_own = matches!(edge.reach, Reach::OwnNode | Reach::OwnServer);
        if is_own || edge.highly_available && of(edge.on).count() < 2 {
            continue;
        }
        let Some(client) = of(edge.on).next() else {
            continue;
        };
        // A pod always reaches itself.
        let Some(server) = of(peer).find(|pod| pod.name != client.name) else {
            continue;
        };
        needs.extend(edge.ports().into_iter().map(|port| {
            let name = peer.ports().find(|fact| fact.number == port);
            Need {
                client,
                server,
                port,
                port_name: name.map(|fact| fact.name.clone()),
                key: edge.key.clone(),
            }
        }));
    }
    needs
}

/// The connections that the stand-ins made.
fn observed<'p>(facts: &Facts, nodes: &[Observed], pods: &'p [Pod]) -> Vec<Need<'p>> {
    let pod = |name: &str| pods.iter().find(|pod| pod.name == name);
    let mut needs = Vec::new();
    for node in nodes {
        let edges = node.observations.edges.iter().filter(|edge| {
            edge.verdict == Verdict::Reached
                && (edge.edge.purpose == Purpose::Database
                    || requirement_of(facts, edge.edge.purpose).is_some())
        });
        for edge in edges {
            for met in &edge.peers {
                // One that is gone has no labels any more.
                let (Some(client), Some(server)) = (pod(&node.pod), pod(&met.identity.pod)) else {
                    continue;
                };
                if server.name == client.name {
                    continue;
                }
                let port = edge.edge.port;
                let open = nodes
                    .iter()
                    .find(|other| other.pod == server.name)
                    .and_then(|other| {
                        let ports = &other.observations.ports;
                        ports.iter().find(|open| open.number == port)
                    });
                needs.push(Need {
                    client,
                    server,
                    port,
                    port_name: open.map(|open| open.name.clone()),
                    key: edge.edge.key.clone(),
                });
            }
        }
    }
    needs
}

fn forgotten(policies: &Manifest, namespace: &str, need: &Need<'_>) -> Option<Fault> {
    let connection = Connection {
        namespace,
        client: &need.client.labels,
        server: &need.server.labels,
        port: need.port,
        port_name: need.port_name.as_deref(),
    };
    let blocked = blocked_by(policies, &connection)?;
    let (client, server) = (need.client.name.as_str(), need.server.name.as_str());
    let (me, verb, other) = match blocked.direction {
        Direction::Ingress => (server, "to hear from", client),
        Direction::Egress => (client, "to send to", server),
    };
    let message = format!(
        "NetworkPolicy {} does not allow {me} {verb} {other} on port {}, which {} needs",
        blocked.policy, need.port, need.key
    );
    let help = format!("add the port and the pods of {other} to its rules");
    Some(
        Fault::new(message, help)
            .at("NetworkPolicy", blocked.policy)
            .peer(other),
    )
}
