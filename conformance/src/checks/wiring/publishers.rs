//! How the nodes of an event hub tell each other what happened: by the product's own second publisher, which
//! `event_duplicate_url` turns on, and by further publishers that a chart lays over the pack.

use std::collections::{BTreeMap, BTreeSet};

use am_deployment_toml::wiring::Purpose;

use super::publisher_file::{Jndi, Publisher};
use crate::{
    component::Component,
    context::{Context, Fault, Judge},
    facts::{MirroredStream, Reach, Shape},
    graph::{Link, MountedFile, Node, NodeId, Target, mounted_files},
};

/// Where the server looks for publishers.
const PUBLISHERS: &str = "/repository/deployment/server/eventpublishers/";

/// Where JNDI files are, below the server home.
const CONFIGURATION: &str = "repository/conf/";

/// Where the configuration engine finds the templates of such files.
const TEMPLATES: &str = "/repository/resources/conf/templates/repository/conf/";

pub(super) fn every_node_is_told(context: &Context<'_>, judge: &mut Judge<'_>) {
    let hubs: BTreeSet<Component> = context
        .facts
        .edges
        .iter()
        .filter(|edge| edge.reach == Reach::AnotherNode)
        .filter(|edge| edge.peers.contains_key(&context.wired_as()))
        .map(|edge| edge.on)
        .collect();
    for hub in hubs {
        let nodes = context.graph.nodes_of(hub);
        for node in &nodes {
            let mut unread = Vec::new();
            let on = On::read(context, node, hub, &mut unread);
            for fault in unread {
                judge.fault(fault);
            }
            on.judge(judge, &nodes);
        }
    }
}

/// A publisher that a chart brings, and the file that holds it.
pub(super) struct Further<'a> {
    pub(super) file: MountedFile<'a>,
    pub(super) publisher: Publisher,
}

/// One node of the event hub.
pub(super) struct On<'o, 'a> {
    context: &'o Context<'a>,
    node: &'o Node<'a>,
    hub: Component,
    pub(super) publishers: Vec<Further<'a>>,
    /// Texts of JNDI files, by their path below the server home.
    pub(super) jndi: BTreeMap<String, &'a str>,
}

impl<'o, 'a> On<'o, 'a> {
    pub(super) fn read(
        context: &'o Context<'a>,
        node: &'o Node<'a>,
        hub: Component,
        unread: &mut Vec<Fault<'a>>,
    ) -> Self {
        let member = context.graph.member(node.id);
        let files = member
            .main
            .map(|main| mounted_files(context.manifest, &member.workload, &main, &node.pod_name).0)
            .unwrap_or_default();
        let mut publishers = Vec::new();
        let mut jndi = BTreeMap::new();
        for file in files {
            let Some(text) = file.text else { continue };
            let at = |folder: &str| file.path.split_once(folder).map(|(_, name)| name);
            if at(PUBLISHERS)
                .and_then(|name| name.strip_suffix(".xml"))
                .is_some()
            {
                match Publisher::read(text) {
                    Ok(publisher) => publishers.push(Further { file, publisher }),
                    Err(reason) => unread.push(
                        Fault::new(
                            format!("`{}` is no publisher: {reason}", file.key),
                            "write an element `eventPublisher`",
                        )
                        .object(file.object),
                    ),
                }
                continue;
            }
            let template = at(TEMPLATES).and_then(|name| name.strip_suffix(".j2"));
            let plain = || at(&format!("/{CONFIGURATION}"));
            if let Some(name) = template.or_else(plain) {
                jndi.insert(format!("{CONFIGURATION}{name}"), text);
            }
        }
        Self {
            context,
            node,
            hub,
            publishers,
            jndi,
        }
    }

