//! A running stand-in: what it is, what it was told, and what it saw.

use am_product::Capability;
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use am_deployment_toml::product::ProductVersion;
use tokio::sync::{Notify, broadcast};

use crate::apps::Apps;
use crate::configuration::Configuration;
use crate::database::{Database, Databases, Member};
use crate::event::{Event, unique_id};
use crate::identity::Identity;
use crate::memory;
use crate::observations::{
    EdgeObservation, InboundObservation, LinkObservation, MemoryObservation, Observations, SCHEMA,
    StoryObservation, Verdict, now_ms,
};
use crate::resolver::Resolver;
use crate::role::Role;
use crate::settings::Settings;
use crate::story::Remembered;
use crate::tls::Tls;

/// Events that a slow subscriber may be behind before it misses one.
const TOPIC_CAPACITY: usize = 256;
/// Most warnings and clients that are kept.
const KEPT: usize = 200;

/// A running stand-in.
pub(crate) struct Node {
    pub(crate) settings: Settings,
    pub(crate) identity: Identity,
    pub(crate) version: ProductVersion,
    pub(crate) configuration: Configuration,
    /// What a server of integrations runs.
    pub(crate) apps: Apps,
    pub(crate) database: Database,
    pub(crate) tls: Tls,
    pub(crate) resolver: Resolver,
    /// Given by the authentication port, wanted by the receiver.
    pub(crate) session: String,
    /// The events of this node's own broker.
    pub(crate) topics: broadcast::Sender<Event>,
    /// The events of this node's streams, for its publishers to other brokers.
    pub(crate) published: broadcast::Sender<Event>,
    /// The events that senders to receivers must publish.
    pub(crate) outgoing: broadcast::Sender<Event>,
    /// The other node of a pair, once it is known.
    pub(crate) other: tokio::sync::Mutex<Option<Member>>,
    /// Wakes up whoever fetches artifacts.
    pub(crate) fetch: Notify,
    /// What a database stand-in keeps.
    databases: Mutex<Databases>,
    memory: Option<MemoryObservation>,
    state: Mutex<State>,
    started_ms: u64,
}

/// What changes while the node runs.
pub(crate) struct State {
    pub(crate) open: bool,
    /// Why the server hangs half started.
    pub(crate) hangs: Option<String>,
    /// Whether a gateway fetched all that it needs.
    pub(crate) provisioned: bool,
    pub(crate) remembered: Remembered,
    pub(crate) story: StoryObservation,
    edges: Vec<EdgeObservation>,
    inbound: BTreeMap<(String, String), InboundObservation>,
    warnings: Vec<String>,
}

/// Which of the two lists of kept-up connections is meant.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Links {
    Subscriptions,
    Publishers,
}

impl Node {
    pub(crate) fn new(
        settings: Settings,
        identity: Identity,
        version: ProductVersion,
        configuration: Configuration,
        home: &Path,
    ) -> io::Result<Arc<Self>> {
        let memory = memory::of_this_process(identity.role);
        let any = || {
            settings
                .database
                .then(|| configuration.any_shared_database())
        };
        let place = configuration.shared_database.clone().or_else(|| any()?);
        let database = Database::at(place.as_ref(), home, identity.role);
        let edges = configuration.edges.iter().map(|edge| EdgeObservation {
            edge: edge.clone(),
            verdict: Verdict::Untried,
            addresses: std::collections::BTreeSet::new(),
            attempts: 0,
            reached: 0,
            first_reached_ms: None,
            last_reached_ms: None,
            last_attempt_ms: None,
            last_error: None,
            peers: Vec::new(),
        });
        let state = State {
            open: false,
            hangs: None,
            provisioned: false,
            remembered: Remembered::default(),
            story: StoryObservation::default(),
            edges: edges.collect(),
            inbound: BTreeMap::new(),
            warnings: configuration.warnings.clone(),
        };
        let tight = memory.as_ref().and_then(memory::warning);
        let node = Self {
            tls: Tls::new(
                settings.certificate.as_deref(),
                vec![identity.pod.clone(), "localhost".to_owned()],
            )?,
            resolver: Resolver::of_system(),
            session: unique_id(),
            topics: broadcast::channel(TOPIC_CAPACITY).0,
            published: broadcast::channel(TOPIC_CAPACITY).0,
            outgoing: broadcast::channel(TOPIC_CAPACITY).0,
            other: tokio::sync::Mutex::default(),
            fetch: Notify::new(),
            state: Mutex::new(state),
            started_ms: now_ms(),
            settings,
            apps: apps(home, identity.role),
            identity,
            version,
            configuration,
            database,
            databases: Mutex::new(Databases::new(home)),
            memory,
        };
        if let Some(tight) = tight {
            node.warn(tight);
        }
        Ok(Arc::new(node))
    }

