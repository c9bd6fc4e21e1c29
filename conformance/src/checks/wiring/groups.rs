//! Groups of receivers: one per node, each receiver paired with its authentication address.

use std::collections::BTreeSet;

use am_deployment_toml::wiring::{Purpose, url_groups};

use crate::{
    component::Component,
    context::{Context, Fault, Judge, configured},
    facts::{EdgeFact, Shape},
    graph::{Configuration, Link, Node, NodeId, Target},
};

/// Rows of the table about groups that hold for a component in this pattern.
fn rows<'c>(context: &'c Context<'_>, component: Component) -> impl Iterator<Item = &'c EdgeFact> {
    let pattern = context.wired_as();
    let is_single = context.graph.nodes_of(component).len() < 2;
    context.facts.edges.iter().filter(move |fact| {
        fact.on == component
            && fact.shape.group_fields().is_some()
            && fact.peers.contains_key(&pattern)
            && !(fact.highly_available && is_single)
    })
}

fn links_with<'c>(
    context: &'c Context<'_>,
    node: NodeId,
    purpose: &'c Purpose,
) -> impl Iterator<Item = &'c Link> {
    context
        .graph
        .links
        .iter()
        .filter(move |link| link.from == node && link.reference.purpose == *purpose)
}

pub(super) fn one_group_per_node(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (node, component, configuration) in configured(context.graph) {
        let Some(effective) = &configuration.effective else {
            continue;
        };
        for fact in rows(context, component) {
            let publish = fact.shape == Shape::Publishers;
            for group in url_groups(effective, publish) {
                let purpose = receiver_purpose(publish, group.number);
                let nodes: BTreeSet<(Option<NodeId>, usize)> =
                    links_with(context, node.id, &purpose)
                        .filter_map(|link| match &link.target {
                            Target::Nodes { nodes, .. } if nodes.len() == 1 => {
                                Some((nodes.first().copied(), 0))
                            }
                            Target::Elsewhere(there) if there.nodes.len() == 1 => {
                                Some((None, *there.nodes.first()?))
                            }
                            _ => None,
                        })
                        .collect();
                let share = !publish && nodes.iter().all(|(id, _)| share_counters(context, *id));
                judge.require(nodes.len() < 2 || share, || {
                    Fault::new(
                        format!(
                            "on the {}, group {} of `{}` holds {} nodes, so each event goes to only one of them",
                            context.graph.describe(node.id),
                            group.number,
                            fact.key,
                            nodes.len(),
                        ),
                        "write one group per node: events are sent to every group",
                    )
                    .at(configuration, fact.key.clone(), group.receivers.first().and_then(|receiver| receiver.span))
                });
            }
        }
    }
}

/// Whether a node counts in a store that all traffic managers share: then any one of them may hear of a request.
/// Source: apim.docs.wso2.com, Distributed Throttling (4.7.0)
fn share_counters(context: &Context<'_>, node: Option<NodeId>) -> bool {
    let node = node.and_then(|id| context.graph.node(id));
    let enabled = node
        .and_then(Node::effective)
        .and_then(|effective| effective.get("apim.distributed_throttling.enable"));
    enabled.is_some_and(|enabled| enabled.value.scalar_text().as_deref() == Some("true"))
}

/// Events are sent to every group, so two groups of the same receivers count everything twice. Whatever the table says
/// about the component: a list that is written is used.
pub(super) fn no_group_twice(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (node, _, configuration) in configured(context.graph) {
        let Some(effective) = &configuration.effective else {
            continue;
        };
        for (publish, key) in [
            (false, "apim.throttling.url_group"),
            (true, "apim.event_hub.publish.url_group"),
        ] {
            let mut seen = BTreeSet::new();
            for group in url_groups(effective, publish) {
                let urls: Vec<String> = group
                    .receivers
                    .iter()
                    .map(|receiver| receiver.raw.clone())
                    .collect();
                judge.require(urls.is_empty() || seen.insert(urls.clone()), || {
                    Fault::new(
                        format!(
                            "on the {}, `{key}` has two groups of {}, so each event is counted twice",
                            context.graph.describe(node.id),
                            urls.join(", ")
                        ),
                        "write one group per node",
                    )
                    .at(
                        configuration,
                        key,
                        group.receivers.first().and_then(|receiver| receiver.span),
                    )
                });
            }
        }
    }
}

fn receiver_purpose(publish: bool, group: usize) -> Purpose {
    if publish {
        Purpose::EventHubPublish { group }
    } else {
        Purpose::ThrottleReceiver { group }
    }
}

