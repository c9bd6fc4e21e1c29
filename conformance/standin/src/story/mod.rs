//! The story that proves a deployment end to end: deploy an API, call it until it is throttled, revoke a token.
//!
//! Every step reaches the next component only over an address that the chart wired. Deployments go by thrift to every
//! receiver group and so to every event hub node's broker; revocations do not, but from the node that is notified to its
//! own broker and by its publishers to others (facts: observed-on-the-product.md, What breaks, 3).

mod remembered;

use std::collections::BTreeSet;
use std::sync::Arc;

use am_product::Capability;
use serde_json::Value;

use crate::database::{self, Answer, Records, Request, learn};
use crate::node::{Node, State};
use crate::observations::StoryObservation;
use crate::services::Service;
pub(crate) use remembered::Remembered;

use crate::event::{Api, Event, Happening};

/// Ids of heard events that a topic's observation keeps.
const HEARD: usize = 200;

/// Deploys an API; without environments, to all that the configuration names.
pub(crate) async fn deploy(
    node: &Node,
    name: &str,
    environments: &BTreeSet<String>,
    endpoint: Option<String>,
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
    let request = Request::Deploy {
        name: name.to_owned(),
        environments: wanted.clone(),
        endpoint: endpoint.clone(),
    };
    let api = match database::ask(node, request).await? {
        Some(Answer::Deployed { api }) => {
            node.state().story.database.learn(&api);
            api
        }
        _ => node.state().story.database.deploy(name, wanted, endpoint),
    };
    send(&node.outgoing, deployed(&api));
    Ok(api)
}

/// An event hub learns of a revoked token; the event's id.
pub(crate) async fn notified(node: &Node, token: &str) -> Result<String, String> {
    let request = Request::Revoke {
        token: token.to_owned(),
    };
    database::ask(node, request).await?;
    let event = revoked(token);
    let id = event.id.clone();
    broker(node, event, false);
    Ok(id)
}

/// A server registers a tenant's services.
pub(crate) async fn register_services(
    node: &Node,
    tenant: String,
    services: Vec<Service>,
    by: String,
) -> Result<(), String> {
    let request = Request::RegisterServices {
        tenant: tenant.clone(),
        services: services.clone(),
        by: by.clone(),
    };
    if database::ask(node, request).await?.is_none() {
        let database = &mut node.state().story.database;
        database.register_services(&tenant, services, &by);
    }
    Ok(())
}

/// An account is made, or gets another password.
pub(crate) async fn enrol(node: &Node, user: &str, digest: &str) -> Result<(), String> {
    let (user, digest) = (user.to_owned(), digest.to_owned());
    let request = Request::Enrol {
        user: user.clone(),
        digest: digest.clone(),
    };
    if database::ask(node, request).await?.is_none() {
        node.state().story.database.accounts.insert(user, digest);
    }
    Ok(())
}

/// Where the calls of an API go that this gateway serves.
pub(crate) fn endpoint(node: &Node, api: &str) -> Option<String> {
    node.state().story.apis.get(api)?.endpoint.clone()
}

/// A key manager is registered, or changed where it has an id; its id, or the status of the refusal.
pub(crate) async fn register(
    node: &Node,
    id: Option<String>,
    document: Value,
) -> Result<Result<String, u16>, String> {
    let request = Request::Register {
        id: id.clone(),
        document: document.clone(),
    };
    let Some(Answer::Registered { outcome }) = database::ask(node, request).await? else {
        let mut state = node.state();
        return Ok(state.story.database.register(id.as_deref(), document));
    };
    artifacts(node).await?;
    Ok(outcome)
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

/// An event enters this node's streams, or arrives as a copy at its broker.
pub(crate) fn broker(node: &Node, event: Event, copy: bool) {
    let mut decision = None;
    {
        let mut state = node.state();
        if !state.remembered.brokered.is_new(&event.id) {
            return;
        }
        match &event.what {
            Happening::Requested { api, token }
                if node.identity.role.has(Capability::Throttles) =>
            {
                decision = count(&mut state, node.settings.throttle_limit, api, token);
            }
            // The gateway of an all-in-one hears of it by its listener, as every gateway does.
            Happening::Throttled { api, token }
                if !node.identity.role.has(Capability::ServesTraffic) =>
            {
                state.story.throttled.insert(pair(api, token));
            }
            Happening::Deployed { api } if node.identity.role.has(Capability::EventHub) => {
                state.story.database.learn(api);
            }
            Happening::Revoked { token } if node.identity.role.has(Capability::EventHub) => {
                let tokens = &mut state.story.database.revoked_tokens;
                tokens.insert(token.clone());
            }
            _ => {}
        }
    }
    if let Some(decision) = decision {
        broker(node, decision, false);
    }
    if event.topic().is_some() {
        if !copy {
            send(&node.published, event.clone());
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
    if !state.remembered.taken.is_new(&event.id) {
        return;
    }
    let heard = state.story.heard.entry(topic).or_default();
    heard.push_back(event.id.clone());
    if heard.len() > HEARD {
        heard.pop_front();
    }
    match &event.what {
        Happening::Deployed { api } if is_for(node, api) => {
            let announced = state
                .remembered
                .announced
                .entry(api.name.clone())
                .or_default();
            *announced = (*announced).max(api.revision);
            node.fetch.notify_one();
        }
        Happening::Revoked { token } if node.identity.role.has(Capability::ServesTraffic) => {
            state.story.revoked_tokens.insert(token.clone());
        }
        Happening::Throttled { api, token }
            if node.identity.role.has(Capability::ServesTraffic) =>
        {
            state.story.throttled.insert(pair(api, token));
        }
        _ => {}
    }
}

/// Whether this node is a gateway with one of the API's labels.
fn is_for(node: &Node, api: &Api) -> bool {
    node.identity.role.has(Capability::ServesTraffic)
        && !api
            .environments
            .is_disjoint(&node.configuration.gateway_labels)
}

/// What a gateway fetches: what is in the database.
pub(crate) async fn artifacts(node: &Node) -> Result<Records, String> {
    let answer = database::ask(node, Request::Read).await?;
    let mut state = node.state();
    if let Some(Answer::Records { records }) = answer {
        state.story.database.merge(records);
    }
    Ok(state.story.database.clone())
}

/// A gateway takes over what it fetched: at its start everything, later only what it heard of, as the product fetches
/// the artifact of an event. Tells whether that holds everything it heard of.
pub(crate) fn provision(node: &Node, artifacts: Records) -> bool {
    let mut state = node.state();
    let State {
        remembered,
        story,
        provisioned,
        ..
    } = &mut *state;
    for api in artifacts.apis.values().filter(|api| is_for(node, api)) {
        if !*provisioned || remembered.announced.contains_key(&api.name) {
            learn(&mut story.apis, api);
        }
    }
    if !*provisioned {
        story.revoked_tokens.extend(artifacts.revoked_tokens);
        *provisioned = true;
    }
    remembered.announced.retain(|name, revision| {
        story
            .apis
            .get(name)
            .is_none_or(|api| api.revision < *revision)
    });
    remembered.announced.is_empty()
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
