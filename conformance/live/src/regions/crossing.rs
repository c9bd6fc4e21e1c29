//! The connections from site to site: who is met at each address, and whether they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use am_conformance::facts::Facts;
use am_standin::edge::Provenance;
use am_standin::observations::{EdgeObservation, LinkObservation, Verdict};

use super::deployment::{Deployment, EVERYBODY_TOLD, ONE_NODE};
use crate::document::Edge;
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;
use crate::scenario::{collect, judge_identities, write_down};
use crate::wiring::{self, Judgement, Observed, requirement_of};

const POLL: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(60);

/// The node as its own site sees it, and what of it leads to others.
fn parted(node: &mut Observed, edges: &[&Edge]) -> Vec<EdgeObservation> {
    let leads_away = |edge: &mut EdgeObservation| {
        let at = format!("{}:{}", edge.edge.host, edge.edge.port);
        edges.iter().any(|plan| plan.addresses.contains(&at))
    };
    let all = &mut node.observations.edges;
    all.extract_if(.., leads_away).collect()
}

/// Judges the wiring of each site, and what leads from it to others, again and again until all is reached or patience ends.
/// Each address of others is asked `connections` times more before anything counts as right.
pub(super) async fn judge_wiring(
    deployment: &mut Deployment,
    connections: u64,
) -> Result<bool, LiveError> {
    let mut all_right = true;
    let mut before = Vec::new();
    for at in 0..deployment.sites.len() {
        before.push(look(deployment, at).await?.attempts);
    }
    for (at, before) in before.iter().enumerate() {
        let mut waiting = Waiting::begin();
        let Looked {
            judgement,
            crossing,
            nodes,
            ..
        } = loop {
            let looked = look(deployment, at).await?;
            let asked = looked.attempts.iter();
            let mut asked = asked.map(|(edge, now)| now - before.get(edge).unwrap_or(&0).min(now));
            let is_right = looked.judgement.faults.is_empty()
                && looked.crossing.faults.is_empty()
                && asked.all(|count| count >= connections);
            if is_right && !looked.nodes.is_empty() || waiting.is_over(PATIENCE) {
                break looked;
            }
            tokio::time::sleep(POLL).await;
        };
        all_right &= judgement.faults.is_empty() && crossing.faults.is_empty();
        let stage = &mut deployment.sites[at].stage;
        stage.say(&format!(
            "{} of {} edges of the wiring table reached, {} of {} to other sites",
            judgement.reached, judgement.expected, crossing.reached, crossing.expected
        ));
        stage.edges = (judgement.expected, judgement.reached);
        judge_identities(stage, &nodes);
        write_down(stage, judgement);
        write_down(stage, crossing);
    }
    Ok(all_right)
}

/// What a look at a site shows.
struct Looked {
    /// Its own wiring.
    judgement: Judgement,
    /// What leads from it to others.
    crossing: Judgement,
    nodes: Vec<Observed>,
    /// How often each node asked each address of others: pod, key and address.
    attempts: BTreeMap<(String, String, String), u64>,
}

async fn look(deployment: &Deployment, at: usize) -> Result<Looked, LiveError> {
    let stage = &deployment.sites[at].stage;
    let edges: Vec<&Edge> = deployment.edges_from(at).collect();
    let mut nodes = collect(stage, &stage.main).await?;
    let mut crossing = Judgement::default();
    let mut attempts = BTreeMap::new();
    for node in &mut nodes {
        let component = node.component.name();
        let away = parted(node, &edges);
        for it in &away {
            let edge = (node.pod.clone(), it.edge.key.clone(), it.edge.url.clone());
            attempts.insert(edge, it.attempts);
        }
        for edge in edges.iter().filter(|edge| edge.from.component == component) {
            let namespace = deployment
                .site(&edge.to.site)
                .map(|site| &site.stage.namespace);
            let namespace = namespace.map(String::as_str).unwrap_or_default();
            judge(
                &mut crossing,
                &deployment.facts,
                node,
                edge,
                &away,
                namespace,
            );
        }
    }
    let judgement = wiring::judge(&stage.lab.facts, stage.pattern, &nodes, &[]);
    Ok(Looked {
        judgement,
        crossing,
        nodes,
        attempts,
    })
}