fn authentication_purpose(publish: bool, group: usize) -> Purpose {
    if publish {
        Purpose::EventHubPublishAuth { group }
    } else {
        Purpose::ThrottleAuth { group }
    }
}

pub(super) fn authentication_pairs_with_receivers(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (node, component, configuration) in configured(context.graph) {
        let Some(effective) = &configuration.effective else {
            continue;
        };
        for fact in rows(context, component) {
            let publish = fact.shape == Shape::Publishers;
            for group in url_groups(effective, publish) {
                let group = Group {
                    context,
                    node,
                    configuration,
                    fact,
                    publish,
                    number: group.number,
                };
                group.judge(judge);
            }
        }
    }
}

/// One group on one node.
struct Group<'g, 'a> {
    context: &'g Context<'g>,
    node: &'g Node<'a>,
    configuration: &'g Configuration<'a>,
    fact: &'g EdgeFact,
    publish: bool,
    number: usize,
}

impl Group<'_, '_> {
    fn judge(&self, judge: &mut Judge<'_>) {
        let receiver_purpose = receiver_purpose(self.publish, self.number);
        let authentication_purpose = authentication_purpose(self.publish, self.number);
        let receivers: Vec<&Link> =
            links_with(self.context, self.node.id, &receiver_purpose).collect();
        let authentications: Vec<&Link> =
            links_with(self.context, self.node.id, &authentication_purpose).collect();
        judge.require(receivers.len() == authentications.len(), || {
            self.fault(
                receivers.first().copied().or(authentications.first().copied()),
                &format!("has {} receivers and {} authentication addresses", receivers.len(), authentications.len()),
                "write one authentication address per receiver, in the same order; else the product drops every event",
            )
        });
        for (receiver, authentication) in receivers.iter().zip(&authentications) {
            self.judge_pair(judge, receiver, authentication);
        }
    }

    fn judge_pair(&self, judge: &mut Judge<'_>, receiver: &Link, authentication: &Link) {
        let (receiver_address, address) = (
            &receiver.reference.address,
            &authentication.reference.address,
        );
        judge.require(address.scheme == "ssl", || {
            self.fault(
                Some(authentication),
                &format!(
                    "has an authentication address with the scheme `{}`",
                    address.scheme
                ),
                "write ssl://host:9711",
            )
        });
        judge.require(address.host == receiver_address.host, || {
            self.fault(
                Some(authentication),
                &format!(
                    "authenticates with `{}` but sends to `{}`",
                    address.host, receiver_address.host
                ),
                "use the receiver's host",
            )
        });
        // A receiver that leads nowhere is the fault of its own row.
        let port = match (&receiver.target, &authentication.target) {
            (Target::Nodes { port: receiver, .. }, Target::Nodes { port, .. })
            | (Target::Own { port: receiver }, Target::Own { port }) => Some((*receiver, *port)),
            (Target::Elsewhere(receiver), Target::Elsewhere(there)) => {
                Some((receiver.port, there.port))
            }
            (Target::Nodes { .. } | Target::Elsewhere(_), Target::Dangling { reason, .. }) => {
                judge.fault(self.fault(
                    Some(authentication),
                    &format!("has an authentication address that leads nowhere: {reason}"),
                    "use the receiver's host and its port plus 100",
                ));
                None
            }
            _ => None,
        };
        if let Some((receiver, port)) = port {
            // Both ports shift alike, so they stay 100 apart.
            judge.require(address.host != receiver_address.host || port == receiver.saturating_add(100), || {
                self.fault(
                    Some(authentication),
                    &format!("authenticates on port {port} for a receiver on port {receiver}"),
                    "use the authentication port of the receiver: 9711 for 9611, both shifted by the peer's offset",
                )
            });
        }
    }

    fn fault(&self, link: Option<&Link>, message: &str, help: &str) -> Fault<'_> {
        let who = self.context.graph.describe(self.node.id);
        let message = format!(
            "on the {who}, group {} of `{}` {message}",
            self.number, self.fact.key
        );
        let key = link.map_or_else(
            || self.fact.key.clone(),
            |link| link.reference.key.to_string(),
        );
        let fault = Fault::new(message, help).at(
            self.configuration,
            key,
            link.and_then(|link| link.reference.span),
        );
        match link {
            Some(link) => fault.value(link.reference.raw.clone()),
            None => fault,
        }
    }
}
