//! The story that proves a deployment end to end: deploy an API, call it until it is throttled, revoke a token.
//!
//! Every step reaches the next component only over an address that the chart wired. A stand-in has no shared database;
//! event hubs give each other what they know over the wired copies of events (`event_duplicate_url`) instead.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::node::{Node, State};
use crate::observations::StoryObservation;
use crate::protocol::{Api, Event, Happening, Topic};

/// Ids of events that are remembered, so that none is taken twice.
const REMEMBERED: usize = 2048;

/// What a node must remember to play its part.
#[derive(Default)]
pub(crate) struct Memory {
    /// Events that its broker has passed on.
    brokered: Seen,
    /// Events that it took from a topic.
    taken: Seen,
    /// Revisions that a gateway heard of and must find at the event hub.
    pub(crate) announced: BTreeMap<String, u64>,
}

#[derive(Default)]
struct Seen {
    order: VecDeque<String>,
    ids: BTreeSet<String>,
}

impl Seen {
    fn is_new(&mut self, id: &str) -> bool {
        if !self.ids.insert(id.to_owned()) {
            return false;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

/// What an event hub hands out under `/internal/data/v1/runtime-artifacts`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Artifacts {
    pub(crate) apis: Vec<Api>,
    pub(crate) revoked_tokens: BTreeSet<String>,
}

/// Deploys an API; without environments, to all that the configuration names.
pub(crate) fn deploy(
    node: &Node,
    name: &str,
    environments: &BTreeSet<String>,
) -> Result<Api, String> {
    let known = &node.configuration.gateway_environments;
    let wanted = if environments.is_empty() {
        known.clone()
    } else {
        environments.clone()
    };
    if let Some(unknown) = wanted
        .iter()
        .find(|environment| !known.contains(*environment))
    {
        let message = format!("Environment not found for label: {unknown}");
        node.warn(&message);
        return Err(message);
    }
    if wanted.is_empty() {
        return Err("the configuration names no gateway environment".to_owned());
    }
    let api = {
        let mut state = node.state();
        let revision = state.story.apis.get(name).map_or(1, |api| api.revision + 1);
        let api = Api {
            name: name.to_owned(),
            environments: wanted,
            revision,
        };
        state.story.apis.insert(name.to_owned(), api.clone());
        api
    };
    send(&node.outgoing, deployed(&api));
    Ok(api)
}

/// An event hub learns of a revoked token.
pub(crate) fn notified(node: &Node, token: &str) {
    send(&node.outgoing, revoked(token));
}

/// A request arrives at a gateway; the status tells what becomes of it.
pub(crate) fn request(node: &Node, api: &str, token: &str) -> u16 {
    {
        let state = node.state();
        if !serves(node, &state.story, api) {
            return 404;
        }
        if state.story.revoked_tokens.contains(token) {
            return 401;
        }
        if state.story.throttled.contains(&pair(api, token)) {
            return 429;
        }
    }
    send(
        &node.outgoing,
        Event::new(Happening::Requested {
            api: api.to_owned(),
            token: token.to_owned(),
        }),
    );
    200
}

fn serves(node: &Node, story: &StoryObservation, api: &str) -> bool {
    story.apis.get(api).is_some_and(|api| is_for(node, api))
}

/// An event arrives at this node's receiver, or as a copy at its broker.
pub(crate) fn broker(node: &Node, event: Event, copy: bool) {
    let mut decision = None;
    {
        let mut state = node.state();
        if !state.memory.brokered.is_new(&event.id) {
            return;
        }
        match &event.what {
            Happening::Requested { api, token } if node.identity.role.has_traffic_manager() => {
                decision = count(&mut state, node.settings.throttle_limit, api, token);
            }
            Happening::Throttled { api, token } => {
                state.story.throttled.insert(pair(api, token));
            }
            Happening::Deployed { api } if node.identity.role.has_event_hub() => {
                learn(&mut state.story, api);
            }
            Happening::Requested { .. } | Happening::Deployed { .. } => {}
            Happening::Revoked { token } => {
                state.story.revoked_tokens.insert(token.clone());
            }
        }
    }
    if let Some(decision) = decision {
        broker(node, decision, false);
    }
    if event.topic().is_some() {
        if !copy {
            send(&node.mirrored, event.clone());
        }
        send(&node.topics, event);
    }
}

/// Counts a request and decides, again and again once there were too many: a gateway that still asks does not know.
fn count(state: &mut State, limit: u64, api: &str, token: &str) -> Option<Event> {
    let requests = state.story.requests.entry(pair(api, token)).or_default();
    *requests += 1;
    (*requests >= limit).then(|| Event {
        id: format!("throttled/{api}/{token}/{requests}"),
        what: Happening::Throttled {
            api: api.to_owned(),
            token: token.to_owned(),
        },
    })
}

/// An event arrives over a topic that this node is subscribed to.
pub(crate) fn take(node: &Arc<Node>, event: &Event) {
    let Some(topic) = event.topic() else { return };
    let mut state = node.state();
    if !state.memory.taken.is_new(&event.id) {
        return;
    }
    *state.story.events.entry(topic).or_default() += 1;
    match &event.what {
        Happening::Deployed { api } if is_for(node, api) => {
            let announced = state.memory.announced.entry(api.name.clone()).or_default();
            *announced = (*announced).max(api.revision);
            node.fetch.notify_one();
        }
        Happening::Revoked { token } => {
            state.story.revoked_tokens.insert(token.clone());
        }
        Happening::Throttled { api, token } if node.identity.role.has_gateway() => {
            state.story.throttled.insert(pair(api, token));
        }
        _ => {}
    }
}

/// Whether this node is a gateway with one of the API's labels.
fn is_for(node: &Node, api: &Api) -> bool {
    node.identity.role.has_gateway()
        && !api
            .environments
            .is_disjoint(&node.configuration.gateway_labels)
}

/// What a broker tells a peer that it has just reached: what it may have missed.
pub(crate) fn known(node: &Node, topics: &[Topic]) -> Vec<Event> {
    let state = node.state();
    let apis = state.story.apis.values().map(deployed);
    let tokens = state
        .story
        .revoked_tokens
        .iter()
        .map(|token| revoked(token));
    let throttled = state.story.throttled.iter().filter_map(|pair| {
        let (api, token) = pair.split_once(' ')?;
        let what = Happening::Throttled {
            api: api.to_owned(),
            token: token.to_owned(),
        };
        Some(Event {
            id: format!("throttled/{api}/{token}/known"),
            what,
        })
    });
    apis.chain(tokens)
        .chain(throttled)
        .filter(|event| event.topic().is_some_and(|topic| topics.contains(&topic)))
        .collect()
}

/// What a gateway fetches.
pub(crate) fn artifacts(node: &Node) -> Artifacts {
    let state = node.state();
    Artifacts {
        apis: state.story.apis.values().cloned().collect(),
        revoked_tokens: state.story.revoked_tokens.clone(),
    }
}

/// A gateway takes over what it fetched; tells whether that holds everything it heard of.
pub(crate) fn provision(node: &Node, artifacts: Artifacts) -> bool {
    let mut state = node.state();
    for api in artifacts.apis.iter().filter(|api| is_for(node, api)) {
        learn(&mut state.story, api);
    }
    state.story.revoked_tokens.extend(artifacts.revoked_tokens);
    let State { memory, story, .. } = &mut *state;
    memory.announced.retain(|name, revision| {
        story
            .apis
            .get(name)
            .is_none_or(|api| api.revision < *revision)
    });
    memory.announced.is_empty()
}

fn learn(story: &mut StoryObservation, api: &Api) {
    let known = story
        .apis
        .entry(api.name.clone())
        .or_insert_with(|| api.clone());
    if known.revision < api.revision {
        *known = api.clone();
    }
}

fn deployed(api: &Api) -> Event {
    Event {
        id: format!("deployed/{}/{}", api.name, api.revision),
        what: Happening::Deployed { api: api.clone() },
    }
}

fn revoked(token: &str) -> Event {
    Event {
        id: format!("revoked/{token}"),
        what: Happening::Revoked {
            token: token.to_owned(),
        },
    }
}

fn pair(api: &str, token: &str) -> String {
    format!("{api} {token}")
}

/// Sends to whoever listens; nobody may.
fn send(channel: &tokio::sync::broadcast::Sender<Event>, event: Event) {
    let _listeners = channel.send(event).unwrap_or_default();
}