/// Judges the addresses of an edge on a node.
fn judge(
    judgement: &mut Judgement,
    facts: &Facts,
    node: &Observed,
    edge: &Edge,
    away: &[EdgeObservation],
    namespace: &str,
) {
    let mut met_before = BTreeSet::new();
    for address in &edge.addresses {
        judgement.expected += 1;
        let at = |it: &&EdgeObservation| format!("{}:{}", it.edge.host, it.edge.port) == *address;
        let found: Vec<&EdgeObservation> = away.iter().filter(at).collect();
        let place = format!("{} of {}", edge.to.component, edge.to.site);
        let fault = |message: String| {
            Fault::new(message, "see the site's NodePorts and policies")
                .at("Pod", &node.pod)
                .value(address)
                .peer(&place)
        };
        let id = |it: &EdgeObservation| match it.edge.provenance {
            Provenance::File { .. } => Some(EVERYBODY_TOLD),
            _ => requirement_of(facts, it.edge.purpose),
        };
        if found.is_empty() {
            let message = format!("{} has no address {address} of the {place}", node.pod);
            let fault = (EVERYBODY_TOLD.to_owned(), fault(message));
            judgement.faults.push(fault);
        }
        let mut met = BTreeSet::new();
        let before = judgement.faults.len();
        for it in &found {
            let Some(id) = id(it) else { continue };
            met.extend(it.peers.iter().map(|peer| peer.identity.pod.as_str()));
            let right = it.verdict == Verdict::Reached
                && it.peers.iter().all(|peer| {
                    peer.identity.namespace == namespace
                        && peer.identity.role.as_str() == edge.to.component
                });
            if right {
                judgement.passed.push(id.to_owned());
            } else {
                let why = it.last_error.as_deref().unwrap_or("no reason told");
                let message = format!(
                    "{} does not reach the {place} at {address} by {}: {why}",
                    node.pod, it.edge.key
                );
                judgement.faults.push((id.to_owned(), fault(message)));
            }
        }
        if judgement.faults.len() == before && !found.is_empty() {
            judgement.reached += 1;
        }
        if edge.every_node && !met.is_empty() {
            let pods: Vec<&str> = met.iter().copied().collect();
            let fresh = met.iter().all(|pod| met_before.insert(*pod));
            if met.len() == 1 && fresh {
                judgement.passed.push(ONE_NODE.to_owned());
            } else {
                let message = format!(
                    "{} meets {} at {address}, which is meant for one node of the {place}",
                    node.pod,
                    pods.join(" and ")
                );
                judgement.faults.push((ONE_NODE.to_owned(), fault(message)));
            }
        }
    }
}

/// The connections by which events come from other sites, or go there, as the nodes of a site keep them up.
async fn links(deployment: &Deployment, at: usize) -> Result<Vec<LinkObservation>, LiveError> {
    let stage = &deployment.sites[at].stage;
    let edges: Vec<&Edge> = deployment.edges_from(at).collect();
    let crosses = |link: &LinkObservation| {
        let mut at = link.urls.iter().filter_map(|url| url.split_once("://"));
        at.any(|(_, at)| {
            let at = at.trim_end_matches('/').to_owned();
            edges.iter().any(|edge| edge.addresses.contains(&at))
        })
    };
    let mut links = Vec::new();
    for node in collect(stage, &stage.main).await? {
        let story = node.observations.story;
        let both = story.subscriptions.into_iter().chain(story.publishers);
        links.extend(both.filter(crosses));
    }
    Ok(links)
}

/// Waits until every connection between the sites is there, or none; how many are otherwise when patience ends.
pub(super) async fn settled(deployment: &Deployment, up: bool) -> Result<usize, LiveError> {
    let mut waiting = Waiting::begin();
    loop {
        let mut all = Vec::new();
        for at in 0..deployment.sites.len() {
            all.extend(links(deployment, at).await?);
        }
        let other = all.iter().filter(|link| link.peer.is_some() != up).count();
        if !all.is_empty() && other == 0 || waiting.is_over(PATIENCE) {
            let none = usize::from(all.is_empty());
            return Ok(other.max(none));
        }
        tokio::time::sleep(POLL).await;
    }
}
