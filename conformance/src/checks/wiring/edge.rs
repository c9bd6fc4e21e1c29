//! One row of the wiring table: a key on a component and the nodes that it must reach.

use std::collections::BTreeSet;

use am_deployment_toml::{effective::Provenance, key::KeyPath, wiring::Purpose};

use crate::{
    component::{Capability, Component},
    context::{Context, Fault, Judge},
    facts::{EdgeFact, Reach, Shape},
    graph::{Configuration, Link, Node, NodeId, Target},
};

/// The class that tells the control plane about revoked tokens. Source: facts/wiring.yaml#fallbacks (`event_listener`).
const LISTENER: &str = "org.wso2.is.notification.ApimOauthEventInterceptor";

/// Whether a reference with this purpose is what the row is about. The authentication addresses of groups
/// are judged on their own.
pub(in crate::checks) fn is_row_of(fact: &EdgeFact, purpose: &Purpose) -> bool {
    // Receivers come first.
    am_product::Purpose::at_key(&fact.key).next() == Some(purpose.kind())
}

/// A row on one node.
pub(super) struct Row<'r, 'a> {
    pub(super) context: &'r Context<'r>,
    pub(super) fact: &'r EdgeFact,
    pub(super) peer: Component,
    pub(super) node: &'r Node<'a>,
    pub(super) configuration: &'r Configuration<'a>,
    /// All nodes of the peer.
    pub(super) peers: BTreeSet<NodeId>,
}

/// Judges one row on every node of its component.
pub(super) fn judge_row(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
    fact: &EdgeFact,
    peer: Component,
) {
    let graph = context.graph;
    let nodes = graph.nodes_of(fact.on);
    if fact.highly_available && nodes.len() < 2 {
        return;
    }
    let peers: BTreeSet<NodeId> = graph.nodes_of(peer).iter().map(|node| node.id).collect();
    for node in nodes {
        // A node without configuration is a fault of topology, one that is no TOML a fault of configuration.
        let Some(configuration) = node
            .configuration
            .as_ref()
            .filter(|configuration| configuration.effective.is_some())
        else {
            continue;
        };
        judge.looked();
        let row = Row {
            context,
            fact,
            peer,
            node,
            configuration,
            peers: peers.clone(),
        };
        row.judge(judge);
    }
}

impl Row<'_, '_> {
    fn judge(&self, judge: &mut Judge<'_>) {
        // What is no address leads nowhere, and is told once.
        let none = self.no_addresses();
        for none in &none {
            judge.fault(self.is_none(none));
        }
        let links: Vec<&Link> = self
            .context
            .graph
            .links
            .iter()
            .filter(|link| {
                link.from == self.node.id
                    && is_row_of(self.fact, &link.reference.purpose)
                    && self.is_wanted(&link.reference.key)
                    && !none.iter().any(|none| none.key == link.reference.key)
            })
            .collect();
        if links.is_empty() {
            if none.is_empty() {
                judge.fault(self.missing());
            }
            return;
        }
        if links.iter().all(|link| is_silent(link)) {
            if !self.may_be_own_node() {
                judge.fault(self.silent(links[0]));
            }
            return;
        }
        if let Some(link) = repeated(&links).filter(|_| self.fact.shape == Shape::Jms) {
            let message = "is listed twice, so every event arrives twice";
            judge.fault(self.fault(link, message, "list it once"));
        }
        if let Some(declared) = self.context.graph.elsewhere(self.peer) {
            self.judge_there(judge, &links, declared);
            return;
        }
        let mut reached = BTreeSet::new();
        let mut is_whole = none.is_empty();
        for link in &links {
            match self.follow(link) {
                Ok(Some(nodes)) => reached.extend(nodes),
                // It lives outside, as declared: that it is the right one cannot be seen from here.
                Ok(None) => is_whole = false,
                Err(fault) => {
                    is_whole = false;
                    judge.fault(*fault);
                }
            }
        }
        if let Some(fault) = self.coverage(&reached, links[0]).filter(|_| is_whole) {
            judge.fault(fault);
        }
    }

    /// Of the listeners only the one for revoked tokens is meant; the product knows it by its id.
    pub(super) fn is_wanted(&self, key: &KeyPath) -> bool {
        if self.fact.shape != Shape::Notify {
            return true;
        }
        let Some(listener) = key.parent().and_then(|properties| properties.parent()) else {
            return true;
        };
        let is = |field: &str, wanted: &str| {
            self.node
                .effective()
                .and_then(|effective| effective.values().get(&listener.child(field)))
                .is_some_and(|found| found.value.as_str() == Some(wanted))
        };
        is("id", "token_revocation") && is("name", LISTENER)
    }

    /// Whether the file turns a switch off. What the product itself infers from the role is its own business:
    /// a traffic manager needs no connection to its own decisions.
    fn is_switched_off_by_hand(&self) -> bool {
        const SWITCHES: [&str; 3] = [
            "apim.event_hub.enable",
            "apim.throttling.enable_data_publishing",
            "apim.throttling.enable_decision_connection",
        ];
        SWITCHES
            .iter()
            .filter_map(|key| self.node.effective()?.get(key))
            .any(|switch| switch.provenance.is_written() && !switch.value.is_true())
    }

