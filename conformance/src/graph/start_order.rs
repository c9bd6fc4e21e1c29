//! Which pods can only start after others.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Graph, Member, NodeId, Target,
    waits::{Awaited, awaited},
};
use crate::component::Component;

/// Before a node starts, one of some others must have started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// Who of them suffices.
    pub nodes: BTreeSet<NodeId>,
    /// What waits, in words.
    pub by: String,
}

/// What each node waits for. All of its waits must end.
#[derive(Debug, Clone, Default)]
pub struct StartOrder {
    waits: BTreeMap<NodeId, Vec<Wait>>,
    /// Workloads that wait for a component elsewhere, by their index.
    after_elsewhere: BTreeSet<usize>,
}

impl StartOrder {
    /// The order among the nodes of a graph.
    pub fn of(graph: &Graph<'_>) -> Self {
        let mut order = Self::default();
        for (index, member) in graph.members.iter().enumerate() {
            let awaited = awaited(graph, member);
            let is_elsewhere = |target: &Target| matches!(target, Target::Elsewhere(_));
            if awaited.iter().any(|awaited| is_elsewhere(&awaited.target)) {
                order.after_elsewhere.insert(index);
            }
            let groups = groups(graph, awaited);
            for ordinal in 0..member.replicas {
                let own = NodeId {
                    member: index,
                    ordinal,
                };
                let mut waits: Vec<Wait> = groups
                    .iter()
                    .filter_map(|group| group.wait_of(own, member))
                    .collect();
                if ordinal > 0 && starts_one_by_one(member) {
                    waits.push(Wait {
                        nodes: BTreeSet::from([NodeId {
                            member: index,
                            ordinal: ordinal - 1,
                        }]),
                        by: "podManagementPolicy".to_owned(),
                    });
                }
                order.waits.insert(own, waits);
            }
        }
        order
    }

    /// The waits of a node.
    pub fn waits_of(&self, node: NodeId) -> &[Wait] {
        self.waits.get(&node).map_or(&[], Vec::as_slice)
    }

    /// Whether a node starts only after a component that runs elsewhere.
    pub(crate) fn follows_elsewhere(&self, node: NodeId) -> bool {
        self.after_elsewhere.contains(&node.member)
    }

    /// Whether nobody waits for anybody.
    pub fn is_empty(&self) -> bool {
        self.waits.values().all(Vec::is_empty)
    }

    /// The nodes that start in the end when `missing` never does.
    pub(crate) fn started_without(&self, missing: Option<NodeId>) -> BTreeSet<NodeId> {
        let mut started = BTreeSet::new();
        loop {
            let before = started.len();
            for (node, waits) in &self.waits {
                let may = waits.iter().all(|wait| !wait.nodes.is_disjoint(&started));
                if may && Some(*node) != missing {
                    started.insert(*node);
                }
            }
            if started.len() == before {
                return started;
            }
        }
    }
}

/// The nodes of one component that one container names.
struct Group<'a> {
    container: &'a str,
    nodes: BTreeSet<NodeId>,
    knows_its_pod: bool,
}

impl Group<'_> {
    /// What the group means for one node. A script that looks at its pod's name lets the first node go and waits for
    /// other nodes only.
    fn wait_of(&self, own: NodeId, member: &Member<'_>) -> Option<Wait> {
        let mut nodes = self.nodes.clone();
        let is_own = nodes.iter().all(|node| node.member == own.member);
        if is_own && self.knows_its_pod && member.workload.is_stateful_set() {
            if own.ordinal == 0 {
                return None;
            }
            nodes.remove(&own);
        }
        (!nodes.is_empty()).then(|| Wait {
            nodes,
            by: format!("container `{}`", self.container),
        })
    }
}

/// One group for each container and each component that it names: a container that waits for several nodes of a
/// component is content with one, and one that waits for two components waits for both.
fn groups<'a>(graph: &Graph<'a>, all: Vec<Awaited<'a>>) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<(&str, Option<Component>), Group<'a>> = BTreeMap::new();
    for awaited in all {
        let Target::Nodes { nodes, .. } = &awaited.target else {
            continue;
        };
        let component = nodes.first().and_then(|node| graph.component(*node));
        groups
            .entry((awaited.container, component))
            .or_insert_with(|| Group {
                container: awaited.container,
                nodes: BTreeSet::new(),
                knows_its_pod: awaited.knows_its_pod,
            })
            .nodes
            .extend(nodes);
    }
    groups.into_values().collect()
}

/// Whether Kubernetes makes each pod only when the one before is ready.
fn starts_one_by_one(member: &Member<'_>) -> bool {
    member.workload.is_stateful_set()
        && member.workload.object.str("/spec/podManagementPolicy") != Some("Parallel")
        && member
            .main
            .is_some_and(|main| main.value.get("readinessProbe").is_some())
}
