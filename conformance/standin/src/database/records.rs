//! What is in a shared database, where it is, and what can be asked of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::edge::Edge;
use crate::event::Api;

/// What is in a database.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Records {
    /// Whether a server has filled it. A database that only its script made holds tables and nothing in them.
    pub initialised: bool,
    /// Deployed APIs, by name.
    pub apis: BTreeMap<String, Api>,
    /// Revoked tokens.
    pub revoked_tokens: BTreeSet<String>,
}

impl Records {
    /// Deploys an API, in its next revision.
    pub(crate) fn deploy(&mut self, name: &str, environments: BTreeSet<String>) -> Api {
        let revision = self.apis.get(name).map_or(1, |api| api.revision + 1);
        let api = Api {
            name: name.to_owned(),
            environments,
            revision,
        };
        self.apis.insert(name.to_owned(), api.clone());
        api
    }

    /// Takes an API over, unless a later revision is known.
    pub(crate) fn learn(&mut self, api: &Api) {
        learn(&mut self.apis, api);
    }

    /// Takes over what another holds.
    pub(crate) fn merge(&mut self, other: Self) {
        self.initialised |= other.initialised;
        for api in other.apis.values() {
            self.learn(api);
        }
        self.revoked_tokens.extend(other.revoked_tokens);
    }
}

/// Takes an API over into `apis`, unless a later revision is known.
pub(crate) fn learn(apis: &mut BTreeMap<String, Api>, api: &Api) {
    let known = apis.entry(api.name.clone()).or_insert_with(|| api.clone());
    if known.revision < api.revision {
        *known = api.clone();
    }
}

/// What a server asks a database for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Name of the database on its server.
    pub database: String,
    /// What is asked.
    pub request: Request,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Request {
    /// A server starts and looks whether the database is filled.
    Start,
    /// The server that fills it is still at it, and asks whether another one ran into it.
    Filling,
    /// The server that fills it is done.
    Started,
    /// Everything that is in it.
    Read,
    /// Deploys an API.
    Deploy {
        /// Its name.
        name: String,
        /// Its gateway environments.
        environments: BTreeSet<String>,
    },
    /// Remembers a revoked token.
    Revoke {
        /// The token.
        token: String,
    },
}

/// What the database answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Answer {
    /// It is empty: the asker fills it.
    Initialise,
    /// It is empty, and another server is filling it at this moment, too.
    Clash {
        /// Pod of the other server.
        with: String,
    },
    /// It is filled, or what was asked is done.
    Ready,
    /// Everything that is in it.
    Records {
        /// What.
        records: Records,
    },
    /// The API as it is deployed now.
    Deployed {
        /// The API.
        api: Api,
    },
}

/// Where a server's shared database is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Place {
    /// An H2 server.
    Server {
        /// The server's address.
        edge: Edge,
        /// The database's name there.
        name: String,
    },
    /// A file of H2, below the server home unless it is absolute, without its ending.
    File {
        /// The path.
        path: String,
    },
}

impl Place {
    /// Reads the URL of a database; `None` for other products than H2, which no stand-in plays.
    pub(crate) fn of(url: &str, edge: Option<&Edge>) -> Option<Self> {
        let rest = url.strip_prefix("jdbc:h2:")?;
        let path = rest.split(';').next().unwrap_or_default();
        if path.starts_with("tcp://") || path.starts_with("ssl://") {
            let name = path.rsplit('/').next().unwrap_or_default().to_owned();
            return Some(Self::Server {
                edge: edge?.clone(),
                name,
            });
        }
        (!path.starts_with("mem:")).then(|| Self::File {
            path: path.strip_prefix("file:").unwrap_or(path).to_owned(),
        })
    }
}