    /// Whether the table means the node itself: its own broker, or the only node of its own component.
    pub(super) fn may_be_own_node(&self) -> bool {
        match self.fact.reach {
            Reach::OwnNode | Reach::OwnServer => true,
            Reach::OtherNodes | Reach::AnotherNode => false,
            Reach::Service | Reach::EveryNode => {
                self.peer == self.fact.on
                    && self.peers.len() == 1
                    && self.fact.on.has(Capability::WholeProduct)
            }
        }
    }

    /// Whether the address is in use and looks as the table says, wherever it leads.
    pub(super) fn form(&self, link: &Link) -> Result<(), Box<Fault<'_>>> {
        let address = &link.reference.address;
        let (scheme, _, path) = self.fact.shape.parts();
        if !link.reference.enabled && self.is_switched_off_by_hand() {
            return Err(Box::new(self.fault(
                link,
                "is switched off",
                "remove the switch that turns it off",
            )));
        }
        if address.scheme != scheme {
            let message = format!("has the scheme `{}`", address.scheme);
            return Err(Box::new(self.fault(
                link,
                &message,
                format!("write {}", self.wanted_address()),
            )));
        }
        if !path_is_right(self.fact.shape, &address.path) {
            let message = format!("has the path `{}`", address.path);
            return Err(Box::new(self.fault(
                link,
                &message,
                format!("end it with `{path}`: {}", self.wanted_address()),
            )));
        }
        Ok(())
    }

    /// Whether all links together reach the nodes that they must.
    fn coverage(&self, reached: &BTreeSet<NodeId>, link: &Link) -> Option<Fault<'_>> {
        let own = BTreeSet::from([self.node.id]);
        let wanted: BTreeSet<NodeId> = match self.fact.reach {
            Reach::Service | Reach::EveryNode => self.peers.clone(),
            Reach::OwnNode | Reach::OwnServer => own.clone(),
            Reach::OtherNodes | Reach::AnotherNode => {
                self.peers.difference(&own).copied().collect()
            }
        };
        let is_enough = match self.fact.reach {
            Reach::OwnServer => !reached.is_empty(),
            Reach::AnotherNode => reached.len() == 1 && reached.is_subset(&wanted),
            _ => *reached == wanted,
        };
        if is_enough {
            return None;
        }
        let names = |nodes: Vec<&NodeId>| {
            let names: Vec<String> = nodes
                .iter()
                .map(|node| self.context.graph.describe(**node))
                .collect();
            names.join(", ")
        };
        let missing: Vec<&NodeId> = wanted.difference(reached).collect();
        let extra: Vec<&NodeId> = reached.difference(&wanted).collect();
        let (message, help) = match self.fact.reach {
            Reach::Service => (
                format!(
                    "reaches only {} of {} nodes of the {}",
                    reached.len(),
                    wanted.len(),
                    self.peer.title()
                ),
                format!("use the load-balanced address: {}", self.wanted_address()),
            ),
            Reach::OtherNodes | Reach::AnotherNode if reached.contains(&self.node.id) => (
                "names the node itself, so it would mirror every event to itself".to_owned(),
                format!("write {}", self.wanted_address()),
            ),
            Reach::AnotherNode => (
                format!(
                    "names {} nodes, and the product takes them for one publisher's failover list: each event reaches only one of them",
                    reached.len()
                ),
                "name one other node, and give every further one a publisher of its own (AM-WIRE-019)"
                    .to_owned(),
            ),
            Reach::OwnNode | Reach::OwnServer => (
                format!("names {} instead of the node's own broker", names(extra)),
                format!("write the address of this node: {}", self.node.pod_name),
            ),
            Reach::EveryNode | Reach::OtherNodes if !missing.is_empty() => (
                format!("does not name {}", names(missing)),
                "list the address of every node, one by one".to_owned(),
            ),
            Reach::EveryNode | Reach::OtherNodes => (
                format!("names {} too many", names(extra)),
                "remove it".to_owned(),
            ),
        };
        Some(self.fault(link, &message, help))
    }
}

/// The first link whose address an earlier one has too.
fn repeated<'l>(links: &[&'l Link]) -> Option<&'l Link> {
    links.iter().enumerate().find_map(|(index, link)| {
        let is_same = |other: &&Link| other.reference.raw == link.reference.raw;
        links[..index].iter().any(is_same).then_some(*link)
    })
}

/// Whether nobody wrote the address and the product chose the node itself.
fn is_silent(link: &Link) -> bool {
    matches!(
        link.reference.provenance,
        Provenance::FallbackToSelf | Provenance::ProductDefault
    ) && matches!(link.target, Target::Own { .. })
}

fn path_is_right(shape: Shape, path: &str) -> bool {
    match shape {
        // The product cuts the URL at `/services`; what follows is custom.
        Shape::Servlet => path.starts_with("/services") && !path.contains('?'),
        Shape::Jwks => path == "/oauth2/jwks",
        Shape::Revoke => path == "/oauth2/revoke",
        Shape::Notify => path == "/internal/data/v1/notify",
        // The product appends a query of its own to broker URLs.
        Shape::Jms | Shape::Receivers | Shape::Publishers => path.is_empty() || path == "/",
    }
}