    /// The changing part. Never held across an await.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The databases of the database stand-in. Never held across an await.
    pub(crate) fn databases(&self) -> MutexGuard<'_, Databases> {
        self.databases
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The address that "this node" has: `localhost`, unless the settings bind to another one.
    pub(crate) fn own_address(&self) -> IpAddr {
        self.settings
            .bind
            .filter(|bind| !bind.is_unspecified())
            .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    /// Whether the gateway's start-up health check says yes.
    pub(crate) fn is_ready(&self) -> bool {
        let state = self.state();
        state.open && (state.provisioned || !self.identity.role.has(Capability::ServesTraffic))
    }

    /// Keeps a warning, each text once, and prints it as the product's log would.
    pub(crate) fn warn(&self, message: impl Into<String>) {
        let message = message.into();
        let mut state = self.state();
        if !state.warnings.contains(&message) && state.warnings.len() < KEPT {
            println!("WARN {message}");
            state.warnings.push(message);
        }
    }

    /// Changes the observation of one edge.
    pub(crate) fn observe_edge(&self, index: usize, change: impl FnOnce(&mut EdgeObservation)) {
        if let Some(edge) = self.state().edges.get_mut(index) {
            change(edge);
        }
    }

    /// Remembers who connected to a port.
    pub(crate) fn observe_inbound(&self, port: &str, from: IpAddr, identity: Option<&Identity>) {
        let now = now_ms();
        let mut state = self.state();
        let who = identity.map_or_else(|| "stranger".to_owned(), |identity| identity.pod.clone());
        let key = (port.to_owned(), who);
        if state.inbound.len() >= KEPT && !state.inbound.contains_key(&key) {
            return;
        }
        let seen = state
            .inbound
            .entry(key)
            .or_insert_with(|| InboundObservation {
                port: port.to_owned(),
                from: from.to_string(),
                identity: identity.cloned(),
                count: 0,
                first_ms: now,
                last_ms: now,
            });
        seen.count += 1;
        seen.last_ms = now;
        if identity.is_some() {
            seen.from = from.to_string();
        }
    }

    /// Adds a kept-up connection and tells its number.
    pub(crate) fn add_link(&self, links: Links, link: LinkObservation) -> usize {
        let mut state = self.state();
        let list = state.links(links);
        list.push(link);
        list.len() - 1
    }

    /// Changes the observation of one kept-up connection.
    pub(crate) fn observe_link(
        &self,
        links: Links,
        index: usize,
        change: impl FnOnce(&mut LinkObservation),
    ) {
        if let Some(link) = self.state().links(links).get_mut(index) {
            change(link);
        }
    }

    /// Everything that was seen up to now.
    pub(crate) fn observations(&self) -> Observations {
        let ready = self.is_ready();
        let state = self.state();
        Observations {
            schema: SCHEMA,
            identity: self.identity.clone(),
            started_ms: self.started_ms,
            open: state.open,
            ready,
            hangs: state.hangs.clone(),
            memory: self.memory.clone(),
            ports: self.configuration.ports.clone(),
            effective: self.configuration.effective.clone(),
            edges: state.edges.clone(),
            inbound: state.inbound.values().cloned().collect(),
            story: state.story.clone(),
            warnings: state.warnings.clone(),
        }
    }
}

/// What a server of integrations runs; nothing for anybody else.
fn apps(home: &Path, role: Role) -> Apps {
    let runs = role.component().filter(|it| it.has(Capability::Integrates));
    let folder = runs.and_then(|component| component.distribution().artifacts());
    folder.map_or_else(Apps::default, |folder| {
        Apps::read(&home.join(folder), &|name| std::env::var(name).ok())
    })
}

impl State {
    fn links(&mut self, links: Links) -> &mut Vec<LinkObservation> {
        match links {
            Links::Subscriptions => &mut self.story.subscriptions,
            Links::Publishers => &mut self.story.publishers,
        }
    }
}