    fn judge(&self, judge: &mut Judge<'_>, nodes: &[&Node<'_>]) {
        let mut told: BTreeSet<(&str, NodeId)> = self.by_the_product();
        let mut names = BTreeSet::new();
        for further in &self.publishers {
            let Some(stream) = self.stream_of(&further.publisher) else {
                continue;
            };
            judge.looked();
            let is_new = names.insert(further.publisher.name.as_str());
            match self.reached(&further.publisher, stream, is_new) {
                Ok(Some(node)) if told.contains(&(stream.topic.as_str(), node)) => {
                    judge.fault(self.fault(further, &format!(
                        "publishes to {}, which another publisher tells already, so every event arrives twice",
                        self.context.graph.describe(node)
                    )));
                }
                Ok(Some(node)) => {
                    told.insert((&stream.topic, node));
                }
                // Where it lives outside, as declared, it cannot be told which node it is.
                Ok(None) => {}
                Err(problem) => judge.fault(self.fault(further, &problem)),
            }
        }
        if nodes.len() < 3 || self.node.effective().is_none() {
            return;
        }
        for stream in &self.context.facts.mirrored_streams {
            for other in nodes.iter().filter(|other| other.id != self.node.id) {
                let is_told = told.contains(&(stream.topic.as_str(), other.id));
                judge.require(is_told, || self.untold(stream, other));
            }
        }
    }

    /// Whom the product's own second publisher tells: the first broker of its list that accepts.
    fn by_the_product(&self) -> BTreeSet<(&'o str, NodeId)> {
        let node = self
            .product_link()
            .and_then(|link| self.hub_node(&link.target));
        let streams = self.context.facts.mirrored_streams.iter();
        node.into_iter()
            .flat_map(|node| {
                streams
                    .clone()
                    .map(move |stream| (stream.topic.as_str(), node))
            })
            .collect()
    }

    /// Where the product's own second publisher leads.
    fn product_link(&self) -> Option<&'o Link> {
        self.context.graph.links.iter().find(|link| {
            link.from == self.node.id
                && link.reference.purpose == Purpose::EventDuplicateEventHub
                && link.reference.enabled
        })
    }

    /// The node of the hub whose broker an address is.
    fn hub_node(&self, target: &Target) -> Option<NodeId> {
        let Target::Nodes { nodes, port, .. } = target else {
            return None;
        };
        let node = nodes.first().copied().filter(|_| nodes.len() == 1)?;
        let graph = self.context.graph;
        let (_, jms, _) = Shape::Jms.parts();
        let offset = graph.node(node).map_or(0, Node::offset);
        let is_broker = jms.checked_add(offset) == Some(*port);
        (is_broker && graph.component(node) == Some(self.hub)).then_some(node)
    }

    fn stream_of(&self, publisher: &Publisher) -> Option<&'o MirroredStream> {
        let streams = &self.context.facts.mirrored_streams;
        streams
            .iter()
            .find(|stream| stream.stream == publisher.stream)
    }

    /// The node that a publisher tells; `None` when that cannot be seen.
    fn reached(
        &self,
        publisher: &Publisher,
        stream: &MirroredStream,
        is_new: bool,
    ) -> Result<Option<NodeId>, String> {
        if !is_new {
            return Err(
                "has the name of another publisher, and the server takes only one of them".into(),
            );
        }
        if publisher.is_disabled {
            return Err("is switched off (`processing`)".into());
        }
        if publisher.adapter != "jms" {
            return Err(format!("publishes by `{}`, not by jms", publisher.adapter));
        }
        let property = |name: &str| {
            publisher
                .property(name)
                .ok_or_else(|| format!("has no property `{name}`"))
        };
        let topic = property("transport.jms.Destination")?;
        if topic != stream.topic {
            return Err(format!(
                "publishes to the topic `{topic}`, and listeners listen to `{}`",
                stream.topic
            ));
        }
        let path = property("java.naming.provider.url")?;
        let jndi = self
            .jndi
            .get(path)
            .ok_or_else(|| format!("names the JNDI file `{path}`, which is not there"))?;
        let jndi = Jndi(jndi);
        if jndi.get(&format!("topic.{topic}")).is_none() {
            return Err(format!("names `{path}`, which has no line `topic.{topic}`"));
        }
        let factory = property("transport.jms.ConnectionFactoryJNDIName")?;
        let brokers = jndi.brokers(factory);
        let [(host, port)] = brokers.as_slice() else {
            return Err(format!(
                "has {} brokers in `{path}`, and an event goes to one of them only",
                brokers.len()
            ));
        };
        let graph = self.context.graph;
        let namespace = graph.member(self.node.id).workload.object.namespace();
        let target = graph.resolver().resolve(namespace, host, Some(*port));
        if target == Target::External {
            return Ok(None);
        }
        match self.hub_node(&target) {
            Some(node) if node == self.node.id => {
                Err("publishes to the node itself, so every event arrives twice".into())
            }
            Some(node) => Ok(Some(node)),
            None => Err(format!(
                "publishes to `{host}:{port}`, which is no node of the event hub"
            )),
        }
    }

    fn fault(&self, further: &Further<'a>, problem: &str) -> Fault<'a> {
        Fault::new(
            format!(
                "publisher `{}` of {} {problem}",
                further.publisher.name,
                self.context.graph.describe(self.node.id)
            ),
            "give every further node of the event hub one publisher of each stream, with a name and a JNDI file of its own that lists this node only",
        )
        .object(further.file.object)
        .value(further.file.key.clone())
    }

    fn untold(&self, stream: &MirroredStream, other: &Node<'_>) -> Fault<'a> {
        let graph = self.context.graph;
        let (who, other) = (graph.describe(self.node.id), graph.describe(other.id));
        let astray = self
            .product_link()
            .filter(|link| self.hub_node(&link.target).is_none());
        let fault = Fault::new(
            format!(
                "{who} does not tell {other} of {}: listeners that are connected there never hear of them",
                stream.tells
            ),
            format!(
                "name one other node in `apim.event_hub.event_duplicate_url`, which is one publisher whatever the length of its list, and add a publisher of {} with a JNDI file of its own for each further node",
                stream.stream
            ),
        )
        .object(graph.member(self.node.id).workload.object)
        .peer(other);
        match astray {
            Some(link) => fault.value(link.reference.raw.clone()),
            None => fault,
        }
    }
}
