//! Tells something again when a connection did not hold, and waits until all do.

use std::collections::BTreeMap;
use std::time::Duration;

use am_standin::observations::LinkObservation;

use super::observe::collect;
use super::stage::Stage;
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::wiring::Observed;

const POLL: Duration = Duration::from_millis(500);
/// A connection that was lost is made anew within a few seconds.
const RECONNECTION: Duration = Duration::from_secs(40);
/// How often an event is told again because a connection did not hold.
const AGAIN: usize = 2;

/// The topics that a node listens to.
pub(super) fn subscriptions(node: &Observed) -> impl Iterator<Item = &LinkObservation> {
    node.observations.story.subscriptions.iter()
}

/// Waits until every listener that is not deaf hears its broker; otherwise one that does not when patience ends, and its
/// key. A connection alone proves nothing: that to a pod that was killed looks alive for some seconds.
pub(super) async fn connected(stage: &Stage) -> Result<Option<(String, String)>, LiveError> {
    let mut waiting = Waiting::begin();
    let mut at_first: BTreeMap<(String, String), u64> = BTreeMap::new();
    loop {
        let nodes = collect(stage, &stage.main).await?;
        let mut silent = None;
        for node in &nodes {
            for link in subscriptions(node).filter(|link| !link.deaf) {
                let place = (node.pod.clone(), link.key.clone());
                let at_first = *at_first.entry(place.clone()).or_insert(link.frames);
                if link.peer.is_none() || link.frames == at_first {
                    silent = Some(place);
                }
            }
        }
        if silent.is_none() || waiting.is_over(RECONNECTION) {
            return Ok(silent);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Every connection over which events travel, and how often it was made: `None` while it is away.
type Connections = BTreeMap<(String, String, Vec<String>), Option<u64>>;

async fn connections(stage: &Stage) -> Result<Connections, LiveError> {
    let mut connections = BTreeMap::new();
    for node in collect(stage, &stage.main).await? {
        let story = node.observations.story;
        for link in story.subscriptions.into_iter().chain(story.publishers) {
            let made = link.peer.is_some().then_some(link.connections);
            connections.insert((node.pod.clone(), link.key, link.urls), made);
        }
    }
    Ok(connections)
}

/// Attempts to tell something.
///
/// What is told while a connection is away is lost, as on the product, and a machine under load can hold a pod up for so
/// long that its peers take it for gone. An event that does not arrive speaks against the chart only if every connection
/// held.
#[derive(Default)]
pub(super) struct Attempts {
    made: usize,
    connections: Option<Connections>,
}

impl Attempts {
    /// The number of the next attempt: the first one, and further ones while a connection did not hold during the last.
    pub(super) async fn next(&mut self, stage: &Stage) -> Result<Option<usize>, LiveError> {
        if let Some(before) = &self.connections
            && (self.made > AGAIN || *before == connections(stage).await?)
        {
            return Ok(None);
        }
        connected(stage).await?;
        self.connections = Some(connections(stage).await?);
        self.made += 1;
        Ok(Some(self.made))
    }
}
