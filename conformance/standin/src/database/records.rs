//! What is in a shared database, where it is, and what can be asked of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::edge::Edge;
use crate::event::{Api, unique_id};
use crate::services::Service;

/// What is in a database.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Records {
    /// Whether a server has filled it. A database that only its script made holds tables and nothing in them.
    pub initialised: bool,
    /// Deployed APIs, by name.
    pub apis: BTreeMap<String, Api>,
    /// Revoked tokens.
    pub revoked_tokens: BTreeSet<String>,
    /// Registered key managers, by name.
    #[serde(default)]
    pub key_managers: BTreeMap<String, KeyManager>,
    /// The service catalogue of each tenant, by the services' keys.
    #[serde(default)]
    pub services: BTreeMap<String, BTreeMap<String, Registered>>,
    /// Digests of the passwords of accounts that were made, by name.
    #[serde(default)]
    pub accounts: BTreeMap<String, String>,
}

/// A service of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// As it was registered last.
    #[serde(flatten)]
    pub service: Service,
    /// Pods that registered it.
    pub by: BTreeSet<String>,
}

/// A registered key manager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyManager {
    /// Its id.
    pub id: String,
    /// What was registered, without its password.
    pub document: Value,
}

impl Records {
    /// Takes a tenant's services into its catalogue; one of the same key is replaced.
    pub(crate) fn register_services(&mut self, tenant: &str, services: Vec<Service>, by: &str) {
        let catalogue = self.services.entry(tenant.to_owned()).or_default();
        for service in services {
            let key = service.key.clone();
            let before = catalogue.remove(&key);
            let mut known = before.map(|known| known.by).unwrap_or_default();
            known.insert(by.to_owned());
            catalogue.insert(key, Registered { service, by: known });
        }
    }

    /// Deploys an API, in its next revision.
    pub(crate) fn deploy(
        &mut self,
        name: &str,
        environments: BTreeSet<String>,
        endpoint: Option<String>,
    ) -> Api {
        let revision = self.apis.get(name).map_or(1, |api| api.revision + 1);
        let api = Api {
            name: name.to_owned(),
            environments,
            revision,
            endpoint,
        };
        self.apis.insert(name.to_owned(), api.clone());
        api
    }

    /// Registers a key manager, or changes the one of this id; its id, or the status that the Admin API answers.
    pub(crate) fn register(&mut self, id: Option<&str>, document: Value) -> Result<String, u16> {
        let name = document["name"].as_str().unwrap_or_default().to_owned();
        let of_name = self.key_managers.get(&name).map(|known| known.id.clone());
        let id = match (id, of_name) {
            (None, Some(_)) => return Err(409),
            (None, None) => unique_id(),
            (Some(id), Some(known)) if id == known => known,
            (Some(_), _) => return Err(404),
        };
        let key_manager = KeyManager {
            id: id.clone(),
            document,
        };
        self.key_managers.insert(name, key_manager);
        Ok(id)
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
        self.key_managers.extend(other.key_managers);
        for (tenant, services) in other.services {
            self.services.entry(tenant).or_default().extend(services);
        }
        self.accounts.extend(other.accounts);
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
        /// Its back end.
        #[serde(default)]
        endpoint: Option<String>,
    },
    /// Takes services into the catalogue of a tenant.
    RegisterServices {
        /// The tenant's domain.
        tenant: String,
        /// What it takes.
        services: Vec<Service>,
        /// Pod that registers them.
        by: String,
    },
    /// A node of a group is there.
    Beat {
        /// The group.
        group: String,
        /// Which node, and where it is.
        member: Member,
        /// Milliseconds after which one that does not beat is gone.
        patience_ms: u64,
    },
    /// Makes an account.
    Enrol {
        /// Its name.
        user: String,
        /// The digest of its password.
        digest: String,
    },
    /// Registers a key manager, or changes the one of an id.
    Register {
        /// The id of one that is there.
        id: Option<String>,
        /// What is registered.
        document: Value,
    },
    /// Remembers a revoked token.
    Revoke {
        /// The token.
        token: String,
    },
}

/// A node of a group, by what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its id.
    pub id: String,
    /// Where others reach it.
    pub host: String,
    /// On which port.
    pub port: u16,
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
    /// The id of a key manager, or the status of the refusal.
    Registered {
        /// Which.
        outcome: Result<String, u16>,
    },
    /// The nodes of a group.
    Members {
        /// The id of the active one.
        active: String,
        /// All that are there.
        members: Vec<Member>,
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_is_registered_once_and_changed_by_its_id() {
        let mut records = Records::default();
        let id = records.register(None, json!({"name": "a", "type": "x"}));
        let id = id.expect("a new name");
        assert_eq!(records.register(None, json!({"name": "a"})), Err(409));
        assert_eq!(
            records.register(Some("other"), json!({"name": "a"})),
            Err(404)
        );
        let changed = records.register(Some(&id), json!({"name": "a", "type": "y"}));
        assert_eq!(changed, Ok(id));
        assert_eq!(records.key_managers["a"].document["type"], "y");
        let mut copy = Records::default();
        copy.merge(records.clone());
        assert_eq!(copy.key_managers, records.key_managers);
    }
}
